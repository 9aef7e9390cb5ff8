// Characters, whatever the locale.
#pragma once

namespace topo {

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

}  // namespace topo
