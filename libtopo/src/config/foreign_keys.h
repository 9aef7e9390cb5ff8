// Keys of the Go program and its forks that do not exist under that name in this program.
#pragma once

#include <span>
#include <string_view>

namespace topo::config {

struct ForeignKey {
  std::string_view name;
  std::string_view here = {};     // the equivalent key here, with its unit; "": none
  std::string_view instead = {};  // what this program does instead; "": no protection is lost
  bool guards = false;            // the key protects servers, or access to this program
};

[[nodiscard]] std::span<const ForeignKey> foreign_keys();

// Matches names like find_key(); nullptr: unknown.
[[nodiscard]] const ForeignKey* find_foreign_key(std::string_view name);

}  // namespace topo::config
