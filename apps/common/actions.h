// Actions: the operations that a user interface offers on an object, and how it presents them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/reply.h"
#include "topo/topology/rules.h"

namespace orchestrator {

// What makes sense on an instance of the topology: the library's actions, then those of the catalogue whose
// MenuEntry suits it. Throws as topo::refactor::actions_on().
[[nodiscard]] std::vector<OfferedAction> actions_on(const topo::Topology& topology,
                                                    const topo::KnownInstance& known,
                                                    const topo::RuleLimits& limits);
// What finishes or undoes an interrupted operation; none while it runs.
[[nodiscard]] std::vector<OfferedAction> actions_on(const topo::refactor::UnfinishedOperation& unfinished);
// What ends a query.
[[nodiscard]] std::vector<OfferedAction> actions_on(const topo::StoredLongQuery& query);
// What recovers the replicas of a failed instance.
[[nodiscard]] std::vector<OfferedAction> actions_on(const topo::Analysis& analysis);

// "/db1.example.com/3306", percent-encoded: the part of a route that names an instance.
[[nodiscard]] std::string path_segments(const topo::InstanceKey& key);

}  // namespace orchestrator
