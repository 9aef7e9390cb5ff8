// Replicas are moved under write load, and no row is lost or doubled.

#include <catch2/catch.hpp>
#include <functional>

#include "sandbox/wait.h"
#include "sandbox/writer.h"
#include "system/support/backend_file.h"
#include "system/support/refactoring_fixture.h"
#include "system/support/relay.h"
#include "topo/base/error.h"
#include "topo/store/store.h"

namespace {

using namespace std::chrono_literals;
using sandbox::Flavour;
using sandbox::patience;
using system_test::check_rows;
using system_test::LibraryFixture;
using system_test::more_writes;
using system_test::RefactoringFixture;
using system_test::refusal;
using system_test::without_status;
using topo::refactor::OperationRequest;

}  // namespace

TEST_CASE("every operation under write load ends in the promised topology, with all rows everywhere",
          "[refactor]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours_with_newest())) {
    for (const char* format : {"ROW", "STATEMENT"}) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << ", " << format) {
        auto options = system_test::options_of(flavour);
        options.format = format;
        sandbox::Topology servers("a > b > c, b > d, a > e", options);
        sandbox::Writer writer(servers.server("a"));
        RefactoringFixture moves(servers);
        auto& library = moves.library;
        library.discover("a");
        const auto key = [&](const char* name) { return library.key(name); };
        const auto tree_is = [&](const char* expected) {
          more_writes(writer);
          CHECK(without_status(library.tree("a")) == expected);
        };
        tree_is("a\n+ b\n  + c\n  + d\n+ e");
        const OperationRequest request;
        auto report = moves.refactoring.run("move-up", {key("c")}, request);
        CHECK(report.outcome.leftovers.empty());
        CHECK(report.subject.master_key() == key("a"));
        tree_is("a\n+ b\n  + d\n+ c\n+ e");
        CHECK(moves.refactoring.run("move-below", {key("c"), key("e")}, request).outcome.moved.size() == 1);
        tree_is("a\n+ b\n  + d\n+ e\n  + c");
        CHECK(moves.refactoring.run("enslave-master", {key("d")}, request).outcome.moved.size() == 1);
        tree_is("a\n+ d\n  + b\n+ e\n  + c");
        CHECK(moves.refactoring.run("enslave-siblings", {key("d")}, request).outcome.moved.size() == 1);
        tree_is("a\n+ d\n  + b\n  + e\n    + c");
        CHECK(moves.refactoring.run("move-up-slaves", {key("d")}, request).outcome.moved.size() == 2);
        tree_is("a\n+ b\n+ d\n+ e\n  + c");
        CHECK(moves.refactoring.run("repoint", {key("b")}, request).outcome.moved.size() == 1);
        CHECK(moves.refactoring.run("repoint-slaves", {key("a")}, request).outcome.moved.size() == 3);
        tree_is("a\n+ b\n+ d\n+ e\n  + c");
        writer.stop();
        check_rows(servers, {"a", "b", "c", "d", "e"});
        library.refresh_all();
        for (const char* name : {"a", "b", "c", "d", "e"}) CHECK(library.known(name)->last_check_error == "");
        CHECK(library.tree("a") == "a [OK,v," + std::string(format) + ",>>]\n+ b [OK,v," + format +
                                       ",>>]\n+ d [OK,v," + format + ",>>]\n+ e [OK,v," + format +
                                       ",>>]\n  + c [OK,v," + format + ",>>]");
        // Each operation is in the audit; no lock is left.
        CHECK(library.context().store().audit().read(0, 50).size() >= 7);
        CHECK(library.context().store().maintenance().active().empty());
      }
    }
  }
}

