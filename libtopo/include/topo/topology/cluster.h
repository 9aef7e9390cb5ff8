// Which cluster an instance belongs to, and its depth in the replication tree.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "topo/base/instance_key.h"

namespace topo {

// The cluster of an instance and its depth there, stored beside its facts.
struct ClusterMembership {
  std::string cluster_name;
  unsigned replication_depth = 0;
  bool is_co_master = false;
  friend bool operator==(const ClusterMembership&, const ClusterMembership&) = default;
};

// Returns the membership of `key`, which replicates from `master` (nullopt: not a replica).
// `master_membership` is the membership of that master, nullopt if the master is unknown; `masters_master` is
// the master's own master.
//
// A cluster is named after its topmost known instance. Of two co-masters, the one that the established name
// belongs to keeps depth 0 and the other has depth 1; without an established name, the smaller key gives it.
[[nodiscard]] ClusterMembership membership_below(const InstanceKey& key,
                                                 const std::optional<InstanceKey>& master,
                                                 const std::optional<ClusterMembership>& master_membership,
                                                 const std::optional<InstanceKey>& masters_master);

}  // namespace topo
