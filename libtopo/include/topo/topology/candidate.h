// Selects the replica that can replace its master.
#pragma once

#include <optional>
#include <vector>

#include "topo/model/instance.h"
#include "topo/topology/planning.h"

namespace topo {

// Which coordinates measure the progress of a replica.
enum class ReplicaProgress {
  executed,   // executed; for a stopped replica that has executed all it can
  available,  // received, if the SQL thread is neither stopped nor delayed; else executed
};

// Returns the replica of `master` with the most progress among those that can serve all other replicas, by
// version, format and the other checks of why_not_replicate(); if none can serve all, among those that can
// serve most. It must have a binary log and log_slave_updates, must not be detached, must not match `denied`,
// and must not hold events that it could not execute (held_events()). Ties: the first by key. Throws
// Error{refused} with the reason why each replica was passed over.
[[nodiscard]] InstanceKey choose_candidate(const std::vector<KnownInstance>& replicas,
                                           const InstanceKey& master, const Filter& denied,
                                           const RuleLimits& limits, ReplicaProgress progress);

// Returns the sibling of `failed`, an intermediate master or co-master, that should take over its replicas:
// the one with the most replicas, and of equals the one that has executed most. Its last read succeeded, it
// replicates, has a binary log and log_slave_updates, matches in data centre, environment and use of
// replication filters, is not a binlog server, and has executed what `failed` had executed when last read.
// nullopt: there is no such sibling.
[[nodiscard]] std::optional<InstanceKey> choose_sibling(const Topology& topology, const InstanceKey& failed);

}  // namespace topo