TEST_CASE("make-co-master creates co-masters", "[refactor]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, a > c", system_test::options_of(flavour));
      sandbox::Writer writer(servers.server("a"));
      RefactoringFixture moves(servers);
      auto& library = moves.library;
      library.discover("a");
      topo::refactor::OperationRequest wrong;
      wrong.account = {"repl", "not its password", false, {}, {}, {}};
      CHECK_THAT(refusal([&] { moves.refactoring.run("make-co-master", {library.key("b")}, wrong); },
                         topo::Code::sql),
                 Catch::Contains("the given account may not exist, or have another password") &&
                     Catch::EndsWith("All is as it was") && !Catch::Contains("not its password"));
      CHECK_FALSE(library.refresh("a").instance.is_replica());
      more_writes(writer);
      moves.refactoring.run("make-co-master", {library.key("b")}, {});
      more_writes(writer);
      library.refresh_all();
      CHECK(library.known("a")->instance.is_co_master);
      CHECK(library.known("b")->instance.is_co_master);
      CHECK(library.known("a")->instance.replica_running());
      servers.server("b").execute("insert into sandbox_load.writes values (1000000000, 'by b')");
      writer.stop();
      const auto came_round = [&] {
        return !servers.server("a").query("select 1 from sandbox_load.writes where id = 1000000000").empty();
      };
      sandbox::wait_until(came_round, patience, "what b wrote on a");
      check_rows(servers, {"a", "b", "c"});
      CHECK_THAT(refusal([&] { moves.refactoring.run("make-co-master", {library.key("b")}, {}); },
                         topo::Code::refused),
                 Catch::Contains("are co-masters already"));
    }
  }
}

TEST_CASE("rows written on a passive co-master reach the replicas that move to it and away from it",
          "[refactor]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours_with_newest())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b > c, a > d", system_test::options_of(flavour));
      auto& a = servers.server("a");
      auto& b = servers.server("b");
      system_test::give_replication_account(a);
      // The delay leaves time for a move before the writes of b come back.
      a.execute(sandbox::says_replica(flavour) ? "CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 1"
                                               : "CHANGE MASTER TO MASTER_DELAY = 1");
      sandbox::Writer writer(a);
      RefactoringFixture moves(servers);
      auto& library = moves.library;
      library.discover("a");
      more_writes(writer);
      moves.refactoring.run("make-co-master", {library.key("b")}, {});
      int id = 1000000000;
      const auto write_on_b = [&] {
        b.execute("insert into sandbox_load.writes values (" + std::to_string(id++) + ", 'by b')");
      };
      const auto is_refused = [&](const std::function<void()>& move) {
        CHECK_THAT(refusal(move, topo::Code::refused), Catch::Contains("is a writable co-master"));
      };
      is_refused([&] { moves.refactoring.run("move-up", {library.key("c")}, {}); });
      is_refused([&] { moves.refactoring.run("move-below", {library.key("d"), library.key("b")}, {}); });
      is_refused([&] { moves.refactoring.run("move-up", {library.key("d")}, {}); });
      moves.refactoring.run("set-read-only", {library.key("b")}, {});

      write_on_b();
      CHECK(moves.refactoring.run("move-up", {library.key("c")}, {}).outcome.leftovers.empty());
      CHECK(servers.server("c").replication_status()->master == library.key("a"));
      write_on_b();
      CHECK(moves.refactoring.run("enslave-siblings", {library.key("c")}, {}).outcome.moved.size() == 1);
      CHECK(moves.refactoring.run("move-below", {library.key("c"), library.key("b")}, {})
                .outcome.leftovers.empty());
      CHECK(servers.server("c").replication_status()->master == library.key("b"));
      write_on_b();
      CHECK(moves.refactoring.run("move-up-slaves", {library.key("b")}, {}).outcome.failed.empty());
      CHECK(servers.server("c").replication_status()->master == library.key("a"));
      more_writes(writer);
      writer.stop();
      const auto came_round = [&] {
        return a.query("select 1 from sandbox_load.writes where content = 'by b'").size() == 3;
      };
      sandbox::wait_until(came_round, patience, "what b wrote on a");
      check_rows(servers, {"a", "b", "c", "d"});
      for (const char* name : {"a", "b", "c", "d"}) CHECK(servers.server(name).replicates());
    }
  }
}

