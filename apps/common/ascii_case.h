// Upper and lower case of ASCII letters, and blanks, independent of the locale.
#pragma once

#include <string>
#include <string_view>

namespace orchestrator {

[[nodiscard]] std::string lower(std::string_view text);
// Without blanks, tabs and line ends at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;
[[nodiscard]] bool contains_in_any_case(std::string_view text, std::string_view part);
[[nodiscard]] bool equal_in_any_case(std::string_view one, std::string_view other) noexcept;

}  // namespace orchestrator
