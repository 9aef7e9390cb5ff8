// Whether something listens where an instance should.
#pragma once

#include <chrono>

#include "topo/base/error.h"
#include "topo/base/instance_key.h"

namespace topo::mysql {

// Opens a TCP connection to the instance and closes it at once; nothing is said over it. All addresses of
// the host are tried, in the resolver's order, within `timeout` together, the resolver's own time included.
// Throws Error{unreachable} or Error{timeout} with what the last address answered.
void check_reachable(const InstanceKey& key, std::chrono::milliseconds timeout);

}  // namespace topo::mysql
