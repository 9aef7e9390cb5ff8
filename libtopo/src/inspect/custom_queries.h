// CustomQueries: SlaveLagQuery, DetectPseudoGTIDQuery and DetectClusterAliasQuery. Users write them, so a
// failure must affect only their own facts.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topo/base/clock.h"
#include "topo/model/instance.h"
#include "topo/mysql/pool.h"

namespace topo {

class LiveConfiguration;

namespace inspect {

// Thread-safe.
class CustomQueries {
 public:
  // Both must outlive the object.
  CustomQueries(const LiveConfiguration& configuration, mysql::Pool& pool)
      : configuration_(configuration), pool_(pool) {}

  // Sends the configured queries in one request that ends by half of the time until the deadline, and adds
  // the results to the instance. DetectClusterAliasQuery runs only on instances that do not replicate, or
  // with `heads_cluster`. A failed query adds a warning. A query that costs the connection, because it times
  // out or its answer is too large, is also ended on the server, and skipped for a minute unless it is
  // configured again; the remaining queries run over another connection, and the lease is spoiled.
  void ask(mysql::Pool::Lease& lease, bool heads_cluster, SteadyTime deadline, Instance& instance);
  // Like ask(), for SlaveLagQuery only.
  void ask_lag(mysql::Pool::Lease& lease, SteadyTime deadline, Instance& instance);

 private:
  using Keys = std::vector<std::string_view>;  // keys of the configuration
  struct Hung {
    std::string query;  // as configured then
    std::string sentence;
    SteadyTime at;
  };

  void ask_in_time(mysql::Pool::Lease& lease, Keys keys, SteadyTime deadline, Instance& instance);
  bool ask_over(mysql::Connection& connection, Keys& keys, Instance& instance);
  [[nodiscard]] Keys wanted(const Instance& instance, bool heads_cluster) const;
  [[nodiscard]] const std::string& query_of(std::string_view key) const;
  void leave_out_hung(const InstanceKey& instance, Keys& keys, std::vector<std::string>& warnings);
  std::string note_hung(const InstanceKey& instance, std::string_view key, std::string_view reason);

  const LiveConfiguration& configuration_;
  mysql::Pool& pool_;
  std::mutex mutex_;
  std::map<std::pair<InstanceKey, std::string>, Hung> hung_;
};

}  // namespace inspect
}  // namespace topo
