// Target: the path and query of a request, taken apart.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orchestrator {

// More is no request of ours.
inline constexpr std::size_t longest_target = 8192;
inline constexpr std::size_t most_segments = 16;

struct Target {
  std::vector<std::string>
      segments;  // decoded one by one, after the path was split: a segment may hold a slash
  std::vector<std::pair<std::string, std::string>> query;
};

// "/api/cluster/db1%3A3306/?x=y". One slash at the end counts for nothing. A plus stays one in the path, as
// clients of orchestrator rely on, and is a blank in the query. nullopt for what is not a path: it does not
// begin with a slash, is too long or too deep, or has a percent sign without two hexadecimal digits or one
// that stands for a NUL.
[[nodiscard]] std::optional<Target> parse_target(std::string_view text);

}  // namespace orchestrator
