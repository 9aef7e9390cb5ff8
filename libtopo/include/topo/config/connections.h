// How to connect, as a configuration says.
#pragma once

#include <string>
#include <vector>

#include "topo/base/instance_key.h"
#include "topo/config/configuration.h"
#include "topo/mysql/connection.h"

namespace topo {

// To a monitored server: the MySQLTopology* keys.
[[nodiscard]] mysql::ConnectionOptions topology_connection(const Configuration& configuration,
                                                           const InstanceKey& server);

// As above for reading logs: what is asked for is large, and a server may have to read much before its first
// row.
[[nodiscard]] mysql::ConnectionOptions log_connection(const Configuration& configuration,
                                                      const InstanceKey& server);

// To a mysql backend: the MySQLOrchestrator* keys.
[[nodiscard]] mysql::ConnectionOptions backend_connection(const Configuration& configuration);

// Why files that the MySQL*SSL*File keys name cannot be used, a sentence each, with key, file and reason.
// What is named and not used, as TLS is disabled, does not matter.
[[nodiscard]] std::vector<std::string> unusable_tls_files(const Configuration& configuration);

// The same of the files that the HTTP server uses: SSLCertFile, SSLPrivateKeyFile and SSLCAFile.
[[nodiscard]] std::vector<std::string> unusable_http_tls_files(const Configuration& configuration);

}  // namespace topo
