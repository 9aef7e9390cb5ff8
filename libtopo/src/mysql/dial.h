// From a host and port to a TCP connection, within a time.
#pragma once

#include <cstdint>
#include <string>

#include "mysql/socket.h"
#include "mysql/waiting.h"

namespace topo::mysql {

// A connection, without blocking, to the first address of the host that takes it. Each gets its share of the
// time. Throws Broken with what the last one answered.
[[nodiscard]] Socket dial(const std::string& host, std::uint16_t port, Waiting& waiting);

}  // namespace topo::mysql
