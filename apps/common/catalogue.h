// The catalogue: all operations, in the order in which help shows them.
#pragma once

#include <string_view>
#include <vector>

#include "common/operation.h"

namespace orchestrator {

using Catalogue = std::vector<Operation>;

[[nodiscard]] const Catalogue& catalogue();

// By name or alias; nullptr: not found.
[[nodiscard]] const Operation* find_operation(std::string_view name);
// The operation with the most similar name, as a suggestion for an unknown name; nullptr: none is similar.
[[nodiscard]] const Operation* nearest_operation(std::string_view name);

// Calls the operation's handler. Before it ends, the process waits for operations that change servers, and
// starts no more of them. Throws topo::Error.
[[nodiscard]] Reply run(const Operation& operation, Session& session, const Arguments& arguments);

// The groups that catalogue() joins; each group is defined in its own file.
[[nodiscard]] Catalogue information_operations();
[[nodiscard]] Catalogue cluster_operations();
[[nodiscard]] Catalogue changing_operations();
[[nodiscard]] Catalogue log_position_operations();
[[nodiscard]] Catalogue unfinished_operations();
[[nodiscard]] Catalogue recovery_operations();
[[nodiscard]] Catalogue maintenance_operations();
[[nodiscard]] Catalogue management_operations();
[[nodiscard]] Catalogue configuration_operations();
[[nodiscard]] Catalogue service_operations();

}  // namespace orchestrator
