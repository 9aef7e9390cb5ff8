// LookAlikes: finds instances that report the same identity, which no two servers should do.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "topo/base/instance_key.h"

namespace topo::discovery {

// The marks by which instances look alike; "" if not reported.
struct Marks {
  std::string identity;  // host name, port, server_id and server_uuid, as the server reports them
  std::string server_uuid;
  std::string id_in_cluster;  // server_id, among the instances of one cluster
  std::string alias;          // result of DetectClusterAliasQuery, for the head of a cluster only
  friend bool operator==(const Marks&, const Marks&) = default;
};
// Each kind of mark has its own format, so that marks of different kinds never match. "" for an unknown host
// name, an empty UUID or alias, a server_id of 0.
[[nodiscard]] std::string identity_mark(const std::string& hostname, std::uint16_t port,
                                        std::uint32_t server_id, const std::string& server_uuid);
[[nodiscard]] std::string uuid_mark(const std::string& server_uuid);
[[nodiscard]] std::string id_mark(std::uint32_t server_id, const std::string& cluster_name);
[[nodiscard]] std::string alias_mark(const std::string& alias);

// Not thread-safe.
class LookAlikes {
 public:
  // Replaces the marks of the instance.
  void set(const InstanceKey& key, Marks marks);
  void remove(const InstanceKey& key);
  void clear();
  // All instances with the mark, ordered by key; valid until the next change.
  [[nodiscard]] const std::vector<InstanceKey>& with(const std::string& mark) const;

 private:
  void add(const std::string& mark, const InstanceKey& key);
  void take(const std::string& mark, const InstanceKey& key);

  std::unordered_map<InstanceKey, Marks> marks_;
  std::unordered_map<std::string, std::vector<InstanceKey>> by_mark_;
};

}  // namespace topo::discovery
