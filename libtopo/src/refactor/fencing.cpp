#include "refactor/fencing.h"

#include "topo/topology/former_master.h"

namespace topo::refactor {
std::vector<InstanceKey> former_master_and_successor(const PlanInput& in) {
  const auto& key = in.arguments.instance;
  std::vector<InstanceKey> keys{key};
  const auto* known = in.topology.find(key);
  if (known == nullptr || !known->replaced) return keys;
  keys.push_back(known->replaced->successor);
  // Without it, the plan refuses.
  if (const auto master = master_in_place_of(in.topology, *known)) keys.push_back(*master);
  return keys;
}

const Operation& fencing() {
  static const Operation operation{
      .name = "set-read-only",
      .summary = "Make a former master that answers again read-only",
      .help = "",
      .group = OperationGroup::replication,
      .concerned = former_master_and_successor,
      .plan = [](const PlanInput& in) { return plan_fence_returned(in.topology, in.arguments.instance); }};
  return operation;
}

}  // namespace topo::refactor
