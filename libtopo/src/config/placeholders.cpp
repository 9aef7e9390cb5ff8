#include "config/placeholders.h"

#include <algorithm>

namespace topo::config {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_name(std::string_view text) {
  return !text.empty() && is_letter(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

std::size_t count(bool before_recovery) {
  return before_recovery ? placeholders_before_recovery : placeholders.size();
}

bool is_known(std::string_view name, bool before_recovery) {
  const auto* end = placeholders.begin() + count(before_recovery);
  return std::find(placeholders.begin(), end, name) != end;
}

}  // namespace

std::vector<std::string> unknown_placeholders(std::string_view command, bool before_recovery) {
  std::vector<std::string> unknown;
  for (auto open = command.find('{'); open != std::string_view::npos; open = command.find('{', open + 1)) {
    const auto close = command.find_first_of("{}", open + 1);
    if (close == std::string_view::npos) break;
    const auto name = command.substr(open + 1, close - open - 1);
    const bool is_of_shell = open > 0 && command[open - 1] == '$';
    if (command[close] == '{' || is_of_shell || !is_name(name) || is_known(name, before_recovery)) continue;
    if (std::ranges::find(unknown, name) == unknown.end()) unknown.emplace_back(name);
  }
  return unknown;
}

std::string known_placeholders(bool before_recovery) {
  std::string list;
  for (std::size_t i = 0; i < count(before_recovery); ++i)
    list.append(i == 0 ? "{" : ", {").append(placeholders[i]).append("}");
  return list;
}

}  // namespace topo::config
