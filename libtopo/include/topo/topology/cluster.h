// Which cluster an instance belongs to, and how deep in it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "topo/base/instance_key.h"

namespace topo {

// An instance's place, as it is stored beside its facts.
struct ClusterPlace {
  std::string cluster_name;
  unsigned replication_depth = 0;
  bool is_co_master = false;
  friend bool operator==(const ClusterPlace&, const ClusterPlace&) = default;
};

// The place of `key`, which replicates from `master` (an invalid key: from nobody), given what is known
// of that master: `master_place`, and `masters_master`, whom it replicates from itself. nullopt for an
// unknown master.
//
// A cluster is named after its topmost known instance. Of two co-masters the one that the established
// name belongs to keeps depth 0, the other has depth 1; where none is established the smaller key gives it.
[[nodiscard]] ClusterPlace place_below(const InstanceKey& key, const InstanceKey& master,
                                       const std::optional<ClusterPlace>& master_place,
                                       const InstanceKey& masters_master);

}  // namespace topo
