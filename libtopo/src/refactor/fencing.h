// The operation that keeps a returned former master from taking writes.
#pragma once

#include "topo/refactor/operation.h"

namespace topo::refactor {

// Of plan_fence_returned(), for continuous discovery: in journal, audit and progress it is set-read-only,
// which users know, but it reads the master that took the place of the instance, and requires that one to be
// writable.
[[nodiscard]] const Operation& fencing();

// The instance, a former master, and its successor and the master above that one, if they are known: another
// round of reads follows when the successor is known.
[[nodiscard]] std::vector<InstanceKey> former_master_and_successor(const PlanInput& in);

}  // namespace topo::refactor
