// The text of a query, as far as it tells something without a server.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "topo/mysql/connection.h"

namespace topo::mysql {

// Of SQL as servers read it by default: strings in either quotes, names in backquotes, three kinds of
// comments.
struct QueryText {
  std::size_t statements = 0;  // that are not empty
  std::string unclosed;    // what is not closed at the end, such as "a string in single quotes"; "": nothing
  std::string first_word;  // in upper case, that of what it does: "SELECT"; "" if it begins with none
};
[[nodiscard]] QueryText parse_query_text(std::string_view text);

// Has the server prepare the query, which executes nothing; why it does not, without the end of its message.
// nullopt: it does, or statements of that kind cannot be prepared. Throws SqlError when the connection is
// lost.
[[nodiscard]] std::optional<std::string> why_not_prepared(Connection& connection, std::string_view query);

// Whether the query, which can be prepared, returns a single column; false: more, or the server does not tell
// without executing it.
[[nodiscard]] bool has_single_column(Connection& connection, std::string_view query);

}  // namespace topo::mysql
