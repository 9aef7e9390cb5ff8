// Builds connection options from a configuration.
#pragma once

#include "topo/base/instance_key.h"
#include "topo/config/configuration.h"
#include "topo/mysql/connection.h"

namespace topo {

// Options for a monitored server (MySQLTopology* keys).
[[nodiscard]] mysql::ConnectionOptions topology_connection(const Configuration& configuration,
                                                           const InstanceKey& server);

// Like topology_connection(), for reading logs: answers are large, and a server may read a lot before it
// sends the first row.
[[nodiscard]] mysql::ConnectionOptions log_connection(const Configuration& configuration,
                                                      const InstanceKey& server);

// Options for a mysql backend (MySQLOrchestrator* keys).
[[nodiscard]] mysql::ConnectionOptions backend_connection(const Configuration& configuration);

}  // namespace topo
