// Inspector: reads all that there is to know of one server, in as few round trips as can be.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "topo/base/clock.h"
#include "topo/base/instance_key.h"
#include "topo/topology/instance.h"

namespace topo {

class LiveConfiguration;
class HostNames;
namespace mysql {
class Pool;
}

// What one read cost.
struct InspectionCost {
  std::uint64_t requests = 0;  // round trips on an open connection
  bool connected = false;      // a connection had to be made
};

// Thread-safe.
class Inspector {
 public:
  // All must outlive the object. DataCenterPattern and PhysicalEnvironmentPattern count as they are now.
  Inspector(const LiveConfiguration& configuration, mysql::Pool& pool, HostNames& names);
  ~Inspector();

  // Reads the instance now: one request for the fixed questions, one more when custom queries
  // (SlaveLagQuery, DetectPseudoGTIDQuery, DetectClusterAliasQuery) are configured. What the server refuses
  // (a missing grant) or answers oddly is left out and said in Instance::warnings. The key is `key`, whatever
  // name the server says it has (Instance::told_key). DetectClusterAliasQuery is asked of instances that do
  // not replicate, and of those that are known to head a cluster (one of two co-masters, say). cluster_name,
  // replication_depth and is_co_master are not set. Connecting takes MySQLConnectTimeoutSeconds at most, all
  // questions together MySQLDiscoveryReadTimeoutSeconds, and neither goes on beyond `end_by`. Throws
  // Error{unreachable}, {timeout}, {sql} or, where more is at stake than a read (mysql::Connection),
  // {refused} when the server cannot be read at all.
  [[nodiscard]] Instance read(const InstanceKey& key, bool heads_cluster = false,
                              InspectionCost* cost = nullptr,
                              std::optional<SteadyTime> end_by = std::nullopt);

  // What SlaveLagQuery gives now, if it is configured. Why there is nothing, as when it is not answered by
  // half of MySQLDiscoveryReadTimeoutSeconds, is added to `warnings`. Throws as read().
  [[nodiscard]] std::optional<std::chrono::seconds> measured_lag(const InstanceKey& key,
                                                                 std::vector<std::string>& warnings);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace topo
