// What Pseudo-GTID injection writes beside its entries.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace topo::refactor {

// For pgtid::MatchOptions: tells the changes of the table that DetectPseudoGTIDQuery reads, which injection
// keeps up to date, from all others. An empty query, or one without a table, makes a function that knows
// none.
[[nodiscard]] std::function<bool(std::string_view)> changes_of_injection(std::string_view detect_query);

}  // namespace topo::refactor