TEST_CASE("the replication settings of a replica survive its move", "[refactor]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b > c", system_test::options_of(flavour));
      auto& c = servers.server("c");
      const bool new_words = sandbox::says_replica(flavour);
      c.stop_replication();
      // Flavours that use TLS by default would look for the file.
      const std::string ca = flavour == Flavour::mariadb_10_11 || flavour == Flavour::mysql_5_6
                                 ? ", MASTER_SSL_CA = '/no/such.pem'"
                                 : "";
      c.execute(new_words
                    ? "CHANGE REPLICATION SOURCE TO SOURCE_CONNECT_RETRY = 7, SOURCE_HEARTBEAT_PERIOD = "
                      "3.5, SOURCE_DELAY = 1, SOURCE_RETRY_COUNT = 77"
                    : "CHANGE MASTER TO MASTER_CONNECT_RETRY = 7, MASTER_HEARTBEAT_PERIOD = 3.5, "
                      "MASTER_DELAY = 1" +
                          ca);
      c.start_replication();
      const auto settings = [&] {
        const auto status = c.query(new_words ? "show replica status" : "show slave status");
        auto text = status[0].string_or("Connect_Retry") + " " + status[0].string_or("SQL_Delay") + " " +
                    status[0].string_or(new_words ? "Source_Retry_Count" : "Master_Retry_Count") + " " +
                    status[0].string_or(new_words ? "Source_SSL_CA_File" : "Master_SSL_CA_File") + " " +
                    status[0].string_or(new_words ? "Source_User" : "Master_User");
        const auto heartbeat = c.query(new_words ? "select heartbeat_interval from performance_schema."
                                                   "replication_connection_configuration"
                                                 : "show global status like 'Slave_heartbeat_period'");
        return text + " " + std::string(heartbeat[0].text(heartbeat.columns().size() - 1).value_or(""));
      };
      const auto before = settings();
      CHECK_THAT(before, Catch::StartsWith("7 1 ") && Catch::Contains(" 3.5"));
      RefactoringFixture moves(servers);
      moves.library.discover("a");
      moves.refactoring.run("move-up", {moves.library.key("c")}, {});
      CHECK(moves.library.refresh("c").instance.master_key() == moves.library.key("a"));
      CHECK(settings() == before);
      moves.refactoring.run("move-below", {moves.library.key("c"), moves.library.key("b")}, {});
      CHECK(settings() == before);
    }
  }
}

TEST_CASE("a refusal comes before any change", "[refactor]") {
  sandbox::Topology servers("a > b > c, a > d");
  RefactoringFixture moves(servers);
  auto& library = moves.library;
  auto& refactoring = moves.refactoring;
  library.discover("a");
  const auto key = [&](const char* name) { return library.key(name); };
  const auto stops_of = [&](const char* name) {
    return servers.server(name).query("show global status like 'Com_stop_slave'")[0].number("Value");
  };
  const auto tree = library.tree("a");

  CHECK_THAT(refusal([&] { refactoring.run("move-up", {key("b")}, {}); }, topo::Code::refused),
             Catch::Contains("is not a replica itself"));
  CHECK_THAT(refusal(
                 [&] {
                   refactoring.run("move-below", {key("b"), key("c")}, {});
                 },
                 topo::Code::refused),
             Catch::Contains("are not siblings"));
  CHECK_THAT(refusal(
                 [&] {
                   refactoring.run("move-up", {{"nobody", 3306}}, {});
                 },
                 topo::Code::not_found),
             Catch::Contains("Instance not found: nobody:3306"));
  CHECK_THAT(refusal(
                 [&] {
                   refactoring.run("repoint", {key("d"), key("b")}, {});
                 },
                 topo::Code::refused),
             Catch::Contains("which are invalid in that of"));

  SECTION("a server is locked") {
    library.context().store().maintenance().begin(
        std::vector<topo::MaintenanceRequest>{{key("b"), "memory is changed"}}, "ann", 600s);
    CHECK_THAT(refusal([&] { refactoring.run("move-up", {key("c")}, {}); }, topo::Code::locked),
               Catch::Contains("is locked by ann") && Catch::Contains("memory is changed"));
    CHECK(library.context().store().maintenance().active().size() == 1);
  }
  SECTION("the SQL thread is stopped") {
    servers.server("c").execute("STOP SLAVE SQL_THREAD");
    CHECK_THAT(refusal([&] { refactoring.run("move-up", {key("c")}, {}); }, topo::Code::refused),
               Catch::Contains("the SQL thread of") && Catch::Contains("is not running"));
    servers.server("c").execute("START SLAVE SQL_THREAD");
  }
  SECTION("the sibling cannot be a master") {
    servers.server("d").execute("SET GLOBAL binlog_format = 'STATEMENT'");
    CHECK_THAT(refusal(
                   [&] {
                     refactoring.run("move-below", {key("d"), key("b")}, {});
                   },
                   topo::Code::refused),
               Catch::Contains("logs in STATEMENT format"));
    servers.server("d").execute("SET GLOBAL binlog_format = 'ROW'");
  }
  SECTION("a dead sibling") {
    servers.server("d").kill9();
    CHECK_THAT(refusal(
                   [&] {
                     refactoring.run("move-below", {key("b"), key("d")}, {});
                   },
                   topo::Code::refused),
               Catch::Contains("could not be read") && Catch::Contains("Connection refused"));
    servers.server("d").start();
    sandbox::wait_until([&] { return servers.server("d").replicates(); }, patience, "d to replicate again");
    library.refresh_all();
  }
  SECTION("a dry run returns only a plan") {
    const auto report =
        refactoring.run("move-below", {key("b"), key("d")}, {.owner = "", .dry_run = true, .filter = {}});
    CHECK(report.was_dry_run);
    CHECK(report.outcome.moved.empty());
    CHECK_THAT(topo::describe(report.plan), Catch::Contains(key("b").display() + ": stop replication"));
  }
  for (const char* name : {"a", "b", "d"}) CHECK(stops_of(name) == 0);
  library.refresh_all();
  CHECK(library.tree("a") == tree);
}

