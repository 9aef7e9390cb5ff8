// Upper and lower case of ASCII letters, independent of the locale.
#pragma once

#include <string>
#include <string_view>

namespace orchestrator {

[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] bool equal_in_any_case(std::string_view one, std::string_view other) noexcept;

}  // namespace orchestrator
