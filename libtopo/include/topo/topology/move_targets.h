// Where an instance may be dragged: for every other instance of its cluster, what dropping it there would do,
// and whether the rules allow that, or why not.
//
// Pure, and from what is known: the operation itself reads the servers again and asks the same rules.
#pragma once

#include <string>
#include <vector>

#include "topo/topology/planning.h"
#include "topo/topology/topology.h"

namespace topo {

struct MoveVerdict {
  enum class Kind {
    yes,
    warning,  // it can be tried; whether it makes sense, only the user knows
    no,
  };
  Kind kind = Kind::no;
  std::string operation;  // "move-below"; "" when there is none that would lead there
  // On whom the operation works, and below whom it goes; the latter is invalid where the operation needs no
  // other.
  InstanceKey subject, other;
  std::string reason;  // a sentence, for a warning and a no
};

struct MoveTarget {
  InstanceKey key;
  MoveVerdict classic;      // by coordinates or GTID, between servers that run
  MoveVerdict pseudo_gtid;  // by comparing logs
};

// In the order of the topology, the instance itself left out. Linear in the number of instances, but for the
// depth of the tree. Throws Error{not_found} for an instance that is not in the topology.
[[nodiscard]] std::vector<MoveTarget> move_targets(const Topology& topology, const InstanceKey& key,
                                                   const RuleLimits& limits);

}  // namespace topo
