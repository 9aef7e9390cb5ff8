// From "move this there" to a Plan, or to the reason why not.
//
// Pure: the topology holds what is known of the servers of one cluster, with those concerned as they were
// read just now. Every function throws Error{not_found} for an instance that is not in the topology, and
// Error{refused} with the rule's sentence when a rule says no; {locked} when somebody else works on one. Of
// several replicas those that are locked stay where they are, as those that another rule holds back.
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
// rule holds back stay, with the reason in the plan; refused when that is all of them. When there is none the
// plan has no steps, here and below.
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
// mean nothing in that of another: refused unless by GTID, or where `is_same_server` says that both names
// were proven to lead to one server; or where nobody answers under the old name (nullopt), its instance has
// been forgotten, and the replica tells that the server which it had was the one at the new name.
[[nodiscard]] Plan plan_repoint(const Topology& topology, const InstanceKey& replica,
                                const std::optional<InstanceKey>& master, const RuleLimits& limits,
                                std::optional<bool> is_same_server = false);

// plan_repoint without a new master, for all replicas of `master` that pass the filter.
[[nodiscard]] Plan plan_repoint_replicas(const Topology& topology, const InstanceKey& master,
                                         const Filter& filter, const RuleLimits& limits);

// The replica's master, which replicates from nobody, replicates from the replica too.
[[nodiscard]] Plan plan_make_co_master(const Topology& topology, const InstanceKey& replica,
                                       const RuleLimits& limits);

// --- By Pseudo-GTID: for replicas whose master may be dead, which is then not contacted. Refused where
// PseudoGTIDPattern is not set, but for replicas by GTID, which find their place themselves.

// The replica goes below any other instance that has executed what it has, and is not below it.
[[nodiscard]] Plan plan_match_below(const Topology& topology, const InstanceKey& replica,
                                    const InstanceKey& other, const RuleLimits& limits);

// The replica becomes a sibling of its master.
[[nodiscard]] Plan plan_match_up(const Topology& topology, const InstanceKey& replica,
                                 const RuleLimits& limits);

// The replica finds its place below its own master anew, as after a crash that lost its coordinates.
[[nodiscard]] Plan plan_rematch(const Topology& topology, const InstanceKey& replica,
                                const RuleLimits& limits);

// All replicas of `master` that pass the filter go below `below`, which may be one of them.
[[nodiscard]] Plan plan_multi_match(const Topology& topology, const InstanceKey& master,
                                    const InstanceKey& below, const Filter& filter, const RuleLimits& limits);

// All replicas of `master` that pass the filter become its siblings.
[[nodiscard]] Plan plan_match_up_replicas(const Topology& topology, const InstanceKey& master,
                                          const Filter& filter, const RuleLimits& limits);

// The replicas of `master`, which is taken for dead, gather below the one of them that has got most and can
// serve the others; it stays below the master, and read_only as it is. Which one that is, is decided when all
// have executed what they have fetched (see choose_candidate). Those that are ahead of it stay where they
// are. `denied`: may not be chosen.
[[nodiscard]] Plan plan_regroup_replicas(const Topology& topology, const InstanceKey& master,
                                         const Filter& denied, const RuleLimits& limits);

// The replica of a master that does not answer becomes a master itself: writeable, its replication stopped,
// its siblings below it. Refused when one of them is ahead of it.
[[nodiscard]] Plan plan_make_master(const Topology& topology, const InstanceKey& replica,
                                    const RuleLimits& limits);

// The replica takes its master's place below its grandparent, and its siblings go below it. Refused when one
// of them is ahead of it. The master is not contacted.
[[nodiscard]] Plan plan_make_local_master(const Topology& topology, const InstanceKey& replica,
                                          const RuleLimits& limits);

// --- Replication of one instance

[[nodiscard]] Plan plan_stop_replication(const Topology& topology, const InstanceKey& replica);
// So that all that was fetched is executed.
[[nodiscard]] Plan plan_stop_nicely(const Topology& topology, const InstanceKey& replica);
[[nodiscard]] Plan plan_start_replication(const Topology& topology, const InstanceKey& replica);
[[nodiscard]] Plan plan_restart_replication(const Topology& topology, const InstanceKey& replica);
// Leaves out the transaction that broke replication. Refused where the counter that does that may not be set,
// because transactions are told apart by GTID.
[[nodiscard]] Plan plan_skip_query(const Topology& topology, const InstanceKey& replica);
[[nodiscard]] Plan plan_reset_replica(const Topology& topology, const InstanceKey& replica);
// Both give a plan without steps when there is nothing to do. A detached replica stays stopped, a reattached
// one runs.
[[nodiscard]] Plan plan_detach_replica(const Topology& topology, const InstanceKey& replica);
[[nodiscard]] Plan plan_reattach_replica(const Topology& topology, const InstanceKey& replica);
[[nodiscard]] Plan plan_set_read_only(const Topology& topology, const InstanceKey& instance, bool read_only);
[[nodiscard]] Plan plan_kill_query(const Topology& topology, const InstanceKey& instance,
                                   std::uint64_t process);

}  // namespace topo
