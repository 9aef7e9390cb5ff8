// What is known before a server is touched: locks, lag that a query measures, delays; and aliases that
// clusters share.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "sandbox/wait.h"
#include "system/support/mover.h"
#include "topo/topology/move_targets.h"

namespace {

using namespace std::chrono_literals;
using sandbox::Flavour;
using sandbox::patience;
using system_test::Mover;
using system_test::refusal;
using topo::refactor::Request;

void delay(sandbox::Server& replica, int seconds) {
  const bool new_words = sandbox::says_replica(replica.flavour());
  replica.execute(new_words ? "STOP REPLICA" : "STOP SLAVE");
  replica.execute(fmt::format("CHANGE {} TO {}_DELAY = {}", new_words ? "REPLICATION SOURCE" : "MASTER",
                              new_words ? "SOURCE" : "MASTER", seconds));
  replica.execute(new_words ? "START REPLICA" : "START SLAVE");
  sandbox::wait_until([&] { return replica.replicates(); }, patience, "the delayed one to replicate");
}

std::vector<std::string> warnings_of(system_test::Subject& subject, std::string_view name) {
  return subject.known(name)->instance.warnings;
}

}  // namespace

TEST_CASE("who is locked stays where it is, and the others move", "[refactor][locks]") {
  for (const auto flavour : {Flavour::mariadb_10_11, Flavour::mysql_9_7}) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, b > c, b > d, b > e", system_test::options_of(flavour));
      Mover mover(servers);
      auto& subject = mover.subject;
      subject.discover("a");
      auto& store = subject.context().store();
      const std::vector<topo::MaintenanceRequest> locks{{subject.key("c"), "new disks"}};
      store.maintenance().begin(locks, "ann", 60s);
      Request dry_run;
      dry_run.dry_run = true;
      const auto planned = mover.refactoring.move_up_replicas(subject.key("b"), dry_run);
      REQUIRE(planned.plan.refused.size() == 1);
      CHECK(planned.plan.refused.front().first == subject.key("c"));
      CHECK_THAT(planned.plan.refused.front().second.reason,
                 Catch::Contains("is locked by ann") && Catch::Contains("new disks"));
      const auto moved = mover.refactoring.move_up_replicas(subject.key("b"), {});
      CHECK(moved.outcome.moved.size() == 2);
      CHECK(subject.refresh("c").instance.master_key() == subject.key("b"));
      CHECK(subject.refresh("d").instance.master_key() == subject.key("a"));
      CHECK_THAT(
          refusal([&] { (void)mover.refactoring.move_up(subject.key("c"), dry_run); }, topo::Code::locked),
          Catch::Contains("is locked by ann"));

      auto cluster = store.instances().read_cluster(subject.known("a")->instance.cluster_name);
      topo::note_locks(store.maintenance().active(), cluster);
      const auto limits = topo::rule_limits(subject.context().configuration());
      for (const auto& target : topo::move_targets(topo::Topology(cluster), subject.key("d"), limits)) {
        if (target.key == subject.key("c")) continue;
        if (target.key == subject.key("b")) CHECK(target.classic.kind == topo::MoveVerdict::Kind::yes);
      }
      for (const auto& target : topo::move_targets(topo::Topology(cluster), subject.key("c"), limits)) {
        CHECK(target.classic.kind == topo::MoveVerdict::Kind::no);
        if (target.key == subject.key("a"))
          CHECK_THAT(target.classic.reason, Catch::Contains("is locked by ann"));
      }
    }
  }
}

