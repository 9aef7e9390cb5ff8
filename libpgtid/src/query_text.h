// The text of statements in binary logs, and the parts of it that are specific to a server.
#pragma once

#include <string>
#include <string_view>

namespace pgtid {

// Removes xids, settings and comments that servers add. The result refers to `space` or `sql`.
[[nodiscard]] std::string_view without_additions(std::string_view sql, std::string& space);

// Converts a statement without additions to a form common to all servers: current names of character sets,
// bytes that are not UTF-8 as ?, and DROP TABLE without the IF EXISTS that MariaDB adds.
[[nodiscard]] std::string_view common_form(std::string_view sql, std::string& space);

// The statement changes no data that other servers must have: it drops temporary tables (logged differently
// or not at all by each server), empties MEMORY tables after a restart, or maintains tables.
[[nodiscard]] bool is_optional(std::string_view sql);

// The statement is a definition (DDL or a grant), which row-based logs contain as a statement, too.
[[nodiscard]] bool is_definition(std::string_view sql);

// Removes the name of the file that LOAD DATA reads: its path differs between servers.
[[nodiscard]] std::string_view without_loaded_file(std::string_view sql, std::string& space);

}  // namespace pgtid
