// Makes text of unknown origin safe for a log line, a file line or a terminal.
#pragma once

#include <string>
#include <string_view>

namespace topo {

// Replaces each tab and line break by a blank, and by a question mark each other control character (C1
// included), each character that changes the writing direction and each byte that is not UTF-8. The result
// can neither start a new line nor send a control sequence to a terminal.
[[nodiscard]] std::string one_line(std::string_view text);

}  // namespace topo
