#include "topo/config/credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/shown_text.h"
#include "config/text_file.h"
#include "topo/base/error.h"

namespace topo::config {
namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return result;
}

// Removes a comment that starts with # outside quotes; in quotes, a backslash escapes the next character.
std::string_view without_comment(std::string_view line) {
  char quote = 0;
  bool escaped = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if ((c == '\'' || c == '"') && !escaped) {
      if (quote == 0) {
        quote = c;
      } else if (quote == c) {
        quote = 0;
      }
    }
    if (quote == 0 && c == '#') return line.substr(0, i);
    escaped = quote != 0 && c == '\\' && !escaped;
  }
  return line;
}

std::optional<char> escape(char c) {
  switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    case 'b': return '\b';
    case 's': return ' ';
    case '"':
    case '\'':
    case '\\': return c;
    default: return std::nullopt;
  }
}

std::string value_of(std::string_view written) {
  auto text = trim(written);
  const bool quoted =
      text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  if (quoted) text = text.substr(1, text.size() - 2);
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto escaped = text[i] == '\\' && i + 1 < text.size() ? escape(text[i + 1]) : std::nullopt;
    value += escaped.value_or(text[i]);
    if (escaped) ++i;
  }
  return value;
}

bool is_include(std::string_view line) {
  return line.starts_with("!include");
}

}  // namespace

Credentials parse_credentials(std::string_view text, const std::string& name,
                              std::vector<std::string>& warnings) {
  Credentials found;
  std::string section;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (is_include(line)) {
      warnings.push_back(
          fmt::format("{}: included files are not read; write user and password into this one", name));
    }
    if (line.empty() || line.front() == '#' || line.front() == ';' || line.front() == '!') continue;
    if (line.front() == '[') {
      const auto close = line.find(']');
      section = close == std::string_view::npos ? "" : lower(trim(line.substr(1, close - 1)));
      continue;
    }
    if (section != "client") continue;
    line = without_comment(line);
    const auto equals = line.find('=');
    const auto key = lower(trim(line.substr(0, equals)));
    const auto value = equals == std::string_view::npos ? std::string() : value_of(line.substr(equals + 1));
    if (key == "user") found.user = value;
    if (key == "password") found.password = value;
  }
  if (found.user.empty()) {
    throw Error(
        Code::invalid_argument,
        fmt::format("{} names no user: expected a section [client] with user=... and password=...", name));
  }
  return found;
}

Credentials read_credentials(const std::string& file, std::string_view key,
                             std::vector<std::string>& warnings) {
  const auto shown = shown_text(file, 300);
  const auto read = read_text_file(file, fmt::format("{} names {}, which cannot be read", key, shown));
  if (!read) {
    throw Error(Code::invalid_argument,
                fmt::format("{} names {}, which does not exist: create it, or correct the name", key, shown));
  }
  auto found = parse_credentials(read->text, shown, warnings);
  if (read->readable_by_others && !found.password.empty())
    warnings.push_back(exposed_password_warning(shown));
  return found;
}

std::string exposed_password_warning(const std::string& file) {
  return fmt::format("{} holds a password and any user of this machine can read it: chmod 600 (or 640) it",
                     file);
}

}  // namespace topo::config
