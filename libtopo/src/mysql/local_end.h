// The local end of a TCP connection, as the server sees it unless NAT or a proxy rewrites it.
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
  // True if `host_and_port`, in process list format, is this end. A server that resolves names shows a host
  // name instead of the address; it matches if the name service returns this address for it. Throws Broken if
  // the name service does not answer.
  [[nodiscard]] bool is(std::string_view host_and_port, Waiting& waiting) const;
};

// The local end of a socket; all zeros: unknown.
[[nodiscard]] LocalEnd local_end(int socket) noexcept;
// Numeric address of the peer; "": unknown.
[[nodiscard]] std::string peer_address(int socket);
// True if both sockets are connected to the same address and port.
[[nodiscard]] bool have_same_peer(int one, int other) noexcept;

}  // namespace topo::mysql
