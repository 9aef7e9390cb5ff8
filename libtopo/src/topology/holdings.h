// Holdings: what the replicas of a dead master have of its log, and which of them can give it to others.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "topo/topology/candidate.h"
#include "topo/topology/comparison.h"

namespace topo {

// Why the replica, which is behind `source`, cannot go below it first, as a sentence.
[[nodiscard]] std::optional<std::string> why_not_catch_up(const Instance& replica, const Instance& source,
                                                          const RuleLimits& limits);

// Whether its replication leaves something out.
[[nodiscard]] bool is_filtered(const Instance& replica);

// What replicas have of the log of their master, compared with each other. Those at the same coordinates of
// the same log are compared once. `replicas` and `how` must outlive the object.
class Holdings {
 public:
  Holdings(const std::vector<KnownInstance>& replicas, const Choosing& how);

  // Grows with the number of the others that the replica is ahead of; of equals, one whose coordinates are
  // known has more progress.
  [[nodiscard]] std::size_t progress_score(std::size_t replica) const;

  struct Reach {
    std::optional<std::size_t> source;
    std::size_t lacking = 0;  // replicas that have something it lacks and cannot get
  };
  [[nodiscard]] Reach reach_of(std::size_t replica) const;

  // A sentence for each replica that has something which the successor, with all that `holder` has, lacks.
  [[nodiscard]] std::vector<std::string> lost(std::size_t successor, std::size_t holder) const;

 private:
  void compare_places();
  // For each replica, how many have something that it lacks, and the best sources.
  void count_lacking();
  [[nodiscard]] bool lacks_by_filters(std::size_t successor, std::size_t replica) const;
  [[nodiscard]] std::size_t lacking_of(std::size_t successor, std::size_t holder) const;

  const std::vector<KnownInstance>& replicas_;
  const Choosing& how_;
  std::vector<const Instance*> firsts_;  // one replica at each place
  std::vector<std::size_t> counts_;      // how many are there
  std::vector<std::size_t> place_of_;    // of each replica
  std::vector<std::vector<Order>> orders_;
  std::vector<std::size_t> lacking_;  // of each replica, by what it has executed
  std::vector<std::size_t> sources_;  // the best first
};

}  // namespace topo
