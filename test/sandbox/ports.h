// Free ports that nobody else takes as long as they are held.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sandbox {

// A port, free on some addresses when it was taken. Other sandboxes, of this process or another, leave it
// alone while this object lives, also when the server on it is down. It lies below the range from which the
// kernel takes ports of outgoing connections.
class ReservedPort {
 public:
  // `port` 0: any. Throws topo::Error{refused} when the port is not free, or none is.
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
