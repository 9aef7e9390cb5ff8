// What a former master has and the master in its place does not have, read from the servers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "topo/refactor/servers.h"
#include "topo/topology/gtids.h"

namespace topo {

class Context;

namespace refactor {

struct OnlyThere {
  std::optional<GtidLead> gtids;    // by GTID, where both servers have GTIDs
  std::vector<std::string> events;  // otherwise, of its binary logs: "mysql-bin.000002:154 Query INSERT …"
  bool has_more_events = false;     // than max_events_only_there
};
inline constexpr std::size_t max_events_only_there = 100;

// Without GTIDs, the binary logs are compared from the last common Pseudo-GTID entry on, and the events
// behind the last equal one are listed. Throws Error{unreachable, timeout, sql} of the servers, and
// Error{refused} with results::cannot_be_compared or results::purged.
[[nodiscard]] OnlyThere only_on(Context& context, Servers& servers, const InstanceKey& former,
                                const InstanceKey& master);

}  // namespace refactor
}  // namespace topo
