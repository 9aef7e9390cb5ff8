#include "topo/mysql/connections.h"

#include <catch2/catch.hpp>

#include "unit/config/refusal.h"

namespace topo {

TEST_CASE("Connections to monitored servers use the topology keys") {
  const auto c = parse_configuration(R"({"MySQLTopologyUser": "u", "MySQLTopologyPassword": "p",
      "MySQLConnectTimeoutSeconds": 2, "MySQLDiscoveryReadTimeoutSeconds": 3, "MySQLTopologySSLMode": "Verify",
      "MySQLTopologySSLCAFile": "ca", "MySQLTopologySSLCertFile": "cert", "MySQLTopologySSLPrivateKeyFile": "key"})",
                                     "test")
                     .configuration;
  const auto options = topology_connection(c, InstanceKey{"db1", 3307});
  CHECK(options.server == InstanceKey{"db1", 3307});
  CHECK(options.user == "u");
  CHECK(options.password == "p");
  CHECK(options.database.empty());
  CHECK(options.connect_timeout == std::chrono::seconds(2));
  CHECK(options.read_timeout == std::chrono::seconds(3));
  CHECK(options.tls.mode == mysql::TlsMode::verify);
  CHECK(options.tls.ca_file == "ca");
  CHECK(options.tls.cert_file == "cert");
  CHECK(options.tls.key_file == "key");
}

TEST_CASE("Connections to the backend use the orchestrator keys") {
  const auto c = parse_configuration(R"({"MySQLOrchestratorHost": "be", "MySQLOrchestratorPort": 3308,
      "MySQLOrchestratorDatabase": "d", "MySQLOrchestratorUser": "u", "MySQLOrchestratorPassword": "p",
      "MySQLConnectTimeoutSeconds": 2, "MySQLOrchestratorSSLMode": "disabled", "MySQLOrchestratorSSLCAFile": "ca",
      "MySQLOrchestratorSSLCertFile": "cert", "MySQLOrchestratorSSLPrivateKeyFile": "key"})",
                                     "test")
                     .configuration;
  const auto options = backend_connection(c);
  CHECK(options.server == InstanceKey{"be", 3308});
  CHECK(options.user == "u");
  CHECK(options.password == "p");
  CHECK(options.database == "d");
  CHECK(options.connect_timeout == std::chrono::seconds(2));
  CHECK(options.tls.mode == mysql::TlsMode::disabled);
  CHECK(options.tls.ca_file == "ca");
  CHECK(options.tls.cert_file == "cert");
  CHECK(options.tls.key_file == "key");
}

TEST_CASE("An unknown TLS mode set by a program is refused, not treated as disabled") {
  Configuration configuration;
  configuration.mysql_topology_ssl_mode = "requierd";
  CHECK_FALSE(refusal([&] { (void)topology_connection(configuration, InstanceKey{"db1", 3306}); }).empty());
}

}  // namespace topo
