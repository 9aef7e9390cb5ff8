// Requests that two programs could read differently, or whose body could be taken for a request.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace requests {

struct Malformed {
  std::string name;
  std::string text;  // up to where a careless reader would look for the next request
};

// `planted` is a whole request, which lies where a body or a chunk is expected or follows in the text of
// some; tests append it to all of them. None of them allows it to be executed.
[[nodiscard]] std::vector<Malformed> malformed_requests(const std::string& planted);

}  // namespace requests
