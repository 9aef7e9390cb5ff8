#include "topo/inspect/same_server.h"

#include "topo/config/connections.h"

namespace topo {

mysql::Sameness compare_servers(const Configuration& configuration, const InstanceKey& one,
                                const InstanceKey& other) {
  mysql::Connection to_one(topology_connection(configuration, one));
  mysql::Connection to_other(topology_connection(configuration, other));
  return mysql::compare_servers(to_one, to_other);
}

}  // namespace topo
