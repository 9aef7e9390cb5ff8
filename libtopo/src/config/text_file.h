// Reads hand-written files: limits their size and checks that they are text.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace topo::config {

struct TextFile {
  std::string text;                 // UTF-8, without byte order mark
  bool readable_by_others = false;  // by any user of this machine
};

// nullopt: no such file. Throws Error{invalid_argument} with "`complaint`: why" for files that
// read_regular_file() cannot read, and like check_text().
[[nodiscard]] std::optional<TextFile> read_text_file(const std::filesystem::path& file,
                                                     std::string_view complaint);

// Removes a byte order mark. Throws Error{invalid_argument} with `name` and the line for NUL bytes and
// invalid UTF-8.
[[nodiscard]] std::string check_text(std::string text, const std::string& name);

struct Position {
  std::size_t line, column;  // from 1; columns are characters
};
[[nodiscard]] Position position_of(std::string_view text, std::size_t offset);

}  // namespace topo::config
