// ClusterFilter: which clusters a key such as RecoverMasterClusterFilters names.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace topo {

// Immutable; for any number of threads.
class ClusterFilter {
 public:
  // "*" is every cluster; "alias=x" the one with that alias, "alias~=x" those whose alias the regular
  // expression (RE2) matches anywhere; everything else is the name or the alias of a cluster, or a regular
  // expression that matches its name anywhere. "" is none. Throws Error{invalid_argument} for a pattern that
  // does not compile; its message is what is wrong with that.
  explicit ClusterFilter(std::string_view text);

  [[nodiscard]] bool matches(std::string_view cluster_name, std::string_view alias) const;

 private:
  std::string exact_;  // alias, or name too unless by_alias_
  bool by_alias_ = false;
  std::shared_ptr<const re2::RE2> pattern_;  // null: none
};

}  // namespace topo
