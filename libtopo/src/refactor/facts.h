// Refactoring::Facts: what an operation goes by.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "topo/refactor/refactoring.h"
#include "topo/topology/topology.h"

namespace topo::refactor {

// What is known of the cluster, with what was read just now laid over it.
struct Refactoring::Facts {
  std::unordered_map<InstanceKey, KnownInstance> known;
  std::unordered_map<InstanceKey, Instance> read;
  std::unordered_set<InstanceKey> asked;  // whether they answered or not

  [[nodiscard]] Topology topology() const {
    std::vector<KnownInstance> all;
    all.reserve(known.size());
    for (const auto& [key, instance] : known) all.push_back(instance);
    return Topology(std::move(all));
  }
};

}  // namespace topo::refactor
