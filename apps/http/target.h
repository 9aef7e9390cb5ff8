// Target: the parsed path and query of a request.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orchestrator {

// Longer or deeper targets match no route of ours.
inline constexpr std::size_t longest_target = 8192;
inline constexpr std::size_t max_segments = 16;

struct Target {
  std::vector<std::string>
      segments;  // decoded one by one after the path is split: a segment may contain a slash
  std::vector<std::pair<std::string, std::string>> query;
};

// "/api/cluster/db1%3A3306/?x=y". One slash at the end is ignored. A plus stays a plus in the path, as
// clients of orchestrator rely on, and is a blank in the query. nullopt for an invalid path: it does not
// begin with a slash, is too long or too deep, or has a percent sign that is not followed by two hexadecimal
// digits or that encodes NUL.
[[nodiscard]] std::optional<Target> parse_target(std::string_view text);

}  // namespace orchestrator
