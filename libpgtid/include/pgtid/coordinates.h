// Coordinates in a binary or relay log, and their order. Pure values: no server is contacted.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pgtid {

enum class LogType : std::uint8_t { binary = 0, relay = 1 };

// `file` and `position` as SHOW MASTER STATUS and SHOW SLAVE STATUS print them. Equality and order
// ignore `type`: a master's position read through a relay log is still that position.
struct BinlogCoordinates {
  std::string file;
  std::uint64_t position = 0;
  LogType type = LogType::binary;

  [[nodiscard]] bool empty() const noexcept { return file.empty(); }
  // "mysql-bin.000012:345"; ":0" when empty.
  [[nodiscard]] std::string display() const;

  friend bool operator==(const BinlogCoordinates& a, const BinlogCoordinates& b) noexcept {
    return a.position == b.position && a.file == b.file;
  }
  // By file, then position. Files of one log (same text before the last dot) are ordered by number, so
  // that mysql-bin.1000000 follows mysql-bin.999999; files of different logs by that text.
  friend std::strong_ordering operator<=>(const BinlogCoordinates& a, const BinlogCoordinates& b) noexcept;
};

// The order of two log file names, by the rule above.
[[nodiscard]] std::strong_ordering compare_log_files(std::string_view a, std::string_view b) noexcept;

// The name that the files of one log share: "mysql-bin" of "mysql-bin.000012".
[[nodiscard]] std::string_view log_name(std::string_view file) noexcept;

// The name of the log before or after `file`: the digits after its last dot, minus or plus one, padded
// to the same width. nullopt if `file` has no such digits, or for the log before number 0.
[[nodiscard]] std::optional<std::string> previous_log_file(std::string_view file);
[[nodiscard]] std::optional<std::string> next_log_file(std::string_view file);

}  // namespace pgtid
