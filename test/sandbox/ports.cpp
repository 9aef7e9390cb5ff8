#include "sandbox/ports.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <utility>

#include "topo/base/error.h"

namespace sandbox {
namespace {

class Socket {
 public:
  explicit Socket(int family) : descriptor_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int get() const noexcept { return descriptor_; }
  [[nodiscard]] int release() noexcept { return std::exchange(descriptor_, -1); }

  bool bind_to(const void* address, std::size_t size) const {
    return bind(descriptor_, static_cast<const sockaddr*>(address), static_cast<socklen_t>(size)) == 0;
  }

 private:
  int descriptor_;
};

bool is_free(const std::string& address, std::uint16_t port) {
  const Socket probe(AF_INET);
  const int on = 1;  // as servers do, so that closing connections do not count
  setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(port);
  return inet_pton(AF_INET, address.c_str(), &place.sin_addr) == 1 && probe.bind_to(&place, sizeof place);
}

// A server that restarts must find its port free. The kernel could give a port of its own range to an
// outgoing connection, even to one that tries to reach that very port and then talks to itself.
std::pair<int, int> safe_range() {
  constexpr int lowest = 10000, highest = 32767;
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  int first_of_kernel = highest + 1;
  file >> first_of_kernel;
  if (first_of_kernel < lowest + 5000) return {lowest, highest};
  return {lowest, std::min(first_of_kernel - 1, highest)};
}

}  // namespace

ReservedPort::ReservedPort(const std::vector<std::string>& addresses, std::uint16_t port) {
  if (port != 0) {
    if (reserve(addresses, port)) return;
    throw topo::Error(topo::Code::refused, fmt::format("port {} is in use on {}; choose another", port,
                                                       fmt::join(addresses, ", ")));
  }
  const auto [first, last] = safe_range();
  std::random_device random;
  const int count = last - first + 1;
  const int start = std::uniform_int_distribution<int>(0, count - 1)(random);
  for (int step = 0; step < count; ++step) {
    if (reserve(addresses, static_cast<std::uint16_t>(first + (start + step) % count))) return;
  }
  throw topo::Error(topo::Code::refused, "no port is free for a server of the sandbox");
}

// An abstract socket name marks a port as taken: the name is exclusive, and vanishes with its process.
bool ReservedPort::reserve(const std::vector<std::string>& addresses, std::uint16_t port) {
  Socket mark(AF_UNIX);
  const std::string name = fmt::format("orchestrator-sandbox-port-{}", port);
  sockaddr_un place{};
  place.sun_family = AF_UNIX;
  std::ranges::copy(name, place.sun_path + 1);
  if (!mark.bind_to(&place, offsetof(sockaddr_un, sun_path) + 1 + name.size())) return false;
  for (const std::string& address : addresses) {
    if (!is_free(address, port)) return false;
  }
  port_ = port;
  descriptor_ = mark.release();
  return true;
}

ReservedPort::ReservedPort(ReservedPort&& other) noexcept
    : port_(other.port_), descriptor_(std::exchange(other.descriptor_, -1)) {}

ReservedPort::~ReservedPort() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace sandbox