TEST_CASE("when two nodes move one replica, one wins, and the other reports the owner of the lock",
          "[refactor]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION("backend " << sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b > c, b > d");
      sandbox::Topology backend("store", system_test::options_of(flavour));
      auto& store = backend.server("store");
      auto configuration = system_test::configuration_for(servers, store);
      const auto node = [&] {
        auto made = std::make_unique<LibraryFixture>(servers, configuration);
        made->discover("a");
        return made;
      };
      const auto one = node(), other = node();
      topo::refactor::Refactoring first(one->context(), nullptr), second(other->context(), nullptr);
      const auto& c = one->key("c");
      OperationRequest ann, bob;
      ann.owner = "ann";
      bob.owner = "bob";
      // The second node acts in the middle of the first one's operation.
      std::string told, also_told;
      int steps = 0;
      first.on_step([&](const std::string&) {
        if (++steps != 3) return;
        told = refusal([&] { second.run("move-below", {c, one->key("d")}, bob); }, topo::Code::locked);
        also_told = refusal([&] { second.run("move-up-slaves", {one->key("b")}, bob); }, topo::Code::locked);
      });
      CHECK(first.run("move-up", {c}, ann).outcome.moved.size() == 1);
      CHECK_THAT(told,
                 Catch::StartsWith(c.display() + " is locked by ann since ") && Catch::EndsWith("move up"));
      CHECK_THAT(also_told, Catch::Contains(" is locked by ann since "));
      CHECK(other->refresh("c").instance.master_key() == one->key("a"));
      CHECK(other->refresh("d").instance.master_key() == one->key("b"));
      CHECK(second.run("move-below", {c, one->key("b")}, bob).outcome.moved.size() == 1);
    }
  }
}

TEST_CASE("hostname_unresolve names a master to its replicas if the name leads to it", "[refactor]") {
  if (!system_test::Relay::can_be_address()) return;
  sandbox::Topology servers("a > b > c");
  auto configuration = system_test::configuration_for(servers);
  const auto& a = servers.server("a").key();
  const bool leads_there = GENERATE(true, false);
  CAPTURE(leads_there);
  const system_test::Relay other_name({"127.0.9.1", a.port()}, leads_there ? a : servers.server("b").key());
  LibraryFixture library(servers, configuration);
  topo::refactor::Refactoring refactoring(library.context(), nullptr);
  library.discover("a");
  system_test::execute_in(
      configuration.sqlite3_data_file,
      "INSERT INTO hostname_unresolve (hostname, unresolved_hostname) VALUES ('127.0.0.1', '127.0.9.1')");
  const auto master_host = [&] {
    return servers.server("c").query("show slave status")[0].string_or("Master_Host");
  };
  if (leads_there) {
    CHECK(refactoring.run("move-up", {library.key("c")}, {}).outcome.moved.size() == 1);
    CHECK(master_host() == "127.0.9.1");
    library.discover("c");
    CHECK(library.refresh("c").instance.master_key() == library.key("a"));
  } else {
    CHECK_THAT(refusal([&] { refactoring.run("move-up", {library.key("c")}, {}); }, topo::Code::refused),
               Catch::Contains("hostname_unresolve has the name 127.0.9.1 for 127.0.0.1") &&
                   Catch::Contains("is another server") && Catch::Contains("All is as it was"));
    CHECK(master_host() == "127.0.0.1");
    CHECK(library.refresh("c").instance.master_key() == library.key("b"));
  }
  CHECK(servers.server("c").replicates());
}
