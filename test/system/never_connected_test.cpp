// A replica that has never connected to its master counts as a replica, with a status of its own.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "sandbox/wait.h"
#include "system/support/refactoring_fixture.h"
#include "topo/recovery/recovery.h"

namespace {

using namespace std::chrono_literals;
using sandbox::Flavour;
using sandbox::patience;
using system_test::RefactoringFixture;

// Points the server at a closed port of this host, by GTID or without any coordinates.
void point_at_nobody(sandbox::Server& server, bool by_gtid) {
  const bool new_words = sandbox::says_replica(server.flavour());
  const bool is_mariadb = sandbox::is_mariadb(server.flavour());
  server.execute(new_words ? "STOP REPLICA" : "STOP SLAVE");
  server.execute(new_words ? "RESET REPLICA ALL" : "RESET SLAVE ALL");
  const std::string_view word = new_words ? "SOURCE" : "MASTER";
  const auto gtid = !by_gtid     ? ""
                    : is_mariadb ? ", MASTER_USE_GTID = slave_pos"
                                 : fmt::format(", {}_AUTO_POSITION = 1", word);
  server.execute(
      fmt::format("CHANGE {0} TO {1}_HOST = '127.0.0.1', {1}_PORT = 1, {1}_USER = 'repl', "
                  "{1}_PASSWORD = 'x', {1}_CONNECT_RETRY = 1{2}",
                  new_words ? "REPLICATION SOURCE" : "MASTER", word, gtid));
  server.execute(new_words ? "START REPLICA" : "START SLAVE");
}

}  // namespace

TEST_CASE("a replica that never connected counts as a replica everywhere", "[trouble][refactor]") {
  for (const auto flavour : system_test::flavours()) {
    for (const bool by_gtid : {false, true}) {
      if (by_gtid && flavour == Flavour::mysql_5_6) continue;
      DYNAMIC_SECTION(sandbox::to_string(flavour) << (by_gtid ? ", by GTID" : "")) {
        auto options = system_test::options_of(flavour);
        options.gtid = by_gtid;
        sandbox::Topology servers("a > b > d, a > c", options);
        RefactoringFixture moves(servers);
        auto& library = moves.library;
        library.discover("a");
        point_at_nobody(servers.server("b"), by_gtid);
        sandbox::wait_until(
            [&] {
              const auto b = library.refresh("b").instance;
              return b.replication() != nullptr && !b.replication()->last_io_error.empty();
            },
            patience, "the IO thread to tell what it cannot do");
        const auto b = *library.known("b");
        CHECK(b.instance.is_replica());
        CHECK(b.instance.never_connected());
        CHECK(b.instance.master_key() == topo::InstanceKey("127.0.0.1", 1));
        const auto limits = topo::status_limits(library.context().configuration());
        CHECK(topo::status_of(b, limits) == "never connected");
        const auto problems = topo::problems_of(b, limits);
        REQUIRE_FALSE(problems.empty());
        CHECK_THAT(problems.front(), Catch::Contains("has never connected to its master, 127.0.0.1:1") &&
                                         Catch::Contains(b.instance.replication()->last_io_error));
        CHECK_THAT(library.tree("b"), Catch::StartsWith("b [never connected,"));
        // It is not a master: a dead one would need another recovery.
        const auto analyses = topo::recovery::analyse_all(library.context());
        for (const auto& one : analyses) CHECK_FALSE((one.key == library.key("b") && one.is_master));

        const auto why_not = [&](const std::function<void()>& act) {
          try {
            act();
          } catch (const topo::Error& error) {
            return std::string(error.what());
          }
          return std::string();
        };
        const bool finds_its_coordinates =
            b.instance.replication()->using_oracle_gtid || b.instance.replication()->using_mariadb_gtid;
        auto& move = moves.refactoring;
        const auto& key = library.key("b");
        // Its master is unknown, which is not the same as having no master.
        CHECK_THAT(why_not([&] { (void)move.run("move-up", {key}, {}); }), Catch::Contains("127.0.0.1:1"));
        CHECK_THAT(why_not([&] { (void)move.run("make-co-master", {library.key("d")}, {}); }),
                   Catch::Contains("is replicating from") && Catch::Contains("127.0.0.1:1"));
        CHECK_THAT(why_not([&] { (void)move.run("move-up", {library.key("d")}, {}); }),
                   finds_its_coordinates ? Catch::Contains("127.0.0.1:1")
                                         : Catch::Contains("has never connected to its master, 127.0.0.1:1"));
        topo::refactor::OperationRequest dry_run;
        dry_run.dry_run = true;
        const auto repointed = why_not([&] { (void)move.run("repoint", {key, library.key("a")}, dry_run); });
        if (finds_its_coordinates)
          CHECK(repointed.empty());
        else
          CHECK_THAT(repointed, Catch::Contains("has no coordinates yet"));
      }
    }
  }
}

// Starts no threads.
void give_master(sandbox::Server& server, const topo::InstanceKey& master, bool by_gtid) {
  const bool new_words = sandbox::says_replica(server.flavour());
  server.execute(fmt::format("CHANGE {0} TO {1}_HOST = '{2}', {1}_PORT = {3}{4}",
                             new_words ? "REPLICATION SOURCE" : "MASTER", new_words ? "SOURCE" : "MASTER",
                             master.hostname(), master.port(),
                             by_gtid && !sandbox::is_mariadb(server.flavour())
                                 ? fmt::format(", {}_AUTO_POSITION = 1", new_words ? "SOURCE" : "MASTER")
                                 : ""));
}

