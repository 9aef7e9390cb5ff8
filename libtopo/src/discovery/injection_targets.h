// Where Pseudo-GTID entries are injected. Pure.
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

// Returns the server of each cluster on which Pseudo-GTID entries are injected: its master, if its last read
// succeeded, it is not read_only, has a binary log and is not `locked`. Of several masters that replicate
// from each other and qualify, the one that the cluster is named after, else the first by name: entries
// injected on two masters could reach a log out of order.
[[nodiscard]] std::vector<InjectionTarget> injection_targets(std::span<const InstanceLink> links,
                                                             std::span<const InstanceKey> locked);

}  // namespace topo::discovery
