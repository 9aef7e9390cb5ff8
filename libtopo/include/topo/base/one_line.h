// Text of unknown origin, made fit for a line of a log, of a file or on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace topo {

// `text` with a blank for each tab and line break, and a question mark for each other control character (C1
// ones, too), each character that changes the direction of writing, and each byte that is not UTF-8: it can
// neither begin a line of its own nor tell a terminal anything.
[[nodiscard]] std::string one_line(std::string_view text);

}  // namespace topo
