#include "topo/config/tls_files.h"

#include <fmt/format.h>

#include "base/shown_text.h"
#include "topo/base/tls_files.h"

namespace topo {
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
      if (const auto reason = why_no_authorities(ca)) complain(prefix + "SSLCAFile", ca, *reason);
    }
    if (cert.empty() && key.empty()) return;
    // One file may contain both.
    const auto& cert_file = cert.empty() ? key : cert;
    const auto& key_file = key.empty() ? cert : key;
    for (const auto& unusable : why_no_identity(cert_file, key_file)) {
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
    for (const auto& [is_key, reason] : why_no_identity(c.ssl_cert_file, c.ssl_private_key_file)) {
      errors.push_back(is_key ? unusable("SSLPrivateKeyFile", c.ssl_private_key_file, reason)
                              : unusable("SSLCertFile", c.ssl_cert_file, reason));
    }
  }
  if (!c.use_mutual_tls) return errors;
  if (c.ssl_ca_file.empty()) {
    errors.emplace_back("UseMutualTLS needs SSLCAFile: name the authorities that sign clients' certificates");
  } else if (const auto reason = why_no_authorities(c.ssl_ca_file)) {
    errors.push_back(unusable("SSLCAFile", c.ssl_ca_file, *reason));
  }
  return errors;
}

}  // namespace topo
