// Splits a text at a separator.
#pragma once

#include <string_view>

namespace orchestrator {

// Calls `take` with each part of `text` between separators, until it returns false. False: it did.
template <typename Take>
bool split(std::string_view text, char separator, Take take) {
  for (;;) {
    const auto end = text.find(separator);
    if (!take(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace orchestrator
