// Semi-synchronous replication of a master that is replaced: what its successor takes over.
#pragma once

#include <string>
#include <vector>

#include "topo/topology/plan.h"

namespace topo {

struct SemiSyncSuccession {
  std::vector<Step> steps;                // of the successor, before it becomes writable
  std::vector<std::string> shortcomings;  // as in Plan
};

// `former`: the master as last known. `below`: the replicas that the successor will have and that will run.
// Commits must not wait for more of them than acknowledge, and not at all if none do.
[[nodiscard]] SemiSyncSuccession pass_semi_sync(const Instance& former, const Instance& successor,
                                                const std::vector<const Instance*>& below);

// Of a master that becomes a replica: its own commits must not wait any more. `acknowledges_then`: its
// replica side shall be on.
[[nodiscard]] std::vector<Step> demote_semi_sync(const Instance& former, bool acknowledges_then);

// Its replica side is known to be on.
[[nodiscard]] bool acknowledges(const Instance& replica);
// It can be read, and its IO thread runs or connects.
[[nodiscard]] bool receives(const KnownInstance& replica);

}  // namespace topo
