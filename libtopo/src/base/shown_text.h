// Makes text of unknown origin safe for a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace topo {

// Replaces control characters, characters that change the writing direction and bytes that are not UTF-8 by
// question marks. Longer text is cut to `most` bytes and ends in "...".
[[nodiscard]] std::string shown_text(std::string_view text, std::size_t most = 80);

// Position of the first byte at or after `from` that is not part of well-formed UTF-8; npos: none.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text, std::size_t from = 0) noexcept;

}  // namespace topo
