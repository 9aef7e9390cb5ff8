// Checks before a server is changed: locks, lag measured by SlaveLagQuery, configured delays.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "sandbox/wait.h"
#include "system/support/configuration_fixture.h"
#include "system/support/refactoring_fixture.h"
#include "topo/topology/move_targets.h"

namespace {

using namespace std::chrono_literals;
using sandbox::Flavour;
using sandbox::patience;
using system_test::RefactoringFixture;
using system_test::refusal;
using topo::refactor::OperationRequest;

void delay(sandbox::Server& replica, int seconds) {
  const bool new_words = sandbox::says_replica(replica.flavour());
  replica.execute(new_words ? "STOP REPLICA" : "STOP SLAVE");
  replica.execute(fmt::format("CHANGE {} TO {}_DELAY = {}", new_words ? "REPLICATION SOURCE" : "MASTER",
                              new_words ? "SOURCE" : "MASTER", seconds));
  replica.execute(new_words ? "START REPLICA" : "START SLAVE");
  sandbox::wait_until([&] { return replica.replicates(); }, patience, "the delayed one to replicate");
}

}  // namespace

TEST_CASE("a locked replica is not moved, its siblings are", "[refactor][locks]") {
  for (const auto flavour : {Flavour::mariadb_10_11, Flavour::mysql_9_7}) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, b > c, b > d, b > e", system_test::options_of(flavour));
      RefactoringFixture moves(servers);
      auto& library = moves.library;
      library.discover("a");
      auto& store = library.context().store();
      const std::vector<topo::MaintenanceRequest> locks{{library.key("c"), "new disks"}};
      store.maintenance().begin(locks, "ann", 60s);
      OperationRequest dry_run;
      dry_run.dry_run = true;
      const auto planned = moves.refactoring.run("move-up-slaves", {library.key("b")}, dry_run);
      REQUIRE(planned.plan.refused.size() == 1);
      CHECK(planned.plan.refused.front().first == library.key("c"));
      CHECK_THAT(planned.plan.refused.front().second.reason,
                 Catch::Contains("is locked by ann") && Catch::Contains("new disks"));
      const auto moved = moves.refactoring.run("move-up-slaves", {library.key("b")}, {});
      CHECK(moved.outcome.moved.size() == 2);
      CHECK(library.refresh("c").instance.master_key() == library.key("b"));
      CHECK(library.refresh("d").instance.master_key() == library.key("a"));
      CHECK_THAT(refusal([&] { (void)moves.refactoring.run("move-up", {library.key("c")}, dry_run); },
                         topo::Code::locked),
                 Catch::Contains("is locked by ann"));

      auto cluster = store.instances().read_cluster(library.known("a")->instance.cluster_name);
      topo::note_locks(store.maintenance().active(), cluster);
      const auto limits = topo::rule_limits(library.context().configuration());
      for (const auto& target : topo::move_targets(topo::Topology(cluster), library.key("d"), limits)) {
        if (target.key == library.key("c")) continue;
        if (target.key == library.key("b")) CHECK(target.classic.kind == topo::MoveVerdict::Kind::yes);
      }
      for (const auto& target : topo::move_targets(topo::Topology(cluster), library.key("c"), limits)) {
        CHECK(target.classic.kind == topo::MoveVerdict::Kind::no);
        if (target.key == library.key("a"))
          CHECK_THAT(target.classic.reason, Catch::Contains("is locked by ann"));
      }
    }
  }
}

