// Requests that two programs could read differently, or whose body could be mistaken for a request.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace requests {

struct Malformed {
  std::string name;
  std::string text;  // ends where a careless reader would look for the next request
};

// `planted` is a complete request. Some texts contain it where a body or a chunk is expected, or after it;
// tests append it to all of them. It must never be executed.
[[nodiscard]] std::vector<Malformed> malformed_requests(const std::string& planted);

}  // namespace requests
