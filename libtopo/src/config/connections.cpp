#include "topo/config/connections.h"

#include <fmt/format.h>

namespace topo {
namespace {

// The backend may have to wait for locks of other nodes, and to rebuild a large table in a migration.
constexpr std::chrono::seconds backend_read_timeout{60};

mysql::TlsMode tls_mode(const std::string& mode) {
  if (mode == "disabled") return mysql::TlsMode::disabled;
  if (mode == "preferred") return mysql::TlsMode::preferred;
  if (mode == "required") return mysql::TlsMode::required;
  if (mode == "verify") return mysql::TlsMode::verify;
  // A configuration that was not loaded but made by a program; never connect with less than it meant.
  throw Error(Code::invalid_argument,
              fmt::format("\"{}\" is no TLS mode: expected disabled, preferred, required or verify", mode));
}

}  // namespace

mysql::ConnectionOptions topology_connection(const Configuration& c, const InstanceKey& server) {
  mysql::ConnectionOptions options;
  options.server = server;
  options.user = c.mysql_topology_user;
  options.password = c.mysql_topology_password;
  options.connect_timeout = c.mysql_connect_timeout;
  options.read_timeout = c.mysql_discovery_read_timeout;
  options.tls = {tls_mode(c.mysql_topology_ssl_mode), c.mysql_topology_ssl_ca_file,
                 c.mysql_topology_ssl_cert_file, c.mysql_topology_ssl_private_key_file};
  return options;
}

mysql::ConnectionOptions backend_connection(const Configuration& c) {
  mysql::ConnectionOptions options;
  options.server = {c.mysql_orchestrator_host, c.mysql_orchestrator_port};
  options.user = c.mysql_orchestrator_user;
  options.password = c.mysql_orchestrator_password;
  options.database = c.mysql_orchestrator_database;
  options.connect_timeout = c.mysql_connect_timeout;
  options.read_timeout = backend_read_timeout;
  options.tls = {tls_mode(c.mysql_orchestrator_ssl_mode), c.mysql_orchestrator_ssl_ca_file,
                 c.mysql_orchestrator_ssl_cert_file, c.mysql_orchestrator_ssl_private_key_file};
  return options;
}

}  // namespace topo
