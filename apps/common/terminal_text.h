// Text for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace orchestrator {

// `text` with its line breaks and tabs kept, and topo::one_line applied between them.
[[nodiscard]] std::string fit_for_terminal(std::string_view text);

}  // namespace orchestrator
