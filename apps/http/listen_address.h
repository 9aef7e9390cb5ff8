// The address on which the server listens (ListenAddress).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace orchestrator {

struct ListenAddress {
  std::string host;         // "": all addresses of this machine
  std::uint16_t port = 0;   // 0: any free port
  std::string socket = {};  // path of a socket in the file system, instead of the two above
  [[nodiscard]] std::string display() const;
};

// "host:port", "[ipv6]:port", ":port" or "unix:/path". Throws Error{invalid_argument}.
[[nodiscard]] ListenAddress parse_listen_address(std::string_view text);

}  // namespace orchestrator