TEST_CASE("the larger of two lags blocks a move, and a move keeps the lag measured by SlaveLagQuery",
          "[refactor]") {
  sandbox::Topology servers("a > b > c", system_test::options_of(Flavour::mariadb_10_11));
  servers.server("a").execute("CREATE DATABASE meta");
  servers.server("a").execute("CREATE TABLE meta.lag (seconds INT)");
  servers.server("a").execute("INSERT INTO meta.lag VALUES (7)");
  servers.wait_for_replication();
  for (const auto& server : servers.servers())
    server->execute("GRANT SELECT ON meta.* TO 'orchestrator'@'%'");
  auto configuration = system_test::configuration_for(servers);
  configuration.slave_lag_query = "SELECT seconds FROM meta.lag";
  RefactoringFixture moves(servers, configuration);
  auto& library = moves.library;
  library.discover("a");
  CHECK(library.known("c")->instance.slave_lag == 7s);
  CHECK(moves.refactoring.run("move-up", {library.key("c")}, {}).outcome.moved.size() == 1);
  CHECK(library.known("c")->instance.slave_lag == 7s);  // no poll since
  // The operation queries the lag itself, whatever the last poll saw.
  servers.server("c").execute("UPDATE meta.lag SET seconds = 500");
  CHECK_THAT(refusal(
                 [&] {
                   (void)moves.refactoring.run("move-below", {library.key("c"), library.key("b")}, {});
                 },
                 topo::Code::refused),
             Catch::Contains("lags 500 s by SlaveLagQuery"));
  CHECK(servers.server("c").replicates());
  // What an operation has measured is known afterwards.
  servers.server("c").execute("UPDATE meta.lag SET seconds = 3");
  CHECK(moves.refactoring.run("move-below", {library.key("c"), library.key("b")}, {}).outcome.moved.size() ==
        1);
  CHECK(library.known("c")->instance.slave_lag == 3s);
  for (const auto* nothing : {"UPDATE meta.lag SET seconds = NULL", "DELETE FROM meta.lag"}) {
    servers.server("c").execute(nothing);
    const auto c = library.refresh("c").instance;
    REQUIRE(c.warnings.size() == 1);
    CHECK_THAT(c.warnings[0], Catch::Contains("SlaveLagQuery returned") &&
                                  Catch::Contains("instead of a number of seconds"));
    CHECK(c.slave_lag == c.replication()->seconds_behind_master);
  }
}

TEST_CASE("an operation proceeds without the lag if SlaveLagQuery hangs", "[refactor]") {
  for (const auto flavour : {Flavour::mariadb_10_11, Flavour::mysql_9_7}) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b > c", system_test::options_of(flavour));
      auto configuration = system_test::configuration_for(servers);
      configuration.slave_lag_query = "SELECT SLEEP(1000)";
      configuration.mysql_discovery_read_timeout = 2s;
      RefactoringFixture(servers, configuration).library.discover("a");
      RefactoringFixture moves(servers, configuration);  // does not remember the hanging query
      const auto began = std::chrono::steady_clock::now();
      CHECK(moves.refactoring.run("move-up", {moves.library.key("c")}, {}).outcome.moved.size() == 1);
      CHECK(std::chrono::steady_clock::now() - began < 10s);
      CHECK(servers.server("c").replicates());
    }
  }
}

TEST_CASE("a sibling delayed on purpose is refused as a destination at once", "[refactor]") {
  for (const auto flavour : {Flavour::mariadb_10_11, Flavour::mysql_9_7}) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, a > c", system_test::options_of(flavour));
      RefactoringFixture moves(servers);
      auto& library = moves.library;
      delay(servers.server("b"), 3600);
      library.discover("a");
      servers.server("a").execute("CREATE DATABASE shop");
      const auto began = std::chrono::steady_clock::now();
      std::vector<std::string> steps;
      moves.refactoring.on_step([&](const std::string& step) { steps.push_back(step); });
      CHECK_THAT(refusal(
                     [&] {
                       (void)moves.refactoring.run("move-below", {library.key("c"), library.key("b")}, {});
                     },
                     topo::Code::refused),
                 Catch::Contains("configured delay of 3600 s") || Catch::Contains("lags "));
      CHECK(std::chrono::steady_clock::now() - began < 10s);
      CHECK(steps.empty());
      CHECK(servers.server("c").replicates());
    }
  }
}

