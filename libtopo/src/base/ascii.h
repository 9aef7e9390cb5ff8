// Characters, whatever the locale.
#pragma once

#include <algorithm>
#include <string_view>

namespace topo {

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

[[nodiscard]] constexpr bool equal_without_case(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::ranges::equal(one, other, {}, lower, lower);
}

}  // namespace topo
