// Texts and numbers of unknown origin, made such that a column of either engine takes them.
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
// `text` itself where nothing has to be changed.
[[nodiscard]] Value stored_text(std::string_view text, std::size_t length = name_length);
// Of a temporary it would be a view of what is gone.
template <std::same_as<std::string> Temporary>
Value stored_text(Temporary&& text, std::size_t length = name_length) = delete;
// As above, not cut: for JSON, which a cut would spoil.
[[nodiscard]] Value stored_whole(std::string text);
// Servers count in 64 bits without a sign, columns are read with one: what is larger is the largest.
[[nodiscard]] Value stored_number(std::uint64_t number);

}  // namespace topo::store
