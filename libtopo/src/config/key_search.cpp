#include <algorithm>
#include <cctype>
#include <map>

#include "config/keys.h"

namespace topo::config {
namespace {

constexpr std::size_t longest_name = 100;  // of a key that is looked for; comparing is quadratic

std::string folded(std::string_view name) {
  std::string result;
  for (const char c : name) result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::string_view replica = "replica";
  for (auto at = result.find(replica); at != std::string::npos; at = result.find(replica, at)) {
    // Not the "replica" of "replication".
    if (result.compare(at + replica.size(), 4, "tion") == 0) {
      at += replica.size();
    } else {
      result.replace(at, replica.size(), "slave");
    }
  }
  return result;
}

const std::map<std::string, const Key*, std::less<>>& by_folded_name() {
  static const auto all = [] {
    std::map<std::string, const Key*, std::less<>> keys;
    for (const auto& section : sections()) {
      for (const auto& key : section.keys) keys.emplace(folded(key.name), &key);
    }
    return keys;
  }();
  return all;
}

// Edits (a character more, less, other, or two swapped) that make `a` of `b`.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) next[j] = std::min(next[j], before[j - 2] + 1);
    }
    std::swap(before, row);
    std::swap(row, next);
  }
  return row.back();
}

}  // namespace

const Key* find_key(std::string_view name) {
  if (name.size() > longest_name) return nullptr;
  const auto found = by_folded_name().find(folded(name));
  return found == by_folded_name().end() ? nullptr : found->second;
}

const Key* nearest_key(std::string_view name) {
  if (name.size() > longest_name) return nullptr;
  const auto wanted = folded(name);
  const Key* nearest = nullptr;
  auto least = std::max<std::size_t>(2, wanted.size() / 3) + 1;  // farther ones have nothing in common
  for (const auto& [folded_name, key] : by_folded_name()) {
    const auto d = distance(wanted, folded_name);
    if (d < least && d < wanted.size()) {
      least = d;
      nearest = key;
    }
  }
  return nearest;
}

}  // namespace topo::config
