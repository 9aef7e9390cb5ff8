// The catalogue: all operations, in the order in which help shows them.
#pragma once

#include <string_view>
#include <vector>

#include "common/operation.h"

namespace orchestrator {

using Catalogue = std::vector<Operation>;

[[nodiscard]] const Catalogue& catalogue();

// By name or alias; nullptr: there is none.
[[nodiscard]] const Operation* find_operation(std::string_view name);
// The operation whose name is the most similar, to suggest it for one that does not exist; nullptr: nothing
// is near.
[[nodiscard]] const Operation* nearest_operation(std::string_view name);

// Calls its handler; a process that is to end waits for those that change servers, and begins no more of
// them. Throws topo::Error.
[[nodiscard]] Reply run(const Operation& operation, Session& session, const Arguments& arguments);

// The groups that catalogue() joins; each is defined in a file of its own.
[[nodiscard]] Catalogue information_operations();
[[nodiscard]] Catalogue cluster_operations();
[[nodiscard]] Catalogue refactoring_operations();
[[nodiscard]] Catalogue matching_operations();
[[nodiscard]] Catalogue log_place_operations();
[[nodiscard]] Catalogue unfinished_operations();
[[nodiscard]] Catalogue recovery_operations();
[[nodiscard]] Catalogue replication_operations();
[[nodiscard]] Catalogue maintenance_operations();
[[nodiscard]] Catalogue management_operations();
[[nodiscard]] Catalogue configuration_operations();
[[nodiscard]] Catalogue service_operations();

}  // namespace orchestrator
