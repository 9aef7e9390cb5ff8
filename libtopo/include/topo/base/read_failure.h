// ReadFailure: what a failed attempt to read a server says about that server.
#pragma once

#include <cstdint>
#include <string_view>

namespace topo {

enum class ReadFailure : std::uint8_t {
  none,       // the attempt succeeded, or none was made
  unknown,    // stored by a release that did not say
  no_answer,  // refused, reset, or no answer within the deadline: the server may be dead
  answered,   // it sent an error, or something that is of no use here: it is alive
  local,  // it was not asked: a name that does not resolve, no route, no free connection, the configuration
};

// "", "unknown", "no-answer", "answered", "local": for the backend and the API.
[[nodiscard]] std::string_view to_string(ReadFailure failure) noexcept;
// unknown: for any other text.
[[nodiscard]] ReadFailure read_failure_from(std::string_view text) noexcept;

}  // namespace topo
