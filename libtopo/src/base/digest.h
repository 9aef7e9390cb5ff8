// Digests of texts.
#pragma once

#include <string>
#include <string_view>

namespace topo {

// SHA-256, in lower-case hexadecimal digits.
[[nodiscard]] std::string sha256_hex(std::string_view text);

}  // namespace topo
