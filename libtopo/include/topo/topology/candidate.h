// Selects the replica that can replace its master.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "topo/model/instance.h"
#include "topo/topology/planning.h"

namespace topo {

// Which coordinates measure the progress of a replica.
enum class ReplicaProgress {
  executed,   // executed; for a stopped replica that has executed all it can
  available,  // received, if the SQL thread is neither stopped nor delayed; else executed
};

// A replica that may take its master's place.
struct Candidate {
  InstanceKey key;
  std::string
      why_not;  // a sentence: why another one is better, or why it cannot be a master; "": it is the best
};

// Why a master of these settings would lack data, or its replicas would: its filters, of replication or of
// its binary log, as a predicate ("has replication filters"); "": it has none.
[[nodiscard]] std::string why_filtered(const Instance& instance);

// Ranks the replicas of `master`, best first. A candidate must have a binary log and log_slave_updates, must
// not be detached, must not match `denied`, and must not hold events that it could not execute
// (held_events()); all others come last. Of two candidates the better one
//   1. has no filters, neither of replication nor of its binary log: it would lack the filtered data, or its
//      replicas would;
//   2. has no errant transactions, which would spread to all its replicas;
//   3. can serve more of the others, by version, format and the other checks of why_not_replicate();
//   4. has more progress;
//   5. is in the data centre and environment of `master`;
//   6. has the first key.
[[nodiscard]] std::vector<Candidate> rank_candidates(const std::vector<KnownInstance>& replicas,
                                                     const Instance& master, const Filter& denied,
                                                     const RuleLimits& limits, ReplicaProgress progress);

// The best of the ranked replicas of `master`. Throws Error{refused} with the reasons if none can be a
// master.
[[nodiscard]] const InstanceKey& best_of(const std::vector<Candidate>& ranked, const InstanceKey& master);

// Returns the sibling of `failed`, an intermediate master or co-master, that should take over its replicas:
// the one with the most replicas, and of equals the one that has executed most. Its last read succeeded, it
// replicates, has a binary log and log_slave_updates, matches in data centre, environment and use of
// replication filters, is not a binlog server, and has executed what `failed` had executed when last read.
// nullopt: there is no such sibling.
[[nodiscard]] std::optional<InstanceKey> choose_sibling(const Topology& topology, const InstanceKey& failed);

}  // namespace topo
