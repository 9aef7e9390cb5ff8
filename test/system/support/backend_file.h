// Changes to SQLite backends without the program's knowledge.
#pragma once

#include <filesystem>
#include <string>

namespace system_test {

// Waits some seconds for the lock of another process. An error fails the test.
void execute_in(const std::filesystem::path& file, const std::string& sql);

// Whether no other process has it locked for writing now.
[[nodiscard]] bool is_writable_now(const std::filesystem::path& file);

}  // namespace system_test
