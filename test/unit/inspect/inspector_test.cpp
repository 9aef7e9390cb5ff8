// Reads a server over a connection, with responses that a real server cannot be made to send.
#include "topo/inspect/inspector.h"

#include <catch2/catch.hpp>
#include <functional>

#include "sandbox/rogue/certificates.h"
#include "sandbox/rogue/server.h"
#include "support/fake_server.h"
#include "topo/context.h"
#include "unit/config/temporary_folder.h"

namespace {

struct Reading {
  TemporaryFolder folder;
  topo::Context context;

  explicit Reading(const std::function<void(topo::Configuration&)>& change = [](auto&) {})
      : context(configuration(folder, change)) {}

  static topo::Configuration configuration(const TemporaryFolder& folder,
                                           const std::function<void(topo::Configuration&)>& change) {
    topo::Configuration made;
    made.mysql_topology_user = "orchestrator";
    made.sqlite3_data_file = folder.path() / "backend.sqlite3";
    made.hostname_resolve_method = "none";
    made.discover_by_show_slave_hosts = true;
    made.mysql_connect_timeout = std::chrono::seconds(5);
    change(made);
    return made;
  }
};

const char* master_scene = "a master with two replicas";

}  // namespace

TEST_CASE("one request reads all facts of a recorded server", "[inspect]") {
  for (const char* name : {"mysql-5.6", "mysql-9.7", "mariadb-10.11", "mariadb-11.8"}) {
    INFO(name);
    const FakeServer server(recorded::Server::load(name), master_scene);
    Reading reading;
    topo::InspectionCost cost;
    const auto instance = reading.context.inspector().read(server.key(), false, &cost);
    CHECK(cost.requests == 1);
    CHECK(server.requests() == 1);
    CHECK(instance.version == recorded::Server::load(name).version());
    CHECK(instance.replica_hosts.size() == 2);
    CHECK(instance.log_bin);
    CHECK_FALSE(instance.replica_hosts_unread);
  }
}

// MySQL 5.6 omits a column of SHOW SLAVE HOSTS while a replica connects; that once failed the whole read.
TEST_CASE("a malformed list of replicas loses only that list", "[inspect]") {
  const FakeServer server(recorded::Server::load("mysql-5.6"), master_scene, "SHOW SLAVE HOSTS");
  Reading reading;
  const auto instance = reading.context.inspector().read(server.key());
  CHECK(instance.version == "5.6.24-log");
  CHECK(instance.self_coordinates.file == "binlog.000001");
  CHECK(instance.replica_hosts_unread);
  CHECK(instance.replica_hosts.empty());
  REQUIRE(instance.warnings.size() == 1);
  CHECK_THAT(instance.warnings[0], Catch::Contains("No list of replicas"));
  CHECK(server.requests() == 2);
}

TEST_CASE("any other malformed result fails the read", "[inspect]") {
  const FakeServer server(recorded::Server::load("mysql-5.6"), master_scene, "SHOW MASTER STATUS");
  Reading reading;
  CHECK_THROWS_AS(reading.context.inspector().read(server.key()), topo::Error);
}

TEST_CASE("an unverifiable certificate is a warning on the instance", "[inspect][rogue]") {
  const rogue::Authority ours("ours"), other("other");
  const TemporaryFolder files;
  const auto ca_file = files.write("ca.pem", ours.certificate());
  for (const auto* authority : {&ours, &other}) {
    const auto identity = authority->sign("db1");
    const rogue::Server server({.mode = "tls", .certificate = identity.certificate, .key = identity.key});
    Reading reading([&](topo::Configuration& made) { made.mysql_topology_ssl_ca_file = ca_file; });
    const auto instance = reading.context.inspector().read({server.address(), server.port()});
    if (authority == &ours) {
      CHECK(instance.warnings.empty());
    } else {
      REQUIRE(instance.warnings.size() == 1);
      CHECK_THAT(instance.warnings[0],
                 Catch::Contains("does not verify") && Catch::Contains("MySQLTopologySSLCAFile"));
    }
  }
}

// Each byte arrives in time, but not all of them.
TEST_CASE("a poll has one timeout for all of its statements", "[inspect][rogue]") {
  const rogue::Server server({.mode = "drip-answer", .pause = std::chrono::milliseconds(20)});
  Reading reading(
      [](topo::Configuration& made) { made.mysql_discovery_read_timeout = std::chrono::seconds(1); });
  const auto began = std::chrono::steady_clock::now();
  CHECK_THROWS_WITH(reading.context.inspector().read({server.address(), server.port()}),
                    Catch::Matches(R"(.*within (1|0\.9\d*) s.*)"));  // connecting takes some of it
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::milliseconds(1500));
}
