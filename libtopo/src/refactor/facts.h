// Refactoring::Facts: the data that an operation decides by.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "topo/refactor/refactoring.h"
#include "topo/topology/topology.h"

namespace topo::refactor {

// The backend's data of the cluster, updated with what was just read.
struct Refactoring::Facts {
  std::unordered_map<InstanceKey, KnownInstance> known;
  std::unordered_map<InstanceKey, Instance> read;
  std::unordered_set<InstanceKey> asked;  // including servers that did not answer

  [[nodiscard]] Topology topology() const {
    std::vector<KnownInstance> all;
    all.reserve(known.size());
    for (const auto& [key, instance] : known) all.push_back(instance);
    return Topology(std::move(all));
  }
};

}  // namespace topo::refactor
