// This end of a TCP connection, as a server at the other end sees it when nothing between them rewrites it.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "mysql/waiting.h"

namespace topo::mysql {

struct LocalEnd {
  in6_addr address{};  // IPv4 as ::ffff:a.b.c.d
  std::uint16_t port = 0;

  [[nodiscard]] std::string display() const;  // "10.1.2.3:40000", "::1:40000"
  // Whether `host_and_port`, as a process list writes it, is this end. A server that resolves names shows one
  // in place of the address: it counts when the name service has the address for it. Throws Broken when that
  // does not answer.
  [[nodiscard]] bool is(std::string_view host_and_port, Waiting& waiting) const;
};

// Of the socket; zeros: it is not known.
[[nodiscard]] LocalEnd local_end(int socket) noexcept;
// Where the socket is connected to, in digits; "": it is not known.
[[nodiscard]] std::string peer_address(int socket);
// Whether both sockets are connected to one address and port.
[[nodiscard]] bool have_same_peer(int one, int other) noexcept;

}  // namespace topo::mysql
