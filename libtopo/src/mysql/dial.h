// Opens a TCP connection to a host and port, within a time limit.
#pragma once

#include <cstdint>
#include <string>

#include "mysql/socket.h"
#include "mysql/waiting.h"

namespace topo::mysql {

// Returns a non-blocking connection to the first address of the host that accepts. Addresses share the time
// evenly. Throws Broken with the error of the last address.
[[nodiscard]] Socket dial(const std::string& host, std::uint16_t port, Waiting& waiting);

}  // namespace topo::mysql
