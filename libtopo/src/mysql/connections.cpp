#include "topo/mysql/connections.h"

#include <fmt/format.h>

#include "topo/base/error.h"

namespace topo {
namespace {

// The backend may wait for locks of other orchestrator nodes, or rebuild a large table for a new column.
constexpr std::chrono::seconds backend_read_timeout{60};

constexpr std::uint64_t gigabyte = std::uint64_t{1} << 30U;
// All rows about tens of thousands of instances.
constexpr mysql::AnswerLimits backend_limits{gigabyte, 50'000'000};
// The largest relay log in one answer; its rows are passed on as they arrive.
constexpr mysql::AnswerLimits log_limits{8 * gigabyte, 100'000'000};

mysql::TlsMode tls_mode(const std::string& mode) {
  if (mode == "disabled") return mysql::TlsMode::disabled;
  if (mode == "preferred") return mysql::TlsMode::preferred;
  if (mode == "required") return mysql::TlsMode::required;
  if (mode == "verify") return mysql::TlsMode::verify;
  // The configuration was not loaded but built by a program; never connect with less TLS than intended.
  throw Error(
      Code::invalid_argument,
      fmt::format("\"{}\" is not a TLS mode: expected disabled, preferred, required or verify", mode));
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

mysql::ConnectionOptions log_connection(const Configuration& c, const InstanceKey& server) {
  auto options = topology_connection(c, server);
  options.read_timeout += c.instance_bulk_operations_wait_timeout;
  options.limits = log_limits;
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
  options.limits = backend_limits;
  options.tls = {tls_mode(c.mysql_orchestrator_ssl_mode), c.mysql_orchestrator_ssl_ca_file,
                 c.mysql_orchestrator_ssl_cert_file, c.mysql_orchestrator_ssl_private_key_file};
  return options;
}

}  // namespace topo
