#include <algorithm>
#include <array>
#include <cctype>
#include <unordered_map>

#include "config/foreign_keys.h"
#include "config/keys.h"
#include "topo/base/edit_distance.h"

namespace topo::config {
namespace {

constexpr std::size_t longest_name = 100;  // longer names are not compared; the comparison is quadratic

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

std::string_view without_unit(std::string_view folded_name) {
  for (const std::string_view unit : {"milliseconds", "seconds", "minutes", "hours", "days"}) {
    if (folded_name.ends_with(unit)) return folded_name.substr(0, folded_name.size() - unit.size());
  }
  return folded_name;
}

// Number of occurrences of each character class in a text.
using Letters = std::array<signed char, 32>;

Letters letters_of(std::string_view text) {
  Letters counts{};
  for (const char c : text) ++counts[static_cast<unsigned char>(c) % counts.size()];
  return counts;
}

// A lower bound of edit_distance().
std::size_t min_distance(const Letters& a, const Letters& b) {
  std::size_t more = 0, less = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const int difference = a[i] - b[i];
    (difference > 0 ? more : less) += static_cast<std::size_t>(std::abs(difference));
  }
  return std::max(more, less);
}

struct Entry {
  std::string_view name;  // as it is written
  std::string folded_name;
  Letters letters;
  const Key* key = nullptr;  // one of the two
  const ForeignKey* foreign = nullptr;
};

const std::vector<Entry>& entries() {
  static const auto all = [] {
    std::vector<Entry> made;
    const auto add = [&](std::string_view name, const Key* key, const ForeignKey* foreign) {
      auto folded_name = folded(name);
      const auto letters = letters_of(folded_name);
      made.push_back({name, std::move(folded_name), letters, key, foreign});
    };
    for (const auto& section : sections()) {
      for (const auto& key : section.keys) add(key.name, &key, nullptr);
    }
    for (const auto& foreign : foreign_keys()) add(foreign.name, nullptr, &foreign);
    return made;
  }();
  return all;
}

const Entry* find(std::string_view name) {
  static const auto by_name = [] {
    std::unordered_map<std::string_view, const Entry*> made;
    for (const auto& entry : entries()) made.emplace(entry.folded_name, &entry);
    return made;
  }();
  if (name.size() > longest_name) return nullptr;
  const auto found = by_name.find(folded(name));
  return found == by_name.end() ? nullptr : found->second;
}

}  // namespace

const Key* find_key(std::string_view name) {
  const auto* entry = find(name);
  return entry == nullptr ? nullptr : entry->key;
}

const ForeignKey* find_foreign_key(std::string_view name) {
  const auto* entry = find(name);
  return entry == nullptr ? nullptr : entry->foreign;
}

std::string_view nearest_name(std::string_view name) {
  if (name.size() > longest_name) return {};
  const auto wanted = folded(name);
  const auto letters = letters_of(wanted);
  const auto stem = without_unit(wanted);
  std::string_view nearest;
  auto least = std::max<std::size_t>(2, wanted.size() / 6) + 1;  // larger distances are not misspellings
  for (const auto& entry : entries()) {
    // A different or missing unit counts as one edit.
    constexpr std::size_t shortest_stem = 8;
    const bool is_same_stem = stem.size() >= shortest_stem && stem == without_unit(entry.folded_name);
    if (!is_same_stem && min_distance(letters, entry.letters) >= least) continue;
    const auto edits = is_same_stem ? 1 : edit_distance(wanted, entry.folded_name);
    if (edits < least && edits < wanted.size()) {
      least = edits;
      nearest = entry.name;
    }
  }
  return nearest;
}

}  // namespace topo::config
