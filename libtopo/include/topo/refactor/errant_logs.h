// The binary logs that have the errant transactions of a replica.
#pragma once

#include <string>
#include <vector>

#include "topo/refactor/servers.h"
#include "topo/topology/errant.h"

namespace topo::refactor {

// The binary logs of the replica that have transactions of `errant`, the oldest first. Reads the beginnings
// of its binary logs, the newest first, as far back as needed: each begins with what was logged before it
// (Previous_gtids on MySQL, Gtid_list on MariaDB). Throws Error{refused} if the replica has no binary log, or
// has purged some of these logs, {sql} if a log begins otherwise, and the errors of the server and of pgtid.
[[nodiscard]] std::vector<std::string> errant_logs(Servers& servers, const InstanceKey& key,
                                                   const GtidLead& errant);

}  // namespace topo::refactor
