#include "topo/topology/cluster.h"

namespace topo {

ClusterMembership membership_below(const InstanceKey& key, const std::optional<InstanceKey>& master,
                                   const std::optional<ClusterMembership>& master_membership,
                                   const std::optional<InstanceKey>& masters_master) {
  const std::string own_name = key.display();
  if (!master || !master_membership || master == key) return {own_name, 0, false};

  const std::string& established = master_membership->cluster_name;
  if (masters_master == key) {
    // Co-masters: an established name stays. If it belongs to neither (both were below a third until now),
    // the smaller key gives the name.
    const bool own_is_established = established == own_name;
    const bool masters_is_established = established == master->display();
    const bool leads = own_is_established || (!masters_is_established && key < *master);
    return {leads ? own_name : master->display(), leads ? 0U : 1U, true};
  }
  return {established.empty() ? master->display() : established, master_membership->replication_depth + 1,
          false};
}

}  // namespace topo
