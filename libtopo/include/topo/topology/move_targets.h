// Where an instance may be dragged: for every other instance of its cluster, the operation that dropping it
// there would run, and whether the rules allow it, or why not.
//
// Pure: uses stored facts. The operation itself reads the servers again and applies the same rules.
#pragma once

#include <string>
#include <vector>

#include "topo/topology/planning.h"
#include "topo/topology/topology.h"

namespace topo {

struct MoveVerdict {
  enum class Kind {
    yes,
    warning,  // may be tried; only the user knows whether it makes sense
    no,
  };
  Kind kind = Kind::no;
  std::string operation;               // "move-below"; "" if no operation leads there
  std::optional<InstanceKey> subject;  // that the operation works on
  std::optional<InstanceKey> other;    // its second instance, if it takes one
  std::string reason;                  // a sentence, for `warning` and `no`
};

struct MoveTarget {
  InstanceKey key;
  MoveVerdict classic;      // by coordinates or GTID, between running servers
  MoveVerdict pseudo_gtid;  // by comparing logs
};

// In the order of the topology, without the instance itself. Linear in the number of instances, apart from
// the depth of the tree. Throws Error{not_found} for an instance that is not in the topology.
[[nodiscard]] std::vector<MoveTarget> move_targets(const Topology& topology, const InstanceKey& key,
                                                   const RuleLimits& limits);

}  // namespace topo
