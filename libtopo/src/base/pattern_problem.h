// What is wrong with a regular expression, for who wrote it.
#pragma once

#include <string>

namespace re2 {
class RE2;
}

namespace topo {

// A clause, as in "it has a ( that no ) closes", about one that does not compile. The library's own words
// name little more than the part where it noticed.
[[nodiscard]] std::string pattern_problem(const re2::RE2& compiled);

}  // namespace topo
