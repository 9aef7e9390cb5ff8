// The table of configuration keys: what reads, checks, prints and documents a Configuration.
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

// What a value must be beyond its type.
struct Range {  // every number has one, in its own unit
  std::int64_t least, most;
};
struct OneOf {  // compared without case, stored as spelled here; `also` are other spellings of some
  std::vector<std::string_view> values;
  std::vector<std::pair<std::string_view, std::string_view>> also = {};
};
struct Pattern {  // RE2 syntax: a string that may be empty, every item of a list, every name in a map
  bool with_group = false;
};
struct Address {};         // host:port or unix:/path to listen on
struct HostName {};        // of a server, without port; "": none
struct UrlPrefix {};       // a path; slashes at its end are left out
struct ClusterFilters {};  // a list, each as topo/config/cluster_filter.h has it
struct Query {};           // SQL for monitored servers; "": none
struct HookCommands {      // a list of commands for a shell
  bool before_recovery = false;
};
struct DataFile {};     // the name of a database file; "": the default one
struct PrivateFile {};  // the name of a file that holds a secret; "": none
using Rule = std::variant<std::monostate, Range, OneOf, Pattern, Address, HostName, UrlPrefix, ClusterFilters,
                          Query, HookCommands, DataFile, PrivateFile>;

struct Key {
  std::string_view name;
  Member member;
  std::string_view meaning;
  Rule rule = {};
  bool secret = false;    // never shown
  bool at_start = false;  // its value counts when a process starts, not when the configuration is read anew
  std::string_view no_effect = {};  // why it has none in this version; "": it has one
  bool guards = false;              // of one without effect: who sets it relies on it
};

// That key, as one whose value counts at the start only.
[[nodiscard]] inline Key at_start(Key key) {
  key.at_start = true;
  return key;
}

// That key, as one that has no effect in this version.
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

// Without case, and with Replica for Slave. nullptr: there is none.
[[nodiscard]] const Key* find_key(std::string_view name);
// The key of this program, or of the Go program, that `name` was probably meant to be; "" when none is near.
[[nodiscard]] std::string_view nearest_name(std::string_view name);

// "bool", "integer, seconds, 1 to 86400", "list of strings, regular expressions".
[[nodiscard]] std::string type_name(const Key& key);
// "a whole number of seconds, 1 to 86400", to follow "expected".
[[nodiscard]] std::string expectation(const Key& key);

}  // namespace topo::config
