#include "mysql/query_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/shown_text.h"

namespace topo::mysql {
namespace {

// Position after the quoted text that starts at `at`; npos: it is not closed.
std::size_t after_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (auto i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quote != '`') {
      ++i;
    } else if (text[i] == quote) {
      if (i + 1 == text.size() || text[i + 1] != quote) return i + 1;
      ++i;  // a doubled quote is part of the text
    }
  }
  return std::string_view::npos;
}

std::string_view name_of(char quote) {
  if (quote == '`') return "a name in backquotes";
  return quote == '"' ? "a string in double quotes" : "a string in single quotes";
}

bool begins_line_comment(std::string_view rest) {
  if (rest.starts_with('#')) return true;
  return rest.starts_with("--") && (rest.size() == 2 || rest[2] <= ' ');
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_blank(char c) {
  return static_cast<unsigned char>(c) <= ' ';
}

std::string upper_word(std::string_view text) {
  std::string word;
  for (const char c : text) {
    if (!is_letter(c)) break;
    word += c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return word;
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// True for a user variable such as "@lag", false for a server variable.
bool is_of_user_variable(std::string_view assignment) {
  return assignment.starts_with('@') && !assignment.starts_with("@@");
}

// For SET statements such as: SET @a = (SELECT 1, 2), @b = 1
bool sets_user_variables(std::string_view statement) {
  int depth = 0;
  std::string_view rest = statement.substr(3);
  for (std::size_t i = 0, begin = 0; i <= rest.size(); ++i) {
    const char c = i < rest.size() ? rest[i] : ',';
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c != ',' || depth > 0) continue;
    if (!is_of_user_variable(without_blanks(rest.substr(begin, i - begin)))) return false;
    begin = i + 1;
  }
  return true;
}

}  // namespace

std::string first_word(std::string_view statement) {
  while (!statement.empty() && (is_blank(statement.front()) || statement.front() == '('))
    statement.remove_prefix(1);
  return upper_word(statement);
}

QueryText parse_query_text(std::string_view text) {
  QueryText result;
  std::string statement;
  const auto end_statement = [&] {
    if (const auto whole = without_blanks(statement); !whole.empty()) result.statements.emplace_back(whole);
    statement.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const auto rest = text.substr(at);
    if (c == '\'' || c == '"' || c == '`') {
      statement.append(2, c);
      at = after_quoted(text, at);
      if (at == std::string_view::npos) {
        result.unclosed = name_of(c);
        break;
      }
    } else if (begins_line_comment(rest)) {
      const auto end = rest.find('\n');
      statement += ' ';
      at = end == std::string_view::npos ? text.size() : at + end + 1;
    } else if (rest.starts_with("/*")) {
      result.has_executed_comment =
          result.has_executed_comment || rest.starts_with("/*!") || rest.starts_with("/*M!");
      const auto end = rest.find("*/", 2);
      if (end == std::string_view::npos) {
        result.unclosed = "a comment";
        break;
      }
      statement += ' ';
      at += end + 2;
    } else {
      if (c == ';')
        end_statement();
      else
        statement += c;
      ++at;
    }
  }
  end_statement();
  return result;
}

std::optional<std::string> why_not_to_read(std::string_view query) {
  constexpr std::array reading{"SELECT",  "WITH",     "VALUES",   "TABLE", "SHOW", "DESC",
                               "EXPLAIN", "DESCRIBE", "CHECKSUM", "CALL",  "DO",   "SET"};
  const auto text = parse_query_text(query);
  if (text.has_executed_comment) return "it has a comment that servers execute (/*! */)";
  for (const auto& statement : text.statements) {
    const auto word = first_word(statement);
    if (std::ranges::find(reading, word) == reading.end()) {
      return fmt::format("it has a statement that begins with {}",
                         word.empty() ? fmt::format("\"{}\"", shown_text(statement, 20)) : word);
    }
    if (word == "SET" && !sets_user_variables(statement))
      return "it sets something other than a user variable (@name)";
  }
  return std::nullopt;
}

std::optional<std::string> why_not_prepared(Connection& connection, std::string_view query) {
  constexpr unsigned not_preparable = 1295;
  try {
    connection.query("PREPARE orchestrator_checked FROM " + connection.quoted(query));
    connection.query("DEALLOCATE PREPARE orchestrator_checked");
    return std::nullopt;
  } catch (const SqlError& error) {
    if (error.connection_lost()) throw;
    return error.number() == not_preparable ? std::nullopt : std::optional(error.reason());
  }
}

bool has_single_column(Connection& connection, std::string_view query) {
  const auto end = query.find_last_not_of("; \t\r\n");
  if (end == std::string_view::npos) return false;
  // All parts of a union need the same number of columns; the newline ends a trailing comment of the query.
  return !why_not_prepared(connection, fmt::format("SELECT 1 UNION ALL ({}\n)", query.substr(0, end + 1)));
}

}  // namespace topo::mysql
