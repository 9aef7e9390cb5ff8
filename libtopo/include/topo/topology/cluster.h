// Which cluster an instance belongs to, and its depth in the replication tree.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "topo/base/instance_key.h"

namespace topo {

// The place of an instance in its cluster, stored beside its facts.
struct ClusterPlace {
  std::string cluster_name;
  unsigned replication_depth = 0;
  bool is_co_master = false;
  friend bool operator==(const ClusterPlace&, const ClusterPlace&) = default;
};

// Returns the place of `key`, which replicates from `master` (invalid: not a replica). `master_place` is the
// place of that master, nullopt if the master is unknown; `masters_master` is the master's own master.
//
// A cluster is named after its topmost known instance. Of two co-masters, the one that the established name
// belongs to keeps depth 0 and the other has depth 1; without an established name, the smaller key gives it.
[[nodiscard]] ClusterPlace place_below(const InstanceKey& key, const InstanceKey& master,
                                       const std::optional<ClusterPlace>& master_place,
                                       const InstanceKey& masters_master);

}  // namespace topo
