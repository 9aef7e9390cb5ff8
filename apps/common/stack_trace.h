// Stack traces: where an error was thrown, in names of functions.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace orchestrator {

// A line for each return address: the function, as C++ writes it, and how far into it; the name of a library
// where that has no names, and the address where nothing is known. Functions of this program have names
// unless its file was stripped; those that the compiler has put into others are not told.
[[nodiscard]] std::vector<std::string> describe_stack(std::span<void* const> addresses);

}  // namespace orchestrator
