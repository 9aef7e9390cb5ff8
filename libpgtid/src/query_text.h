// Statements as servers show them in their logs, and what of that is a server's own.
#pragma once

#include <string>
#include <string_view>

namespace pgtid {

// Without xids, settings and comments that servers add. May be in `space`, else in `sql`.
[[nodiscard]] std::string_view without_additions(std::string_view sql, std::string& space);

// A statement without additions in the form in which all servers show it: names of character sets as they are
// now, bytes that are no UTF-8 as ?, and DROP TABLE without the IF EXISTS that MariaDB adds.
[[nodiscard]] std::string_view common_form(std::string_view sql, std::string& space);

// It changes nothing that another server must have: temporary tables, whose end each server logs in its own
// words or not at all, tables in memory that were emptied by a restart, upkeep of tables.
[[nodiscard]] bool is_optional(std::string_view sql);

// It makes, changes or takes away something that is no row: a statement in logs of rows, too.
[[nodiscard]] bool is_definition(std::string_view sql);

// Without the name of the file that LOAD DATA reads, which each server has elsewhere.
[[nodiscard]] std::string_view without_loaded_file(std::string_view sql, std::string& space);

}  // namespace pgtid
