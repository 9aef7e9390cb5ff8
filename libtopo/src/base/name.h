// Names received from servers and users, and their maximum length.
#pragma once

#include <cstddef>
#include <string_view>

namespace topo {

// Maximum length, in characters, of a name in the backend's tables.
inline constexpr std::size_t name_length = 128;

// Position after the first `length` characters of a UTF-8 text; npos: the text has no more characters.
[[nodiscard]] std::size_t end_of_characters(std::string_view text, std::size_t length) noexcept;

// True if the tables can store the name unchanged; a truncated name would name something else.
[[nodiscard]] bool fits_name(std::string_view name) noexcept;

}  // namespace topo
