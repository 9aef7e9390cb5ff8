// Names that come from servers and people, and how long they may be.
#pragma once

#include <cstddef>
#include <string_view>

namespace topo {

// The most characters of a name that the backend's tables hold.
inline constexpr std::size_t name_length = 128;

// Where the character after the first `length` ones of a UTF-8 text begins; npos: there are no more.
[[nodiscard]] std::size_t end_of_characters(std::string_view text, std::size_t length) noexcept;

// Whether the text is a name that the tables hold as it is: anything else would name something else there.
[[nodiscard]] bool fits_name(std::string_view name) noexcept;

}  // namespace topo
