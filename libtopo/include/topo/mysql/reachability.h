// Checks whether an instance accepts TCP connections.
#pragma once

#include <chrono>

#include "topo/base/error.h"
#include "topo/base/instance_key.h"

namespace topo::mysql {

// Opens a TCP connection to the instance and closes it immediately, without sending anything. Tries all
// addresses of the host in the resolver's order; `timeout` covers all of them and name resolution. Throws
// Error{unreachable} or Error{timeout} with the result for the last address.
void check_reachable(const InstanceKey& key, std::chrono::milliseconds timeout);

}  // namespace topo::mysql
