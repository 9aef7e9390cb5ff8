#include "topo/inspect/same_server.h"

#include <algorithm>

#include "mysql/broken.h"
#include "mysql/name_service.h"
#include "topo/config/configuration.h"
#include "topo/mysql/pool.h"

namespace topo {

mysql::ServerComparison compare_servers(const Configuration& configuration, mysql::Pool& pool,
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

bool are_one_address(std::span<const std::string> of_one, std::span<const std::string> of_other) {
  return of_one.size() == 1 && std::ranges::equal(of_one, of_other);
}

bool lead_to_one_address(const Configuration& configuration, const InstanceKey& one,
                         const InstanceKey& other) {
  if (one.port() != other.port()) return false;
  mysql::Waiting waiting;
  waiting.allow(configuration.mysql_connect_timeout);
  try {
    return are_one_address(mysql::addresses_of(one.hostname(), waiting),
                           mysql::addresses_of(other.hostname(), waiting));
  } catch (const mysql::Broken&) {
    return false;
  }
}

}  // namespace topo
