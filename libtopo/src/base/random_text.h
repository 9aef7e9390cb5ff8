// Text that nobody can guess.
#pragma once

#include <cstddef>
#include <string>

namespace topo {

// Twice as many hexadecimal digits. Throws Error{refused} when the system gives no random bytes.
[[nodiscard]] std::string random_hex(std::size_t bytes);

}  // namespace topo
