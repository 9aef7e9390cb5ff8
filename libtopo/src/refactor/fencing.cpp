#include "refactor/fencing.h"

#include <algorithm>

#include "topo/base/error.h"
#include "topo/topology/former_master.h"

namespace topo::refactor {
namespace {

// The former master, its successor, and the master above that one, if they are known: another round of reads
// follows when the successor is known.
std::vector<InstanceKey> former_master_and_successor(const PlanInput& in) {
  const auto& key = in.arguments.instance;
  std::vector<InstanceKey> keys{key};
  const auto* known = in.topology.find(key);
  if (known == nullptr || !known->replaced) return keys;
  const auto& successor = known->replaced->successor;
  keys.push_back(successor);
  if (in.topology.find(successor) == nullptr) return keys;
  try {
    keys.push_back(master_of_cluster(in.topology, successor).instance.key);
  } catch (const Error&) {
    // The plan refuses for the same reason.
  }
  return keys;
}

}  // namespace

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
