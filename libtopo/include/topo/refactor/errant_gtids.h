// Errant transactions: what a replica has executed and its master does not have.
#pragma once

#include <optional>

#include "topo/refactor/servers.h"
#include "topo/topology/gtids.h"

namespace topo::refactor {

// Reads the instance, then its master, so that what is replicated in between does not count. nullopt: nothing
// is errant, or the instance is no replica. Throws Error{unreachable, timeout, sql} of the servers, {refused}
// if the instance has no GTIDs (MySQL's gtid_mode), and what lead_by_gtid() throws.
[[nodiscard]] std::optional<GtidLead> errant_gtids(Servers& servers, const InstanceKey& key);

}  // namespace topo::refactor