TEST_CASE("an instance after RESET SLAVE is no replica, and warns about its remaining settings",
          "[trouble]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b", system_test::options_of(flavour));
      RefactoringFixture moves(servers);
      auto& library = moves.library;
      library.discover("a");
      auto& b = servers.server("b");
      const std::string word = sandbox::says_replica(flavour) ? "REPLICA" : "SLAVE";
      b.execute("STOP " + word);
      b.execute("RESET " + word);
      const auto reset = library.refresh("b").instance;
      CHECK_FALSE(reset.is_replica());
      REQUIRE(reset.warnings.size() == 1);
      CHECK_THAT(reset.warnings.front(), Catch::Contains("It has a master, " + library.key("a").display()) &&
                                             Catch::Contains("RESET " + word + " ALL"));
      // Everywhere, not only for operations, and also as read from the backend.
      const auto stored = *library.known("b");
      CHECK_FALSE(stored.instance.master_key().has_value());
      CHECK(stored.instance.channels == reset.channels);
      CHECK(stored.instance.cluster_name == library.key("b").display());
      CHECK(library.context().store().instances().read_replicas(library.key("a")).empty());
      CHECK_THAT(library.tree("a"), !Catch::Contains("+ b"));
      CHECK_THAT(library.tree("b"), Catch::StartsWith("b [OK,"));
      // If started, it would begin with its master's first file.
      CHECK_THAT(
          system_test::refusal([&] { (void)moves.refactoring.run("start-slave", {library.key("b")}, {}); },
                               topo::Code::refused),
          Catch::Contains("has no coordinates in the log of its master"));
      (void)moves.refactoring.run("reset-slave", {library.key("b")}, {});
      CHECK(library.refresh("b").instance.warnings.empty());
      give_master(b, library.key("a"), false);
      const auto given = library.refresh("b").instance;
      // Only MariaDB shows that the master was set again and replication was not started yet.
      CHECK(given.never_connected() == sandbox::is_mariadb(flavour));
      CHECK(given.warnings.size() == (sandbox::is_mariadb(flavour) ? 0 : 1));
    }
  }
}

TEST_CASE("a replica by GTID that was never started counts as never connected", "[trouble]") {
  for (const auto flavour : system_test::flavours()) {
    if (flavour == Flavour::mysql_5_6) continue;
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = system_test::options_of(flavour);
      options.gtid = true;
      sandbox::Topology servers("a > b", options);
      RefactoringFixture moves(servers);
      auto& library = moves.library;
      library.discover("a");
      auto& b = servers.server("b");
      const std::string word = sandbox::says_replica(flavour) ? "REPLICA" : "SLAVE";
      b.execute("STOP " + word);
      b.execute("RESET " + word + " ALL");
      give_master(b, library.key("a"), true);
      (void)library.refresh("b");
      const auto given = *library.known("b");
      CHECK(given.instance.never_connected());
      CHECK(given.instance.warnings.empty());
      CHECK(topo::status_of(given, topo::status_limits(library.context().configuration())) ==
            "never connected");
      // There is nothing to drain. MySQL does not start the SQL thread alone after a reset.
      b.execute("RESET " + word);
      if (library.refresh("b").instance.is_replica()) {
        (void)moves.refactoring.run("stop-slave-nice", {library.key("b")}, {});
        CHECK(library.known("b")->instance.never_connected());
      }
    }
  }
}

TEST_CASE("a recovery counts a replica that never connected to the dead master", "[recovery]") {
  auto options = system_test::options_of(Flavour::mariadb_10_11);
  options.gtid = true;
  sandbox::Topology servers("a > b, a > c, a > d", options);
  RefactoringFixture moves(servers);
  auto& library = moves.library;
  library.discover("a");
  servers.server("a").kill9();
  // The master of d is set again when it is already dead.
  auto& d = servers.server("d");
  const auto& a = library.key("a");
  d.execute("STOP SLAVE");
  d.execute("RESET SLAVE ALL");
  d.execute(
      fmt::format("CHANGE MASTER TO MASTER_HOST = '{}', MASTER_PORT = {}, MASTER_USER = 'repl', "
                  "MASTER_PASSWORD = 'repl_pass', MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1",
                  a.hostname(), a.port()));
  d.execute("START SLAVE");
  sandbox::wait_until(
      [&] {
        library.refresh_all();
        const auto found = topo::recovery::analyse_all(library.context());
        return found.size() == 1 && found.front().failure == topo::Failure::dead_master &&
               found.front().replicas == 3;
      },
      patience, "a dead master with three replicas");
  CHECK(library.known("d")->instance.never_connected());
  const auto report = moves.refactoring.run("regroup-slaves", {a}, {});
  library.refresh_all();
  CHECK(report.outcome.failed.empty());
  CHECK(report.outcome.moved.size() == 2);
  CHECK(library.known("d")->instance.master_key() == report.plan.candidate);
  sandbox::wait_until([&] { return d.replicates(); }, patience, "d to replicate");
}
