// Explains to a user what is wrong with a regular expression.
#pragma once

#include <string>

namespace re2 {
class RE2;
}

namespace topo {

// A clause about a pattern that does not compile, such as "it has a ( that no ) closes". RE2's own messages
// name little more than the part where the error was found.
[[nodiscard]] std::string pattern_problem(const re2::RE2& compiled);

}  // namespace topo
