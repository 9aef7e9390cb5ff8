// Inspector: reads all facts about one server, in as few round trips as possible.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "topo/base/clock.h"
#include "topo/base/instance_key.h"
#include "topo/model/instance.h"

namespace topo {

class LiveConfiguration;
class HostNames;
namespace mysql {
class Pool;
}

// The cost of one read.
struct InspectionCost {
  std::uint64_t requests = 0;  // round trips on an open connection
  bool connected = false;      // a new connection was opened
};

// Thread-safe.
class Inspector {
 public:
  // The arguments must outlive the object. DataCenterPattern and PhysicalEnvironmentPattern are compiled
  // once, here.
  Inspector(const LiveConfiguration& configuration, mysql::Pool& pool, HostNames& names);
  ~Inspector();

  // Reads the instance now: one request for the fixed queries, and another if custom queries (SlaveLagQuery,
  // DetectPseudoGTIDQuery, DetectClusterAliasQuery) are configured. Values that the server refuses (a missing
  // privilege) or reports in an unexpected form are omitted and reported in Instance::warnings. The key is
  // `key`, whatever name the server reports (Instance::reported_key). DetectClusterAliasQuery runs on
  // instances that do not replicate, and on known heads of a cluster (for example one of two co-masters).
  // Does not set cluster_name, replication_depth and is_co_master. Connecting takes at most
  // MySQLConnectTimeoutSeconds, all queries together at most MySQLDiscoveryReadTimeoutSeconds, and both end
  // by `end_by`. Throws Error{unreachable}, {timeout}, {sql} or {refused} (see mysql::Connection) when the
  // server cannot be read at all.
  [[nodiscard]] Instance read(const InstanceKey& key, bool heads_cluster = false,
                              InspectionCost* cost = nullptr,
                              std::optional<SteadyTime> end_by = std::nullopt);

  // The result of SlaveLagQuery now, if configured. Adds to `warnings` why there is no result, for example no
  // answer within half of MySQLDiscoveryReadTimeoutSeconds. Throws like read().
  [[nodiscard]] std::optional<std::chrono::seconds> measured_lag(const InstanceKey& key,
                                                                 std::vector<std::string>& warnings);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace topo
