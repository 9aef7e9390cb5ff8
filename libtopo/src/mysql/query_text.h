// The text of a query, as far as it tells something without a server.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topo/mysql/connection.h"

namespace topo::mysql {

// Of SQL as servers read it by default: strings in either quotes, names in backquotes, three kinds of
// comments.
struct QueryText {
  std::vector<std::string> statements;  // not empty, without comments and without what is quoted
  std::string unclosed;  // what is not closed at the end, such as "a string in single quotes"; "": nothing
  bool has_executed_comment = false;  // such as /*!50600 x */, which servers take for text
};
[[nodiscard]] QueryText parse_query_text(std::string_view text);

// In upper case: "SELECT", also of "(select 1)"; "" when a statement of those begins with none.
[[nodiscard]] std::string first_word(std::string_view statement);

// Why the query is not one that reads, by its words: "it has a statement that begins with DROP". What is not
// known to read does not.
[[nodiscard]] std::optional<std::string> why_not_to_read(std::string_view query);

// Has the server prepare the query, which executes nothing; why it does not, without the end of its message.
// nullopt: it does, or statements of that kind cannot be prepared. Throws SqlError when the connection is
// lost.
[[nodiscard]] std::optional<std::string> why_not_prepared(Connection& connection, std::string_view query);

// Whether the query, which can be prepared, returns a single column; false: more, or the server does not tell
// without executing it.
[[nodiscard]] bool has_single_column(Connection& connection, std::string_view query);

}  // namespace topo::mysql
