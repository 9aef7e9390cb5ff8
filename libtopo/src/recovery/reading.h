// What a recovery reads before it decides: stored data may be old.
#pragma once

#include <map>
#include <vector>

#include "topo/model/instance.h"
#include "topo/recovery/recovery.h"
#include "topo/store/store.h"
#include "topo/topology/topology.h"

namespace topo::recovery {

// The stored instance. Throws Error{not_found}.
[[nodiscard]] KnownInstance require_known(Context& context, const InstanceKey& key);

// The results of reading instances now, which decide whatever the backend has.
struct Recovery::JustRead {
  std::map<InstanceKey, KnownInstance> read;
  std::map<InstanceKey, refactor::FailedRead> failed;

  // The instance as it is in the backend, with what was read now.
  void apply_to(KnownInstance& known) const {
    if (const auto found = read.find(known.instance.key); found != read.end()) {
      known = found->second;
    } else if (const auto missed = failed.find(known.instance.key); missed != failed.end()) {
      missed->second.apply_to(known);
    }
  }
  // The cluster as known, and the replicas of the failed instance, on any channel, that are stored in another
  // cluster.
  [[nodiscard]] Topology around(InstanceStore& instances, const KnownInstance& one) const {
    auto all = instances.read_cluster(one.instance.cluster_name);
    for (auto& replica : instances.read_replicas(one.instance.key)) all.push_back(std::move(replica));
    for (auto& replica : instances.read_side_replicas(one.instance.key)) all.push_back(std::move(replica));
    for (auto& known : all) apply_to(known);
    return Topology(std::move(all));
  }
};

}  // namespace topo::recovery
