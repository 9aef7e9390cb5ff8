// ClusterFilter: selects clusters for keys such as RecoverMasterClusterFilters.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace topo {

// Immutable; safe for use by any number of threads.
class ClusterFilter {
 public:
  // "*" matches every cluster; "alias=x" the cluster with that alias; "alias~=x" clusters whose alias
  // contains a match of the regular expression (RE2). Any other text is a cluster's name or alias, or a
  // regular expression searched for in its name. "" matches none. Throws Error{invalid_argument} for a
  // pattern that does not compile; the message explains what is wrong with the pattern.
  explicit ClusterFilter(std::string_view text);

  [[nodiscard]] bool matches(std::string_view cluster_name, std::string_view alias) const;

 private:
  std::string exact_;  // an alias; also a name unless by_alias_
  bool by_alias_ = false;
  std::shared_ptr<const re2::RE2> pattern_;  // null: no pattern
};

}  // namespace topo
