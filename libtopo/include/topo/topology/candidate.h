// Which replica can take its master's place.
#pragma once

#include <vector>

#include "topo/topology/instance.h"
#include "topo/topology/planning.h"

namespace topo {

// Of the replicas of `master` the one that has executed most of its log, among those that have a binary log
// and log what they replicate, are not detached, and that `denied` does not hold of. Of equals the first by
// key. Throws Error{refused}, saying why each was passed over.
[[nodiscard]] InstanceKey choose_candidate(const std::vector<KnownInstance>& replicas,
                                           const InstanceKey& master, const Filter& denied);

}  // namespace topo
