// Backends that are SQLite files, changed behind the program's back.
#pragma once

#include <filesystem>
#include <string>

namespace system_test {

// Waits for the lock of another process for some seconds. A failure fails the test.
void execute_in(const std::filesystem::path& file, const std::string& sql);

}  // namespace system_test
