// The textual form of a topology: "a > b > c, a > d".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sandbox {

struct TreeServer {
  std::string name;
  std::optional<std::string> master{};

  friend bool operator==(const TreeServer&, const TreeServer&) = default;
};

// Paths separated by commas or line ends; in "a > b" b replicates from a, in "a <> b" both replicate from
// each other. A name alone is a server without a master. Servers are returned in the order of their first
// mention. Throws topo::Error{invalid_argument} for an empty text or name, a name with characters other than
// letters, digits, '-', '_' and '.', a server that would replicate from itself or from two masters.
[[nodiscard]] std::vector<TreeServer> parse_tree(std::string_view text);

// The servers that accept writes: those without a master, and of each loop the one named first.
[[nodiscard]] std::vector<std::string> roots(const std::vector<TreeServer>& tree);

}  // namespace sandbox
