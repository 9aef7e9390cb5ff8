// Whether something listens where an instance should.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "topo/base/error.h"
#include "topo/base/instance_key.h"

namespace topo::mysql {

struct Unreachable {
  Code code = Code::unreachable;  // or timeout
  std::string reason;             // in the system's words: "Connection refused"
};

// Opens a TCP connection to the instance and closes it at once; nothing is said over it. All addresses of
// the host are tried, in the resolver's order, within `timeout` together; the resolver's own time is not in
// that. nullopt: something listens. Otherwise what the last address answered.
[[nodiscard]] std::optional<Unreachable> why_unreachable(const InstanceKey& key,
                                                         std::chrono::milliseconds timeout);

// The same for those who need it to be reachable. Throws Error{unreachable} or Error{timeout}.
void check_reachable(const InstanceKey& key, std::chrono::milliseconds timeout);

}  // namespace topo::mysql
