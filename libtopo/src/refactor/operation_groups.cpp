#include "refactor/operation_groups.h"

namespace topo::refactor {

std::vector<InstanceKey> replicas_of(const Topology& topology, const InstanceKey& key, const Filter& filter) {
  std::vector<InstanceKey> keys;
  const auto* known = topology.find(key);
  if (known == nullptr) return keys;
  for (const auto* replica : topology.replicas_of(*known)) {
    if (!filter || filter(replica->instance.key)) keys.push_back(replica->instance.key);
  }
  return keys;
}

std::optional<InstanceKey> noted_master(const UnendedOperation& interrupted, const InstanceKey& server) {
  for (const auto& noted : interrupted.servers)
    if (noted.key == server) return noted.master;
  return std::nullopt;
}

std::optional<InstanceKey> known_master(const Topology& topology, const InstanceKey& key) {
  const auto* known = topology.find(key);
  return known == nullptr ? std::nullopt : known->instance.master_key();
}

bool is_replica(const KnownInstance& known) {
  return known.instance.is_replica();
}
bool is_pseudo_gtid_replica(const KnownInstance& known) {
  return is_replica(known) && known.instance.using_pseudo_gtid;
}
bool is_serving_replica(const KnownInstance& known) {
  return is_replica(known) && known.instance.log_bin && known.instance.log_slave_updates;
}
bool has_grandparent(const KnownInstance& known) {
  return is_replica(known) && known.instance.replication_depth > 1;
}
bool has_replicas(const KnownInstance& known) {
  return !known.instance.replica_hosts.empty();
}

}  // namespace topo::refactor
