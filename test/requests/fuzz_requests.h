// The bytes of one connection to the HTTP server, taken to be anything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace requests {

// Serves a connection of these bytes and checks what must hold for any: the requests that are executed are
// the first bytes, one after the other, none after a body or after an answer that is an error of the reader;
// and how the bytes are split does not matter. Returns 0, for libFuzzer. Throws std::logic_error, saying what
// does not hold.
int fuzz_requests(std::string_view bytes);

// To begin with.
[[nodiscard]] std::vector<std::string> fuzz_corpus();
// What has a meaning in requests.
[[nodiscard]] std::vector<std::string> fuzz_words();

}  // namespace requests
