#include <catch2/catch.hpp>

#include "sandbox/installation.h"
#include "store_suite/backend.h"
#include "store_suite/samples.h"
#include "system/store/mysql_backend.h"
#include "topo/mysql/connection.h"

namespace mysql_failures_test {

using namespace topo;
using namespace store_suite;
using Catch::Contains;
using sandbox::Flavour;

namespace {

// A server that a test may harm, with a schema; nullptr where the flavour is not installed.
std::unique_ptr<sandbox::Topology> harmed_server(Flavour flavour) {
  if (const auto reason = sandbox::why_not_available(flavour)) {
    WARN("skipped: " << *reason);
    return nullptr;
  }
  auto topology = std::make_unique<sandbox::Topology>("backend", sandbox::Options{.flavour = flavour});
  mysql_backend::make_schema(topology->server("backend"), "orchestrator");
  return topology;
}

Flavour each_flavour() {
  return GENERATE(Flavour::mariadb_10_11, Flavour::mysql_5_6, Flavour::mysql_9_7);
}

std::string refusal_to_write(Store& store, std::string_view host) {
  return refusal([&] { store.instances().write(std::vector<InstanceWrite>{first_seen(instance(host))}); });
}

}  // namespace

TEST_CASE("a backend that crashes is used again after its restart", "[store]") {
  const auto flavour = each_flavour();
  CAPTURE(to_string(flavour));
  const auto topology = harmed_server(flavour);
  if (!topology) return;
  auto& server = topology->server("backend");
  const auto store = open(mysql_backend::configuration(server, "orchestrator"));
  write(*store, {first_seen(instance("a"))});
  server.kill9();
  CHECK_THAT(refusal([&] { store->instances().read_all(); }), Contains(store->describe()));
  CHECK_THAT(refusal_to_write(*store, "b"), Contains(store->describe()));
  CHECK_THAT(refusal([&] { open(mysql_backend::configuration(server, "orchestrator")); }),
             Contains(store->describe()));
  server.start();
  CHECK(hosts(store->instances().read_all()) == "a");
  CHECK(refusal_to_write(*store, "b").empty());

  // Connections that were closed unnoticed are no error.
  server.kill9();
  server.start();
  CHECK(refusal_to_write(*store, "c").empty());
  server.kill9();
  server.start();
  CHECK(hosts(store->instances().read_all()) == "a b c");
}

TEST_CASE("a read-only backend is reported as such", "[store]") {
  const auto flavour = each_flavour();
  CAPTURE(to_string(flavour));
  const auto topology = harmed_server(flavour);
  if (!topology) return;
  auto& server = topology->server("backend");
  const auto store = open(mysql_backend::configuration(server, "orchestrator"));
  write(*store, {first_seen(instance("a"))});
  server.execute("SET GLOBAL read_only = 1");
  CHECK_THAT(refusal_to_write(*store, "b"),
             Contains("read-only") && Contains("set MySQLOrchestratorHost to a server that can be written"));
  CHECK(hosts(store->instances().read_all()) == "a");
  CHECK_FALSE(refusal([&] { store->nodes().attempt_election("h", "1", std::chrono::seconds(60)); }).empty());
  server.execute("SET GLOBAL read_only = 0");
  CHECK(refusal_to_write(*store, "b").empty());
}

TEST_CASE("errors of account, schema or server are reported when the backend is opened", "[store]") {
  const auto flavour = each_flavour();
  CAPTURE(to_string(flavour));
  const auto topology = harmed_server(flavour);
  if (!topology) return;
  auto& server = topology->server("backend");
  auto configuration = mysql_backend::configuration(server, "orchestrator");
  const auto complaint = [&] { return refusal([&] { open(configuration); }); };
  SECTION("wrong password") {
    configuration.mysql_orchestrator_password = "a secret";
    CHECK_THAT(complaint(), Contains("Backend mysql") && Contains(server.key().display()) &&
                                Contains("check MySQLOrchestratorUser and MySQLOrchestratorPassword") &&
                                !Contains("a secret"));
  }
  SECTION("schema does not exist") {
    configuration.mysql_orchestrator_database = "nowhere";
    server.execute("GRANT ALL ON nowhere.* TO 'store_user'@'%'");
    CHECK_THAT(complaint(), Contains("create it: CREATE DATABASE `nowhere`"));
  }
  SECTION("schema without privileges") {
    server.execute("CREATE DATABASE foreign_schema");
    configuration.mysql_orchestrator_database = "foreign_schema";
    CHECK_THAT(complaint(), Contains("GRANT ALL ON `foreign_schema`.*"));
  }
  SECTION("no schema configured") {
    configuration.mysql_orchestrator_database = "";
    CHECK_THAT(complaint(), Contains("set MySQLOrchestratorDatabase"));
  }
  SECTION("account may not create tables") {
    server.execute("CREATE DATABASE readable");
    server.execute("GRANT SELECT ON readable.* TO 'store_user'@'%'");
    configuration.mysql_orchestrator_database = "readable";
    CHECK_THAT(complaint(), Contains("give store_user all privileges"));
  }
  SECTION("server is down") {
    server.stop();
    CHECK_THAT(complaint(), Contains("Backend mysql") && Contains(server.key().display()));
  }
}

TEST_CASE("the wait for rows locked by another client is limited", "[store]") {
  const auto topology = harmed_server(Flavour::mariadb_10_11);
  if (!topology) return;
  auto& server = topology->server("backend");
  const auto store = open(mysql_backend::configuration(server, "orchestrator"));
  write(*store, {first_seen(instance("a"))});
  auto other = server.connect();
  other.query("START TRANSACTION");
  other.query("SELECT * FROM orchestrator.database_instance FOR UPDATE");
  CHECK_THAT(refusal([&] { store->instances().forget(key("a")); }),
             Contains("another session holds the rows locked"));
  other.query("ROLLBACK");
  CHECK(store->instances().forget(key("a")));
}

}  // namespace mysql_failures_test
