#pragma once

#include <span>
#include <string>
#include <vector>

#include "topo/store/store.h"

namespace topo::discovery {

struct InjectionTarget {
  InstanceKey master;
  std::string cluster;
  bool is_co_master = false;
};

// On which server of each cluster Pseudo-GTID entries are injected: its master, if it answered when it was
// last asked, is not read_only, has a binary log and is not `locked`. Of several masters that replicate from
// each other and could all be taken, the one that the cluster is named after, else the first by name: entries
// from two of them could get into a log in another order than that in which they were made.
[[nodiscard]] std::vector<InjectionTarget> injection_targets(std::span<const InstanceLink> links,
                                                             std::span<const InstanceKey> locked);

}  // namespace topo::discovery
