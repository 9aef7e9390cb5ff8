// The distance between two names, to suggest one for a misspelling.
#pragma once

#include <cstddef>
#include <string_view>

namespace topo {

// The number of characters to insert, delete, replace or swap with their neighbour. Takes a time proportional
// to the product of both lengths.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace topo
