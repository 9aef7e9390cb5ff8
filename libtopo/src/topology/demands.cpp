#include "topology/demands.h"

namespace topo {

const KnownInstance& member(const Topology& topology, const InstanceKey& key) {
  if (const auto* known = topology.find(key)) return *known;
  throw Error(Code::not_found, fmt::format("Instance not found: {}", key.display()));
}

const KnownInstance& living(const Topology& topology, const InstanceKey& key) {
  const auto& known = member(topology, key);
  if (known.last_check_valid) return known;
  const auto& error = known.last_check_error;
  refuse_plan("{} could not be read{}{}", key.display(), error.empty() ? "" : ": ", error);
}

}  // namespace topo
