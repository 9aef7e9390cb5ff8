// Text of unknown origin, made fit for a message.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace topo {

// `text` with a question mark for each control character, each that changes the direction of writing, and
// each byte that is not UTF-8, cut to `most` bytes followed by "..." where it is longer.
[[nodiscard]] std::string shown_text(std::string_view text, std::size_t most = 80);

// Where the first byte stands that is not part of well-formed UTF-8; npos: nowhere.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text, std::size_t from = 0) noexcept;

}  // namespace topo
