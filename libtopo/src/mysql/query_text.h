// Analyzes the text of a query without a server.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topo/mysql/connection.h"

namespace topo::mysql {

// SQL in the default sql_mode: strings in single or double quotes, names in backquotes, three kinds of
// comments.
struct QueryText {
  std::vector<std::string> statements;  // non-empty statements, without comments and quoted text
  std::string unclosed;  // what is not closed, such as "a string in single quotes"; "": all is closed
  bool has_executed_comment = false;  // such as /*!50600 x */, which servers execute
};
[[nodiscard]] QueryText parse_query_text(std::string_view text);

// In upper case: "SELECT", also for "(select 1)"; "" if the statement does not start with a word.
[[nodiscard]] std::string first_word(std::string_view statement);

// Why the query is not read-only, by its keywords: "it has a statement that begins with DROP". Unknown
// statements count as not read-only.
[[nodiscard]] std::optional<std::string> why_not_to_read(std::string_view query);

// Prepares the query on the server without executing it. Returns the server's reason for rejecting the query;
// nullopt: the query is valid, or statements of this kind cannot be prepared. Throws SqlError when the
// connection is lost.
[[nodiscard]] std::optional<std::string> why_not_prepared(Connection& connection, std::string_view query);

// True if the query, which can be prepared, returns a single column; false: several columns, or unknown
// without executing the query.
[[nodiscard]] bool has_single_column(Connection& connection, std::string_view query);

}  // namespace topo::mysql
