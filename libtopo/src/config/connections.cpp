#include "topo/config/connections.h"

#include <fmt/format.h>

#include "base/shown_text.h"
#include "topo/mysql/tls_files.h"

namespace topo {
namespace {

// The backend may wait for locks of other orchestrator nodes, or rebuild a large table in a migration.
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

namespace {

std::string unusable(std::string_view key, const std::string& file, std::string_view reason) {
  return fmt::format("{} names {}, which cannot be used: {}", key, shown_text(file, 300), reason);
}

}  // namespace

std::vector<std::string> unusable_tls_files(const Configuration& c) {
  std::vector<std::string> errors;
  const auto complain = [&](std::string_view key, const std::string& file, std::string_view reason) {
    errors.push_back(unusable(key, file, reason));
  };
  const auto check = [&](const std::string& prefix, const std::string& mode, const std::string& ca,
                         const std::string& cert, const std::string& key) {
    if (mode == "disabled") return;
    if (!ca.empty()) {
      if (const auto reason = mysql::why_no_authorities(ca)) complain(prefix + "SSLCAFile", ca, *reason);
    }
    if (cert.empty() && key.empty()) return;
    // One file may contain both.
    const auto& cert_file = cert.empty() ? key : cert;
    const auto& key_file = key.empty() ? cert : key;
    for (const auto& unusable : mysql::why_no_identity(cert_file, key_file)) {
      const bool is_key_named = unusable.is_key ? !key.empty() : cert.empty();
      complain(prefix + (is_key_named ? "SSLPrivateKeyFile" : "SSLCertFile"),
               unusable.is_key ? key_file : cert_file, unusable.reason);
    }
  };
  check("MySQLTopology", c.mysql_topology_ssl_mode, c.mysql_topology_ssl_ca_file,
        c.mysql_topology_ssl_cert_file, c.mysql_topology_ssl_private_key_file);
  if (c.uses_mysql_backend()) {
    check("MySQLOrchestrator", c.mysql_orchestrator_ssl_mode, c.mysql_orchestrator_ssl_ca_file,
          c.mysql_orchestrator_ssl_cert_file, c.mysql_orchestrator_ssl_private_key_file);
  }
  return errors;
}

std::vector<std::string> unusable_http_tls_files(const Configuration& c) {
  if (!c.use_ssl) return {};
  std::vector<std::string> errors;
  if (c.ssl_cert_file.empty() || c.ssl_private_key_file.empty()) {
    errors.emplace_back("UseSSL needs SSLCertFile and SSLPrivateKeyFile: name them");
  } else {
    for (const auto& [is_key, reason] : mysql::why_no_identity(c.ssl_cert_file, c.ssl_private_key_file)) {
      errors.push_back(is_key ? unusable("SSLPrivateKeyFile", c.ssl_private_key_file, reason)
                              : unusable("SSLCertFile", c.ssl_cert_file, reason));
    }
  }
  if (!c.use_mutual_tls) return errors;
  if (c.ssl_ca_file.empty()) {
    errors.emplace_back("UseMutualTLS needs SSLCAFile: name the authorities that sign clients' certificates");
  } else if (const auto reason = mysql::why_no_authorities(c.ssl_ca_file)) {
    errors.push_back(unusable("SSLCAFile", c.ssl_ca_file, *reason));
  }
  return errors;
}

}  // namespace topo
