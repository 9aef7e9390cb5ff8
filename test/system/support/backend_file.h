// Backends that are SQLite files, changed behind the program's back.
#pragma once

#include <filesystem>
#include <string>

namespace system_test {

// Waits for the lock of another process for some seconds. A failure fails the test.
void execute_in(const std::filesystem::path& file, const std::string& sql);

// Whether no other process holds it locked for writing just now.
[[nodiscard]] bool is_writable_now(const std::filesystem::path& file);

}  // namespace system_test
