// LookAlikes: which instances tell the same of themselves, though no two servers should.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "topo/base/instance_key.h"

namespace topo::discovery {

// By what instances are found to be alike; "" where one tells nothing.
struct Marks {
  std::string identity;  // host name, port, server_id and server_uuid, as the server reports them
  std::string server_uuid;
  std::string id_in_cluster;  // server_id, among the instances of one cluster
  std::string alias;          // what DetectClusterAliasQuery gave, of the instance that heads a cluster
  friend bool operator==(const Marks&, const Marks&) = default;
};
// Each kind of mark has a form of its own, so that none is taken for one of another kind. "" for an unknown
// host name, an empty UUID or alias, a server_id of 0.
[[nodiscard]] std::string identity_mark(const std::string& hostname, std::uint16_t port,
                                        std::uint32_t server_id, const std::string& server_uuid);
[[nodiscard]] std::string uuid_mark(const std::string& server_uuid);
[[nodiscard]] std::string id_mark(std::uint32_t server_id, const std::string& cluster_name);
[[nodiscard]] std::string alias_mark(const std::string& alias);

// Not thread-safe.
class LookAlikes {
 public:
  // In place of what the instance had.
  void set(const InstanceKey& key, Marks marks);
  void remove(const InstanceKey& key);
  void clear();
  // All that have the mark, by key; valid until the next change.
  [[nodiscard]] const std::vector<InstanceKey>& with(const std::string& mark) const;

 private:
  void add(const std::string& mark, const InstanceKey& key);
  void take(const std::string& mark, const InstanceKey& key);

  std::unordered_map<InstanceKey, Marks> marks_;
  std::unordered_map<std::string, std::vector<InstanceKey>> by_mark_;
};

}  // namespace topo::discovery
