// CustomQueries: SlaveLagQuery, DetectPseudoGTIDQuery and DetectClusterAliasQuery. They are a user's, so that
// nothing but their own facts may hang on them.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topo/base/clock.h"
#include "topo/mysql/pool.h"
#include "topo/topology/instance.h"

namespace topo {

class LiveConfiguration;

namespace inspect {

// Thread-safe.
class CustomQueries {
 public:
  // Both must outlive the object.
  CustomQueries(const LiveConfiguration& configuration, mysql::Pool& pool)
      : configuration_(configuration), pool_(pool) {}

  // Asks those that are configured in one request, by half of the time until the deadline, and adds what they
  // say to the instance; DetectClusterAliasQuery only of one that does not replicate or `heads_cluster`. One
  // that fails is a warning. One that is not answered in time, too: it is ended on the server, the others are
  // asked over another connection, and it is left out for a minute. The lease is then spoiled.
  void ask(mysql::Pool::Lease& lease, bool heads_cluster, SteadyTime deadline, Instance& instance);
  // As ask(), SlaveLagQuery alone.
  void ask_lag(mysql::Pool::Lease& lease, SteadyTime deadline, Instance& instance);

 private:
  using Keys = std::vector<std::string_view>;  // of the configuration
  struct Hung {
    std::string sentence;
    SteadyTime at;
  };

  void ask_in_time(mysql::Pool::Lease& lease, Keys keys, SteadyTime deadline, Instance& instance);
  bool ask_over(mysql::Connection& connection, Keys& keys, Instance& instance);
  [[nodiscard]] Keys wanted(const Instance& instance, bool heads_cluster) const;
  [[nodiscard]] const std::string& query_of(std::string_view key) const;
  void leave_out_hung(const InstanceKey& instance, Keys& keys, std::vector<std::string>& warnings);
  std::string note_hung(const InstanceKey& instance, std::string_view key, std::chrono::nanoseconds time);

  const LiveConfiguration& configuration_;
  mysql::Pool& pool_;
  std::mutex mutex_;
  std::map<std::pair<InstanceKey, std::string>, Hung> hung_;
};

}  // namespace inspect
}  // namespace topo
