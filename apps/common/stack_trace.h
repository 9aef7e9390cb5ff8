// Stack traces: where an error was thrown, as function names.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace orchestrator {

// A line for each return address: the function, as C++ writes it, and the offset in it; the library's name
// where the library has no symbols, and the address where nothing is known. Functions of this program have
// names unless its file was stripped; inlined functions do not appear.
[[nodiscard]] std::vector<std::string> describe_stack(std::span<void* const> addresses);

}  // namespace orchestrator