TEST_CASE("a cluster that is discovered by another name of its master does not warn of its own alias",
          "[program][alias]") {
  sandbox::Topology servers("a > b, a > c", system_test::options_of(Flavour::mariadb_10_11));
  const system_test::ConfigurationFixture fixture(
      R"("MySQLTopologyUser": "orchestrator", "MySQLTopologyPassword": "orch_pass", "DiscoverByShowSlaveHosts": true,
         "DetectClusterAliasQuery": "SELECT 'shop'")");
  const auto outcome = fixture.serve({"http"}, [&](pid_t) {
    CHECK(fixture.get(fmt::format("/api/discover/localhost/{}", servers.server("a").key().port())).status ==
          200);
    const auto is_one_cluster = [&] {
      const auto body = fixture.get("/api/clusters-info").body;
      return body.find("\"ClusterAlias\":\"shop\",\"CountInstances\":3") != std::string::npos;
    };
    sandbox::wait_until(is_one_cluster, patience, "the servers to form one cluster");
  });
  CHECK_THAT(outcome.err, !Catch::Contains("is also that of"));
}

TEST_CASE("replication cannot be started or stopped during an operation, but can in maintenance",
          "[refactor][locks]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b > c", system_test::options_of(flavour));
      RefactoringFixture moves(servers);
      auto& library = moves.library;
      library.discover("a");
      const auto c = library.key("c");
      topo::refactor::Refactoring other(library.context(), nullptr);
      const std::pair<const char*, std::function<void(const OperationRequest&)>> operations[] = {
          {"stop-slave",
           [&](const OperationRequest& request) { (void)other.run("stop-slave", {c}, request); }},
          {"start-slave",
           [&](const OperationRequest& request) { (void)other.run("start-slave", {c}, request); }},
          {"stop-slave-nice",
           [&](const OperationRequest& request) { (void)other.run("stop-slave-nice", {c}, request); }},
          {"restart-slave",
           [&](const OperationRequest& request) { (void)other.run("restart-slave", {c}, request); }},
          {"set-writeable",
           [&](const OperationRequest& request) { (void)other.run("set-writeable", {c}, request); }},
      };
      int steps = 0;
      std::string locked_for = "move up";
      moves.refactoring.on_step([&](const std::string&) {
        ++steps;
        for (const auto& operation : operations) {
          for (const bool dry_run : {false, true}) {
            INFO(operation.first << (dry_run ? ", dry run" : "") << " at step " << steps);
            OperationRequest request;
            request.dry_run = dry_run;
            CHECK_THAT(refusal([&] { operation.second(request); }, topo::Code::locked),
                       Catch::Contains(c.display() + " is locked by") && Catch::Contains(locked_for));
          }
        }
        CHECK_NOTHROW(other.run("set-read-only", {c}, {}));  // always allowed, as it keeps writes out
        CHECK_THROWS_AS(topo::refactor::require_not_under_way(library.context().store(), c), topo::Error);
      });
      CHECK(moves.refactoring.run("move-up", {c}, {}).outcome.failed.empty());
      CHECK(steps > 3);
      CHECK(servers.server("c").replication_status()->master == library.key("a"));
      steps = 0;
      locked_for = "stop replica";
      (void)moves.refactoring.run("stop-slave", {c}, {});  // has a single step
      CHECK(steps > 0);
      (void)other.run("start-slave", {c}, {});

      const topo::MaintenanceRequest maintenance[] = {{c, "new disks"}};
      library.context().store().maintenance().begin(maintenance, "ann", 60s);
      CHECK_NOTHROW(topo::refactor::require_not_under_way(library.context().store(), c));
      for (const auto& operation : operations) {
        INFO(operation.first << " in maintenance");
        for (const bool dry_run : {true, false}) {
          OperationRequest request;
          request.dry_run = dry_run;
          CHECK_NOTHROW(operation.second(request));
        }
      }
      CHECK(library.context().store().maintenance().of(c)->owner == "ann");
    }
  }
}