TEST_CASE("moves are blocked by the larger lag, and leave what SlaveLagQuery measured", "[refactor]") {
  sandbox::Topology servers("a > b > c", system_test::options_of(Flavour::mariadb_10_11));
  servers.server("a").execute("CREATE DATABASE meta");
  servers.server("a").execute("CREATE TABLE meta.lag (seconds INT)");
  servers.server("a").execute("INSERT INTO meta.lag VALUES (7)");
  servers.wait_for_replication();
  for (const auto& server : servers.servers())
    server->execute("GRANT SELECT ON meta.* TO 'orchestrator'@'%'");
  auto configuration = system_test::configuration_for(servers);
  configuration.slave_lag_query = "SELECT seconds FROM meta.lag";
  Mover mover(servers, configuration);
  auto& subject = mover.subject;
  subject.discover("a");
  CHECK(subject.known("c")->instance.slave_lag == 7s);
  CHECK(mover.refactoring.move_up(subject.key("c"), {}).outcome.moved.size() == 1);
  CHECK(subject.known("c")->instance.slave_lag == 7s);  // no poll has been since
  // It is asked now, whatever the last poll has seen.
  servers.server("c").execute("UPDATE meta.lag SET seconds = 500");
  CHECK_THAT(refusal([&] { (void)mover.refactoring.move_below(subject.key("c"), subject.key("b"), {}); },
                     topo::Code::refused),
             Catch::Contains("lags 500 s by SlaveLagQuery"));
  CHECK(servers.server("c").replicates());
  for (const auto* nothing : {"UPDATE meta.lag SET seconds = NULL", "DELETE FROM meta.lag"}) {
    servers.server("c").execute(nothing);
    const auto c = subject.refresh("c").instance;
    REQUIRE(c.warnings.size() == 1);
    CHECK_THAT(c.warnings[0],
               Catch::Contains("SlaveLagQuery gave") && Catch::Contains("no number of seconds"));
    CHECK(c.slave_lag == c.replication()->seconds_behind_master);
  }
}

TEST_CASE("an operation goes on without the lag that a hanging SlaveLagQuery does not tell", "[refactor]") {
  for (const auto flavour : {Flavour::mariadb_10_11, Flavour::mysql_9_7}) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b > c", system_test::options_of(flavour));
      auto configuration = system_test::configuration_for(servers);
      configuration.slave_lag_query = "SELECT SLEEP(1000)";
      configuration.mysql_discovery_read_timeout = 2s;
      Mover(servers, configuration).subject.discover("a");
      Mover mover(servers, configuration);  // remembers no query that hung
      const auto began = std::chrono::steady_clock::now();
      CHECK(mover.refactoring.move_up(mover.subject.key("c"), {}).outcome.moved.size() == 1);
      CHECK(std::chrono::steady_clock::now() - began < 10s);
      CHECK(servers.server("c").replicates());
    }
  }
}

TEST_CASE("a sibling that is delayed on purpose is no destination, and says so at once", "[refactor]") {
  for (const auto flavour : {Flavour::mariadb_10_11, Flavour::mysql_9_7}) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, a > c", system_test::options_of(flavour));
      Mover mover(servers);
      auto& subject = mover.subject;
      delay(servers.server("b"), 3600);
      subject.discover("a");
      servers.server("a").execute("CREATE DATABASE shop");
      const auto began = std::chrono::steady_clock::now();
      std::vector<std::string> steps;
      mover.refactoring.on_step([&](const std::string& step) { steps.push_back(step); });
      CHECK_THAT(refusal([&] { (void)mover.refactoring.move_below(subject.key("c"), subject.key("b"), {}); },
                         topo::Code::refused),
                 Catch::Contains("delayed on purpose by 3600 s") || Catch::Contains("lags "));
      CHECK(std::chrono::steady_clock::now() - began < 10s);
      CHECK(steps.empty());
      CHECK(servers.server("c").replicates());
    }
  }
}

