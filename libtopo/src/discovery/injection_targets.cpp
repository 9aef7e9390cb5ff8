#include "discovery/injection_targets.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace topo::discovery {
namespace {

bool takes_entries(const InstanceLink& link) {
  const bool is_master = !link.master.has_value() || link.is_co_master;
  return is_master && link.last_check_valid && link.log_bin && !link.read_only && !link.cluster_name.empty();
}

}  // namespace

std::vector<InjectionTarget> injection_targets(std::span<const InstanceLink> links,
                                               std::span<const InstanceKey> locked) {
  std::map<std::string_view, const InstanceLink*> chosen;
  for (const auto& link : links) {
    if (!takes_entries(link)) continue;
    const auto [of_cluster, is_first] = chosen.try_emplace(link.cluster_name, &link);
    const auto& former = of_cluster->second->key;
    const bool is_named_after = link.key.display() == link.cluster_name;
    const bool is_smaller = former.display() != link.cluster_name && link.key < former;
    if (!is_first && (is_named_after || is_smaller)) of_cluster->second = &link;
  }
  std::vector<InjectionTarget> targets;
  for (const auto& [cluster, link] : chosen) {
    // No other master replaces a locked one: entries would come from two masters.
    if (std::find(locked.begin(), locked.end(), link->key) != locked.end()) continue;
    targets.push_back({link->key, link->cluster_name, link->is_co_master});
  }
  return targets;
}

}  // namespace topo::discovery
