// Free ports, reserved against other sandboxes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sandbox {

// A port that was free on some addresses when it was reserved. Other sandboxes, in this process or another,
// do not use it while this object lives, even when the server on it is down. It is below the range from which
// the kernel takes ports for outgoing connections.
class ReservedPort {
 public:
  // `port` 0: any free port. Throws topo::Error{refused} when the port, or every port, is in use.
  explicit ReservedPort(const std::vector<std::string>& addresses, std::uint16_t port = 0);
  ~ReservedPort();
  ReservedPort(ReservedPort&& other) noexcept;
  ReservedPort& operator=(ReservedPort&&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  bool reserve(const std::vector<std::string>& addresses, std::uint16_t port);

  std::uint16_t port_ = 0;
  int descriptor_ = -1;
};

}  // namespace sandbox
