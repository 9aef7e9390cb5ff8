#include "topo/base/read_failure.h"

#include <algorithm>
#include <array>

namespace topo {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 5> failure_names{"", "unknown", "no-answer", "answered", "local"};

}  // namespace

std::string_view to_string(ReadFailure failure) noexcept {
  return failure_names[static_cast<std::size_t>(failure)];
}

ReadFailure read_failure_from(std::string_view text) noexcept {
  const auto* const found = std::find(failure_names.begin(), failure_names.end(), text);
  if (found == failure_names.end()) return ReadFailure::unknown;
  return static_cast<ReadFailure>(found - failure_names.begin());
}

}  // namespace topo
