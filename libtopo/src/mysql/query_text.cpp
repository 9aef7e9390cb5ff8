#include "mysql/query_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace topo::mysql {
namespace {

// Behind what begins at `at`, a quote; npos: it does not end.
std::size_t after_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (auto i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quote != '`') {
      ++i;
    } else if (text[i] == quote) {
      if (i + 1 == text.size() || text[i + 1] != quote) return i + 1;
      ++i;  // doubled, it is one of the text
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

std::string word_at(std::string_view text) {
  std::string word;
  for (const char c : text) {
    if (!is_letter(c)) break;
    word += c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return word;
}

}  // namespace

QueryText parse_query_text(std::string_view text) {
  QueryText result;
  bool has_text = false;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const auto rest = text.substr(at);
    if (c == '\'' || c == '"' || c == '`') {
      if (!has_text) result.first_words.emplace_back();
      has_text = true;
      at = after_quoted(text, at);
      if (at == std::string_view::npos) {
        result.unclosed = name_of(c);
        break;
      }
    } else if (begins_line_comment(rest)) {
      const auto end = rest.find('\n');
      at = end == std::string_view::npos ? text.size() : at + end + 1;
    } else if (rest.starts_with("/*")) {
      const auto end = rest.find("*/", 2);
      if (end == std::string_view::npos) {
        result.unclosed = "a comment";
        break;
      }
      at += end + 2;
    } else {
      const bool is_first = !has_text && static_cast<unsigned char>(c) > ' ' && c != ';';
      if (is_first && c == '(') {  // "(SELECT …"
        ++at;
        continue;
      }
      if (is_first) result.first_words.push_back(word_at(rest));
      if (c == ';') result.statements += has_text ? 1 : 0;
      has_text = c != ';' && (has_text || is_first);
      ++at;
    }
  }
  result.statements += has_text ? 1 : 0;
  return result;
}

std::optional<std::string> why_not_to_read(std::string_view query) {
  constexpr std::array changing{"ALTER", "CHANGE", "COMMIT",   "CREATE",    "DELETE", "DROP",   "FLUSH",
                                "GRANT", "IMPORT", "INSERT",   "INSTALL",   "KILL",   "LOAD",   "OPTIMIZE",
                                "PURGE", "RENAME", "REPAIR",   "REPLACE",   "RESET",  "REVOKE", "SHUTDOWN",
                                "STOP",  "START",  "TRUNCATE", "UNINSTALL", "UPDATE"};
  for (const auto& word : parse_query_text(query).first_words) {
    if (std::ranges::find(changing, word) != changing.end())
      return fmt::format("it has a statement that begins with {}", word);
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
  // The parts of a union have as many columns; a comment at the end of the query ends with its line.
  return !why_not_prepared(connection, fmt::format("SELECT 1 UNION ALL ({}\n)", query.substr(0, end + 1)));
}

}  // namespace topo::mysql
