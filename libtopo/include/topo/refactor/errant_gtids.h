// Errant transactions: what a replica has executed and its master does not have, read from the servers.
#pragma once

#include <optional>

#include "topo/refactor/servers.h"
#include "topo/topology/errant.h"

namespace topo::refactor {

// Reads the instance, then its masters; if something is errant, reads the masters again a second later, as a
// replica may have a transaction a moment before its master reports it. `stored`: the instance as in the
// backend, for what MariaDB reports no more. nullopt: nothing is errant, or the instance is no replica.
// Throws Error{unreachable, timeout, sql} of the servers, {refused} if the instance has no GTIDs (MySQL's
// gtid_mode) or its GTIDs and those of a master cannot be compared.
[[nodiscard]] std::optional<GtidLead> errant_gtids(Servers& servers, const InstanceKey& key,
                                                   const std::optional<Instance>& stored = {});

}  // namespace topo::refactor
