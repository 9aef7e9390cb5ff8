// Bytes as hexadecimal digits.
#pragma once

#include <span>
#include <string>

namespace topo {

// Two lower-case digits per byte.
[[nodiscard]] std::string to_hex(std::span<const unsigned char> bytes);

}  // namespace topo
