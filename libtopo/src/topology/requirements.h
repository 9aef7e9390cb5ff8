// What plans require of instances, and how they refuse.
#pragma once

#include <fmt/format.h>

#include <utility>

#include "topo/base/error.h"
#include "topo/topology/planning.h"
#include "topo/topology/topology.h"

namespace topo {

// Throws Error{refused}.
template <typename... Values>
[[noreturn]] void refuse_plan(fmt::format_string<Values...> text, Values&&... values) {
  throw Error(Code::refused, fmt::format(text, std::forward<Values>(values)...));
}

// Throws Error{not_found}.
[[nodiscard]] const KnownInstance& require_known(const Topology& topology, const InstanceKey& key);

// Throws Error{refused} with the reason, if there is one.
void require(const std::optional<Refusal>& refusal);

// For an operation that replaces `master`: why it may be alive, if evidence of its death is waived; "":
// nothing says that it is. Throws Error{refused} if evidence is required and missing, or the master was read
// just now: two servers would take writes.
[[nodiscard]] std::string require_dead(const Topology& topology, const KnownInstance& master,
                                       Evidence evidence);

// The master of the replica. Throws Error{refused} if it is not a replica or its master is not known.
[[nodiscard]] const KnownInstance& master_of(const Topology& topology, const KnownInstance& replica);

// A sentence about two co-masters that are both writable, and how only the other one takes writes.
[[nodiscard]] std::string describe_two_writable(const InstanceKey& one, const InstanceKey& other);

// Whether the replica uses GTID: servers then find the position themselves.
[[nodiscard]] bool by_gtid(const Instance& replica);

// Refuses an instance that is registered as must_not, also if a person names it.
[[nodiscard]] std::optional<Refusal> why_never_master(const KnownInstance& instance);

// Returns the plan. Throws Error{locked} if an instance that the plan locks is locked already.
[[nodiscard]] Plan require_unlocked(const Topology& topology, Plan plan);

// Returns the plan with a lock on its subject. The owner of a maintenance lock may do this to the instance,
// and the lock of an operation that died is no obstacle either. Throws Error{locked} if an operation is under
// way there, as it would be disturbed.
[[nodiscard]] Plan locked_beside(const Topology& topology, Plan plan, std::string reason);

// Like why_not_replicate; also refuses a loop below the replica itself, moves into or out of a ring of three
// or more, and by GTID a master that has purged what the replica needs.
[[nodiscard]] std::optional<Refusal> why_not_below(const Topology& topology, const Instance& replica,
                                                   const Instance& master, const RuleLimits& limits);

// Like why_not_replicate; also refuses, by GTID, a master that has purged what the replica needs.
[[nodiscard]] std::optional<Refusal> why_not_serve(const Instance& replica, const Instance& master,
                                                   const RuleLimits& limits);

// Stops a replica that gets another master. One that is connected gets again what it has received; one that
// is not may have the only copy, and executes it first.
[[nodiscard]] Step stop_before_move(const Instance& replica);

// Whether all that the master logs comes from its own master: it replicates, and not from a co-master.
[[nodiscard]] bool is_intermediate(const Topology& topology, const KnownInstance& master);

[[nodiscard]] inline bool passes(const Filter& filter, const InstanceKey& key) {
  return !filter || filter(key);
}

// For a plan that moves several replicas. Without any replica, returns a plan without steps; if there are
// replicas but a rule refuses all of them, throws Error{refused}, or {locked} if all are locked.
[[nodiscard]] Plan require_any_replica(Plan plan);

// Returns the instance if its last read succeeded. Throws Error{not_found}, and Error{refused} with the error
// of that read.
const KnownInstance& require_reachable(const Topology& topology, const InstanceKey& key);

}  // namespace topo
