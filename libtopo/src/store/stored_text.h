// Converts texts and numbers of unknown origin to values that a column of either engine accepts.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/name.h"
#include "store/database.h"

namespace topo::store {

// The length of columns, in characters.
inline constexpr std::size_t message_length = 16'000;

// `text` as a value: a question mark for each byte that is not UTF-8, cut to `length` characters. A view of
// `text` itself if nothing changes.
[[nodiscard]] Value stored_text(std::string_view text, std::size_t length = name_length);
// Deleted: for a temporary it would return a dangling view.
template <std::same_as<std::string> Temporary>
Value stored_text(Temporary&& text, std::size_t length = name_length) = delete;
// Like stored_text(), but not cut: for JSON, which a cut would break.
[[nodiscard]] Value stored_whole(std::string text);
// Servers report unsigned 64-bit numbers, columns are signed: larger values become the largest.
[[nodiscard]] Value stored_number(std::uint64_t number);

}  // namespace topo::store
