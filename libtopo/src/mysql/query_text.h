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
  std::size_t statements = 0;  // that are not empty
  std::string unclosed;  // what is not closed at the end, such as "a string in single quotes"; "": nothing
  // In upper case, that of each statement: "SELECT"; "" of one that begins with none.
  std::vector<std::string> first_words;
};
[[nodiscard]] QueryText parse_query_text(std::string_view text);

// Why the query is not one that reads, as far as its words tell: "it has a statement that begins with DROP".
[[nodiscard]] std::optional<std::string> why_not_to_read(std::string_view query);

// Has the server prepare the query, which executes nothing; why it does not, without the end of its message.
// nullopt: it does, or statements of that kind cannot be prepared. Throws SqlError when the connection is
// lost.
[[nodiscard]] std::optional<std::string> why_not_prepared(Connection& connection, std::string_view query);

// Whether the query, which can be prepared, returns a single column; false: more, or the server does not tell
// without executing it.
[[nodiscard]] bool has_single_column(Connection& connection, std::string_view query);

}  // namespace topo::mysql
