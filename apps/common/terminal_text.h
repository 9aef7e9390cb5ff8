// Text for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace orchestrator {

// `text` with its lines and tabs, and topo::one_line of what is between them.
[[nodiscard]] std::string fit_for_terminal(std::string_view text);

}  // namespace orchestrator
