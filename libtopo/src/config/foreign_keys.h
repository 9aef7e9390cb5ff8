// Keys of the Go program, and of its forks, that this program does not have under that name.
#pragma once

#include <span>
#include <string_view>

namespace topo::config {

struct ForeignKey {
  std::string_view name;
  std::string_view here = {};     // the key that does it here, with its unit; "": there is none
  std::string_view instead = {};  // what happens here instead; "": nothing is lost that somebody relies on
  bool guards = false;            // it keeps servers, or access to this program, from harm
};

[[nodiscard]] std::span<const ForeignKey> foreign_keys();

// As find_key(); nullptr: there is none.
[[nodiscard]] const ForeignKey* find_foreign_key(std::string_view name);

}  // namespace topo::config
