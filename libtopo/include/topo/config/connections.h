// How to connect, as a configuration says.
#pragma once

#include "topo/base/instance_key.h"
#include "topo/config/configuration.h"
#include "topo/mysql/connection.h"

namespace topo {

// To a monitored server: the MySQLTopology* keys.
[[nodiscard]] mysql::ConnectionOptions topology_connection(const Configuration& configuration,
                                                           const InstanceKey& server);

// To a mysql backend: the MySQLOrchestrator* keys.
[[nodiscard]] mysql::ConnectionOptions backend_connection(const Configuration& configuration);

}  // namespace topo
