// Which replica can take its master's place.
#pragma once

#include <optional>
#include <vector>

#include "topo/topology/instance.h"
#include "topo/topology/planning.h"

namespace topo {

// How far a replica counts as having come.
enum class Progress {
  executed,   // for one that has executed what it could, and stands still
  available,  // what it has fetched, if its SQL thread is well; else what it has executed
};

// Of the replicas of `master` the one that has come furthest, among those that can serve all others, in
// version, format and whatever else why_not_replicate() asks; or, if nobody can, among those that can serve
// most. It has to have a binary log and to log what it replicates, must not be detached, and `denied` must
// not hold of it. Of equals the first by key. Throws Error{refused}, saying why each was passed over.
[[nodiscard]] InstanceKey choose_candidate(const std::vector<KnownInstance>& replicas,
                                           const InstanceKey& master, const Filter& denied,
                                           const RuleLimits& limits, Progress progress);

// Of the siblings of `failed`, an intermediate master or co-master, the one that its replicas should go
// below: that has the most replicas already, and of equals has executed most. It was read, replicates, has a
// binary log and logs what it replicates, is alike in data centre, environment and replication filters, is no
// binlog server, and has executed what the failed one had when that was read last. nullopt: there is none.
[[nodiscard]] std::optional<InstanceKey> choose_sibling(const Topology& topology, const InstanceKey& failed);

}  // namespace topo