TEST_CASE("of two clusters that answer the same alias one keeps it, and both say so", "[discovery][alias]") {
  for (const auto flavour : {Flavour::mariadb_10_11, Flavour::mysql_9_7}) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, x", system_test::options_of(flavour));
      const auto set_alias = [&](const char* name, const char* sql) {
        auto& server = servers.server(name);
        server.execute("CREATE DATABASE IF NOT EXISTS meta");
        server.execute("CREATE TABLE IF NOT EXISTS meta.alias (name VARCHAR(64))");
        server.execute("DELETE FROM meta.alias");
        if (*sql != '\0') server.execute(sql);
        server.execute("GRANT SELECT ON meta.* TO 'orchestrator'@'%'");
      };
      set_alias("a", "INSERT INTO meta.alias VALUES ('shop')");
      set_alias("x", "INSERT INTO meta.alias VALUES ('shop')");
      auto configuration = system_test::configuration_for(servers);
      configuration.detect_cluster_alias_query = "SELECT name FROM meta.alias";
      Mover mover(servers, configuration);
      auto& subject = mover.subject;
      auto& clusters = subject.context().store().clusters();
      const auto a = subject.key("a").display();
      const auto x = subject.key("x").display();
      subject.discover("a");
      CHECK(clusters.cluster_of_alias("shop") == a);
      subject.discover("x");
      for (int round = 0; round < 3; ++round) {
        (void)subject.refresh("x");
        (void)subject.refresh("a");
        CHECK(clusters.cluster_of_alias("shop") == a);
      }
      REQUIRE(warnings_of(subject, "a").size() == 1);
      REQUIRE(warnings_of(subject, "x").size() == 1);
      CHECK_THAT(
          warnings_of(subject, "a").front(),
          Catch::Contains("\"shop\"") && Catch::Contains("is also that of " + x + "; this one keeps it"));
      CHECK_THAT(warnings_of(subject, "x").front(),
                 Catch::Contains("\"shop\"") && Catch::Contains("is also that of " + a + ", which keeps it"));

      // One that its query does not give any more goes, and the other may have it.
      set_alias("a", "");
      (void)subject.refresh("a");
      (void)subject.refresh("x");
      CHECK(clusters.cluster_of_alias("shop") == x);
      CHECK(warnings_of(subject, "a").empty());
      (void)subject.refresh("x");
      CHECK(warnings_of(subject, "x").empty());
      set_alias("x", "");
      (void)subject.refresh("x");
      CHECK_FALSE(clusters.cluster_of_alias("shop"));

      // A query that fails tells nothing; one that somebody gave stays.
      set_alias("x", "INSERT INTO meta.alias VALUES ('mail')");
      (void)subject.refresh("x");
      CHECK(clusters.cluster_of_alias("mail") == x);
      servers.server("x").execute("DROP TABLE meta.alias");
      (void)subject.refresh("x");
      CHECK(clusters.cluster_of_alias("mail") == x);
      clusters.set_alias(a, "by hand");
      (void)subject.refresh("a");
      CHECK(clusters.cluster_of_alias("by hand") == a);
      set_alias("a", "INSERT INTO meta.alias VALUES ('by query')");
      (void)subject.refresh("a");
      CHECK(clusters.cluster_of_alias("by hand") == a);
      set_alias("a", "INSERT INTO meta.alias VALUES (NULL)");
      (void)subject.refresh("a");
      CHECK(clusters.cluster_of_alias("by hand") == a);
    }
  }
}

