// From "move this there" to a Plan, or to the reason why not.
//
// Pure: the topology holds what is known of the servers of one cluster, with those concerned as they were
// read just now. Every function throws Error{not_found} for an instance that is not in the topology, and
// Error{refused} with the rule's sentence when a rule says no.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "topo/topology/plan.h"
#include "topo/topology/rules.h"
#include "topo/topology/topology.h"

namespace topo {

// Which replicas an operation on several is for; empty: all.
using Filter = std::function<bool(const InstanceKey&)>;

// The replica becomes a sibling of its master. That need not be replicating; the grandparent is not
// contacted.
[[nodiscard]] Plan plan_move_up(const Topology& topology, const InstanceKey& replica,
                                const RuleLimits& limits);

// All replicas of `master` that pass the filter become its siblings; the master is stopped once. Those that a
// rule holds back stay, with the reason in the plan; refused when that is all of them.
[[nodiscard]] Plan plan_move_up_replicas(const Topology& topology, const InstanceKey& master,
                                         const Filter& filter, const RuleLimits& limits);

// The replica goes below its sibling.
[[nodiscard]] Plan plan_move_below(const Topology& topology, const InstanceKey& replica,
                                   const InstanceKey& sibling, const RuleLimits& limits);

// All siblings of `replica` go below it. Those that a rule holds back stay.
[[nodiscard]] Plan plan_enslave_siblings(const Topology& topology, const InstanceKey& replica,
                                         const RuleLimits& limits);

// The replica and its master, itself a replica, swap places. The replicas of either stay theirs; the master's
// master need not be alive.
[[nodiscard]] Plan plan_enslave_master(const Topology& topology, const InstanceKey& replica,
                                       const RuleLimits& limits);

// The replica goes on from the same coordinates at `master`, or where it is without one: for a master that
// got another name, for damaged relay logs, and from or to a binlog server. Coordinates of one server's log
// mean nothing in that of another: refused when the two are known to be different servers, unless by GTID.
[[nodiscard]] Plan plan_repoint(const Topology& topology, const InstanceKey& replica,
                                const std::optional<InstanceKey>& master, const RuleLimits& limits);

// plan_repoint without a new master, for all replicas of `master` that pass the filter.
[[nodiscard]] Plan plan_repoint_replicas(const Topology& topology, const InstanceKey& master,
                                         const Filter& filter, const RuleLimits& limits);

// The replica's master, which replicates from nobody, replicates from the replica too.
[[nodiscard]] Plan plan_make_co_master(const Topology& topology, const InstanceKey& replica,
                                       const RuleLimits& limits);

}  // namespace topo
