// The table of configuration keys, used to read, check, print and document a Configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "topo/config/configuration.h"

namespace topo::config {

using Member = std::variant<bool Configuration::*, int Configuration::*, std::uint16_t Configuration::*,
                            std::int64_t Configuration::*, std::chrono::milliseconds Configuration::*,
                            std::chrono::seconds Configuration::*, std::chrono::minutes Configuration::*,
                            std::chrono::hours Configuration::*, std::chrono::days Configuration::*,
                            std::string Configuration::*, std::vector<std::string> Configuration::*,
                            std::map<std::string, std::string> Configuration::*>;

// Constraints on a value beyond its type.
struct Range {  // required for every number, in the unit of the key
  std::int64_t least, most;
};
struct OneOf {  // case-insensitive, stored as spelled here; `also` maps alternative spellings
  std::vector<std::string_view> values;
  std::vector<std::pair<std::string_view, std::string_view>> also = {};
};
struct Pattern {  // RE2 syntax: a string that may be empty, each item of a list, each name in a map
  bool with_group = false;
};
struct Address {};         // host:port or unix:/path to listen on
struct HostName {};        // a server's host, without port; "": none
struct UrlPrefix {};       // a path; trailing slashes are removed
struct ClusterFilters {};  // a list in the format of topo/config/cluster_filter.h
struct Query {};           // SQL for monitored servers; "": none
struct HookCommands {      // a list of shell commands
  bool before_recovery = false;
};
struct DataFile {};     // file name of a database; "": the default
struct PrivateFile {};  // file name of a file with a secret; "": none
using Rule = std::variant<std::monostate, Range, OneOf, Pattern, Address, HostName, UrlPrefix, ClusterFilters,
                          Query, HookCommands, DataFile, PrivateFile>;

struct Key {
  std::string_view name;
  Member member;
  std::string_view meaning;
  Rule rule = {};
  bool secret = false;              // the value is never displayed
  bool at_start = false;            // a change needs a restart
  std::string_view no_effect = {};  // why the key has no effect in this version; "": it has an effect
  bool guards = false;              // for a key without effect: users rely on its protection
};

// Marks a key whose changes need a restart.
[[nodiscard]] inline Key at_start(Key key) {
  key.at_start = true;
  return key;
}

// Marks a key that has no effect in this version.
[[nodiscard]] inline Key without_effect(Key key, std::string_view why, bool guards = false) {
  key.no_effect = why;
  key.guards = guards;
  return key;
}

struct Section {
  std::string_view title;
  std::vector<Key> keys;
};

// In the order of the reference.
[[nodiscard]] std::span<const Section> sections();

// Case-insensitive, and accepts Replica for Slave. nullptr: unknown.
[[nodiscard]] const Key* find_key(std::string_view name);
// The key of this program or of the Go program that `name` is probably a misspelling of; "": none is similar.
[[nodiscard]] std::string_view nearest_name(std::string_view name);

// "bool", "integer, seconds, 1 to 86400", "list of strings, regular expressions".
[[nodiscard]] std::string type_name(const Key& key);
// "a whole number of seconds, 1 to 86400", to be placed after "expected".
[[nodiscard]] std::string expectation(const Key& key);

}  // namespace topo::config
