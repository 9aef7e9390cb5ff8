// Holdings: what the replicas of a dead master have of its log, and which of them can give it to others.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "topo/topology/candidate.h"
#include "topo/topology/comparison.h"

namespace topo {

// Why the replica, which is behind `source`, cannot go below it first, as a sentence.
[[nodiscard]] std::optional<std::string> why_not_catch_up(const Instance& replica, const Instance& source,
                                                          const RuleLimits& limits);

// What replicas have of the log of their master, compared with each other. Those with coordinates in one log
// are sorted by them; only those of different logs are compared one by one. `replicas` and `how` must outlive
// the object.
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
  // Replicas with the same progress.
  struct Place {
    const Instance* first;
    std::size_t log;
    std::size_t count = 0;    // of the replicas
    std::size_t rank = 0;     // in the log
    std::size_t behind = 0;   // replicas that are behind these
    std::size_t lacking = 0;  // replicas that have something these lack
  };
  using Log = std::vector<std::size_t>;  // places, ascending

  void find_places();
  void compare_places();
  [[nodiscard]] Order order(std::size_t one, std::size_t other) const;  // of two places
  // `to`, in the log of its master, is the end of what a replica at the place `at` holds; nullopt: it takes
  // no part. Adds one to what those places lack that have all which is executed there, but have not executed
  // that.
  void add_held(const Instance& replica, std::optional<std::size_t> at, const BinlogCoordinates& to);
  // For each replica, how many have something that it lacks, and the best sources.
  void count_lacking();
  [[nodiscard]] bool lacks_by_filters(std::size_t successor, std::size_t replica) const;
  [[nodiscard]] std::size_t lacking_of(std::size_t successor, std::size_t holder) const;

  const std::vector<KnownInstance>& replicas_;
  const Choosing& how_;
  std::vector<Place> places_;
  std::vector<std::size_t> place_of_;  // of each replica
  std::vector<Log> logs_;
  std::vector<std::vector<std::ptrdiff_t>> held_;  // of each log: from this rank on, so many more are lacking
  std::unordered_map<std::string, std::size_t> log_of_name_;
  std::vector<std::size_t> sources_;  // replicas, the best first
};

}  // namespace topo
