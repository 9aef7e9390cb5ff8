// Selects the replica that can replace its master.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "topo/model/instance.h"
#include "topo/topology/comparison.h"
#include "topo/topology/planning.h"

namespace topo {

// A replica that may take its master's place.
struct Candidate {
  InstanceKey key;
  // A sentence: why another one is better, or why it cannot be a master; "": it is the best.
  std::string why_not;
  // It lacks events that this replica has executed, and can get them there first, below it.
  std::optional<InstanceKey> source;
  // A sentence for each replica that has something which it lacks and cannot get.
  std::vector<std::string> lost;
};

// Where in the order of merits it counts that a candidate has what the others have.
enum class Completeness : std::uint8_t {
  first,
  after_serving,  // it is not promoted: what serves the others best is chosen, or nothing
  irrelevant,     // all of them will have all: their master lives
};

// How a successor is chosen.
struct Choosing {
  Filter denied{};  // instances that may not be chosen
  RuleLimits limits{};
  ReplicaProgress progress = ReplicaProgress::executed;
  Completeness completeness = Completeness::first;
  bool may_catch_up = false;        // a candidate may go below another replica first, to get what it lacks
  std::vector<LeftReplica> left{};  // can be read, but take no part; what they have received counts
  std::vector<const Instance*> served{};  // cannot be chosen, but are to be served, too
};

// Why a master of these settings would lack data, or its replicas would: its filters, of replication or of
// its binary log, as a predicate ("has replication filters"); "": it has none.
[[nodiscard]] std::string why_filtered(const Instance& instance);

// Why this replica cannot be a master at all, as a predicate ("has no binary log"); "": it can. It must have
// a binary log and log_slave_updates, not match `denied`, not be registered as must_not, not be locked or
// detached, and not hold events that it could not execute (held_events()).
[[nodiscard]] std::string why_not_candidate(const KnownInstance& replica, const Filter& denied);

// Ranks the replicas of `master`, best first; those that cannot be a master come last. Of two candidates the
// better one
//   1. has what the others have executed and hold in their relay logs, or can get it from one of them first:
//      the one that lacks something of fewer replicas. With replication filters it lacks what they leave out;
//   2. has no filters, neither of replication nor of its binary log: its replicas would lack the data;
//   3. has no errant transactions, which would spread to all its replicas: those that polls have found, and
//      OwnTransactions::errant();
//   4. can serve more of the others, and of `how.served`: by version, format and the other checks of
//      why_not_replicate(), and has not purged what they need by GTID;
//   5. has the better promotion rule;
//   6. is in the data centre and environment of `master`;
//   7. has more progress: it is ahead of more of the others;
//   8. has the first key.
// With Completeness::after_serving, 1 and 7 come after 4. Pure.
[[nodiscard]] std::vector<Candidate> rank_candidates(std::vector<KnownInstance> replicas,
                                                     const Instance& master, const Choosing& how);

// How well each of the replicas would succeed `master`, by what is known before they have executed what they
// have received: more is better; 0: it may not, or would spread errant transactions, lack data by filters, or
// not serve all others. By promotion rule, and data centre and environment. Linear, but for one check of each
// pair of kinds of servers, and of different sets of purged transactions. Pure.
[[nodiscard]] std::vector<unsigned> standings(const std::vector<const KnownInstance*>& replicas,
                                              const Instance& master, const Filter& denied,
                                              const RuleLimits& limits);

// What the replica, one of `replicas`, would lack as the successor, and where it can get the rest first.
// `why_not` is empty.
[[nodiscard]] Candidate judge_candidate(const InstanceKey& replica,
                                        const std::vector<KnownInstance>& replicas, const Choosing& how);

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