TEST_CASE("replication is not started or stopped within an operation, but within maintenance",
          "[refactor][locks]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b > c", system_test::options_of(flavour));
      Mover mover(servers);
      auto& subject = mover.subject;
      subject.discover("a");
      const auto c = subject.key("c");
      topo::refactor::Refactoring other(subject.context(), nullptr);
      const std::pair<const char*, std::function<void(const Request&)>> operations[] = {
          {"stop-slave", [&](const Request& request) { (void)other.stop(c, request); }},
          {"start-slave", [&](const Request& request) { (void)other.start(c, request); }},
          {"stop-slave-nice", [&](const Request& request) { (void)other.stop_nicely(c, request); }},
          {"restart-slave", [&](const Request& request) { (void)other.restart(c, request); }},
          {"set-writeable", [&](const Request& request) { (void)other.set_read_only(c, false, request); }},
      };
      int steps = 0;
      std::string locked_for = "move up";
      mover.refactoring.on_step([&](const std::string&) {
        ++steps;
        for (const auto& operation : operations) {
          for (const bool dry_run : {false, true}) {
            INFO(operation.first << (dry_run ? ", dry run" : "") << " at step " << steps);
            Request request;
            request.dry_run = dry_run;
            CHECK_THAT(refusal([&] { operation.second(request); }, topo::Code::locked),
                       Catch::Contains(c.display() + " is locked by") && Catch::Contains(locked_for));
          }
        }
        CHECK_NOTHROW(other.set_read_only(c, true, {}));  // keeps writes out
        CHECK_THROWS_AS(topo::refactor::require_not_under_way(subject.context().store(), c), topo::Error);
      });
      CHECK(mover.refactoring.move_up(c, {}).outcome.failed.empty());
      CHECK(steps > 3);
      CHECK(servers.server("c").replication_status()->master == subject.key("a"));
      steps = 0;
      locked_for = "stop slave";
      (void)mover.refactoring.stop(c, {});  // of one step
      CHECK(steps > 0);
      (void)other.start(c, {});

      const topo::MaintenanceRequest maintenance[] = {{c, "new disks"}};
      subject.context().store().maintenance().begin(maintenance, "ann", 60s);
      CHECK_NOTHROW(topo::refactor::require_not_under_way(subject.context().store(), c));
      for (const auto& operation : operations) {
        INFO(operation.first << " in maintenance");
        for (const bool dry_run : {true, false}) {
          Request request;
          request.dry_run = dry_run;
          CHECK_NOTHROW(operation.second(request));
        }
      }
      CHECK(subject.context().store().maintenance().of(c)->owner == "ann");
    }
  }
}

TEST_CASE("of two clusters that answer an alias at the same time one alone says that it keeps it",
          "[discovery][alias]") {
  sandbox::Topology servers("a, x", system_test::options_of(Flavour::mariadb_10_11));
  auto configuration = system_test::configuration_for(servers);
  configuration.detect_cluster_alias_query = "SELECT 'shop'";
  Mover mover(servers, configuration);
  auto& subject = mover.subject;
  auto& clusters = subject.context().store().clusters();
  for (const auto* name : {"a", "x"}) subject.discovery().submit(subject.key(name));
  sandbox::wait_until([&] { return subject.known("a") && subject.known("x"); }, patience, "both to be known");
  // An alias is registered after its head has been stored.
  sandbox::wait_until([&] { return clusters.cluster_of_alias("shop").has_value(); }, patience,
                      "one to keep the alias");
  const auto keeper = clusters.cluster_of_alias("shop");
  for (int round = 0; round < 3; ++round) subject.refresh_all();
  CHECK(clusters.cluster_of_alias("shop") == keeper);
  for (const auto* name : {"a", "x"}) {
    const auto warnings = warnings_of(subject, name);
    REQUIRE(warnings.size() == 1);
    CHECK_THAT(warnings.front(), Catch::Contains(keeper == subject.key(name).display() ? "this one keeps it"
                                                                                       : "which keeps it"));
  }
}

TEST_CASE("a cluster whose head is dead gives its alias up to one that answers it", "[discovery][alias]") {
  sandbox::Topology servers("a, x", system_test::options_of(Flavour::mariadb_10_11));
  auto configuration = system_test::configuration_for(servers);
  configuration.detect_cluster_alias_query = "SELECT 'shop'";
  Mover mover(servers, configuration);
  auto& subject = mover.subject;
  auto& clusters = subject.context().store().clusters();
  subject.discover("a");
  servers.server("a").kill9();
  subject.refresh_all();
  subject.discover("x");
  CHECK(clusters.cluster_of_alias("shop") == subject.key("x").display());
  servers.server("a").start();
  subject.refresh_all();
  subject.refresh_all();
  CHECK(clusters.cluster_of_alias("shop") == subject.key("x").display());
  CHECK(warnings_of(subject, "a").size() == 1);
}
