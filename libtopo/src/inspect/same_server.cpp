#include "topo/inspect/same_server.h"

#include <algorithm>

#include "topo/config/configuration.h"
#include "topo/mysql/pool.h"

namespace topo {

mysql::ServerComparison compare_servers(const Configuration& configuration, const mysql::Pool& pool,
                                        const InstanceKey& one, const InstanceKey& other,
                                        std::optional<SteadyTime> end_by) {
  const auto latest = std::chrono::steady_clock::now() + configuration.mysql_connect_timeout +
                      configuration.mysql_discovery_read_timeout;
  const auto deadline = std::min(latest, end_by.value_or(latest));
  auto to_one = pool.connect(one, deadline);
  auto to_other = pool.connect(other, deadline);
  to_one.end_by(deadline);
  to_other.end_by(deadline);
  return mysql::compare_servers(to_one, to_other);
}

}  // namespace topo
