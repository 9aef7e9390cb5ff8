#include "mysql/local_end.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "mysql/name_service.h"
#include "topo/base/instance_key.h"

namespace topo::mysql {
namespace {

LocalEnd end_from(const sockaddr& address) noexcept {
  LocalEnd end;
  if (address.sa_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(address);
    end.address = six.sin6_addr;
    end.port = ntohs(six.sin6_port);
  } else if (address.sa_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address);
    end.address.s6_addr[10] = end.address.s6_addr[11] = 0xff;
    std::memcpy(&end.address.s6_addr[12], &four.sin_addr, sizeof four.sin_addr);
    end.port = ntohs(four.sin_port);
  }
  return end;
}

}  // namespace

std::string LocalEnd::display() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (IN6_IS_ADDR_V4MAPPED(&address))
    inet_ntop(AF_INET, &address.s6_addr[12], text.data(), text.size());
  else
    inet_ntop(AF_INET6, &address, text.data(), text.size());
  return fmt::format("{}:{}", text.data(), port);
}

bool LocalEnd::is(std::string_view host_and_port, Waiting& waiting) const {
  const auto colon = host_and_port.rfind(':');
  if (port == 0 || colon == std::string_view::npos) return false;
  const auto reported_port = host_and_port.substr(colon + 1);
  if (reported_port != std::to_string(port)) return false;
  // The zone of a link-local address names an interface of the server.
  const std::string host(host_and_port.substr(0, std::min(colon, host_and_port.find('%'))));
  if (host_name_problem(host)) return false;
  const auto [failure, addresses] = ask_name_service(host, "", 0, waiting);
  if (failure != 0) return false;
  for (const auto* one = addresses.get(); one != nullptr; one = one->ai_next) {
    const auto end = end_from(*one->ai_addr);
    if (IN6_ARE_ADDR_EQUAL(&end.address, &address)) return true;
  }
  return false;
}

namespace {

using Name = int(int, sockaddr*, socklen_t*) noexcept;

struct SocketName {
  sockaddr_storage storage{};  // AF_UNSPEC: unknown
  socklen_t length = sizeof storage;

  SocketName(Name* name, int socket) noexcept {
    name(socket, reinterpret_cast<sockaddr*>(&storage), &length);
  }
  [[nodiscard]] const sockaddr& address() const noexcept {
    return reinterpret_cast<const sockaddr&>(storage);
  }
};

LocalEnd end_by(Name* name, int socket) noexcept {
  return end_from(SocketName(name, socket).address());
}

}  // namespace

LocalEnd local_end(int socket) noexcept {
  return end_by(&getsockname, socket);
}

std::string peer_address(int socket) {
  const SocketName name(&getpeername, socket);
  return in_digits(name.address(), name.length);
}

bool have_same_peer(int one, int other) noexcept {
  const auto first = end_by(&getpeername, one);
  const auto second = end_by(&getpeername, other);
  return first.port != 0 && first.port == second.port && IN6_ARE_ADDR_EQUAL(&first.address, &second.address);
}

}  // namespace topo::mysql
