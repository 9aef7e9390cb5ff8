// Which of several replicas can serve the others, as their master.
#pragma once

#include <cstddef>
#include <vector>

#include "topo/model/instance.h"
#include "topo/topology/rules.h"

namespace topo {

// By why_not_replicate(), for which servers of one kind are equal, and by what replicas need by GTID and
// others have purged. Linear in the number of replicas, but for pairs of kinds of servers, and of different
// purged and different missing transactions.
class Serving {
 public:
  Serving(const std::vector<const Instance*>& replicas, const RuleLimits& limits);

  // How many of the others the replica of this index can serve.
  [[nodiscard]] std::size_t count(std::size_t index) const;

 private:
  // A replica that has not executed all that others have purged.
  struct Laggard {
    std::size_t index;
    std::size_t lack;  // a column of misses_
  };

  void note_purged(const std::vector<const Instance*>& replicas);

  std::vector<std::size_t> kinds_;       // of the replicas
  std::vector<std::size_t> counts_;      // of the kinds
  std::vector<std::vector<bool>> suit_;  // [master's kind][replica's kind]
  std::vector<Laggard> laggards_;
  std::vector<std::size_t> demands_;       // of the replicas: what they have purged, a row of misses_
  std::vector<std::vector<bool>> misses_;  // [demand][lack]: something purged is missing
};

}  // namespace topo
