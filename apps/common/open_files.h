// The limit of open files; each connection counts as one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace orchestrator {

// Raises the limit to the maximum that this process may set. Returns the resulting limit.
std::size_t raise_open_files_limit() noexcept;

// Why `limit` is too low, as a sentence with the required number: one connection is kept to each of
// `instances`, and `clients` may be connected at a time. nullopt: the limit is sufficient.
[[nodiscard]] std::optional<std::string> why_too_few_open_files(std::size_t limit, std::size_t instances,
                                                                std::size_t clients);

}  // namespace orchestrator
