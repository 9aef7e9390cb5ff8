// Reads a text of GTIDs from left to right, and reports errors with their place.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/shown_text.h"
#include "topo/base/error.h"

namespace topo {

struct GtidText {
  std::string_view text;
  std::string_view kind;  // "set of GTIDs"
  std::size_t at = 0;

  // Throws Error{invalid_argument}.
  [[noreturn]] void fail(std::string_view expected) const {
    constexpr std::size_t shown = 20;
    const auto rest = text.substr(at, shown);
    throw Error(Code::invalid_argument, rest.empty()
                                            ? fmt::format("The {} ends early: expected {}", kind, expected)
                                            : fmt::format("Not a {} at character {}, \"{}\": expected {}",
                                                          kind, at + 1, shown_text(rest), expected));
  }
  [[nodiscard]] bool at_end() const { return at == text.size(); }
  void skip_blanks() { at = std::min(text.find_first_not_of(" \t\r\n", at), text.size()); }
};

}  // namespace topo
