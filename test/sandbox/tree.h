// The picture of a topology as text: "a > b > c, a > d".
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

// Chains separated by commas or line ends; in "a > b" b replicates from a, in "a <> b" each from the other.
// A name alone is a server without master. Servers come in the order in which they are first named. Throws
// topo::Error{invalid_argument} for an empty text or name, a name of other characters than letters, digits,
// '-', '_' and '.', a server that would replicate from itself or from two masters.
[[nodiscard]] std::vector<TreeServer> parse_tree(std::string_view text);

// Where writes belong: the servers without master, and of each ring the one named first.
[[nodiscard]] std::vector<std::string> roots(const std::vector<TreeServer>& tree);

}  // namespace sandbox
