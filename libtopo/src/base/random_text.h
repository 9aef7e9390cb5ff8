// Unpredictable random text.
#pragma once

#include <cstddef>
#include <string>

namespace topo {

// Returns 2 * `bytes` hexadecimal digits. Throws Error{refused} when the system provides no random bytes.
[[nodiscard]] std::string random_hex(std::size_t bytes);

}  // namespace topo
