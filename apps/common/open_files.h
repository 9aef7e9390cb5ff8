// The limit of open files, of which each connection is one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace orchestrator {

// Raises it as far as this process may. Returns what it is then.
std::size_t raise_open_files_limit() noexcept;

// Why `limit` is too low, in a sentence with the number that it should be: a connection is kept to each of
// `instances`, and `clients` may be connected at a time. nullopt: it is enough.
[[nodiscard]] std::optional<std::string> why_too_few_open_files(std::size_t limit, std::size_t instances,
                                                                std::size_t clients);

}  // namespace orchestrator
