// Replication of a single instance, and statements that run there.
#include <catch2/catch.hpp>
#include <future>

#include "sandbox/wait.h"
#include "sandbox/writer.h"
#include "system/support/refactoring_fixture.h"
#include "topo/base/error.h"

namespace {

using namespace std::chrono_literals;
using sandbox::Flavour;
using sandbox::patience;
using system_test::more_writes;
using system_test::RefactoringFixture;
using system_test::refusal;

}  // namespace

TEST_CASE("a replica on one named channel is moved like any other", "[refactor]") {
  for (const auto flavour : system_test::flavours()) {
    if (flavour == Flavour::mysql_5_6) continue;  // has no channels
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b > c", system_test::options_of(flavour));
      auto& c = servers.server("c");
      c.stop_replication();
      const auto executed = c.replication_status()->executed;
      auto statement = sandbox::change_master_statement(flavour, servers.server("b").key(), executed, false);
      const bool is_mariadb = sandbox::is_mariadb(flavour);
      c.execute(is_mariadb ? "RESET SLAVE ALL" : "RESET REPLICA ALL");
      if (is_mariadb)
        statement.insert(statement.find(" to "), " 'größer'");
      else
        statement += " for channel 'north'";
      c.execute(statement);
      c.execute(is_mariadb ? "START SLAVE 'größer'" : "START REPLICA FOR CHANNEL 'north'");

      sandbox::Writer writer(servers.server("a"));
      RefactoringFixture moves(servers);
      auto& library = moves.library;
      library.discover("a");
      const auto channel_of_c = [&] {
        const auto read = library.refresh("c").instance;
        REQUIRE(read.channels.size() == 1);
        CHECK(read.replica_running());
        return read.channels[0].name + "<" + library.with_names(display_of(read.channels[0].master));
      };
      const std::string name = is_mariadb ? "größer" : "north";
      sandbox::wait_until([&] { return library.refresh("c").instance.replica_running(); }, patience,
                          "c to replicate");
      moves.refactoring.run("move-up", {library.key("c")}, {});
      CHECK(channel_of_c() == name + "<a");
      more_writes(writer);
      moves.refactoring.run("move-below", {library.key("c"), library.key("b")}, {});
      CHECK(channel_of_c() == name + "<b");
      moves.refactoring.run("stop-slave", {library.key("c")}, {});
      CHECK_FALSE(library.refresh("c").instance.replica_running());
      moves.refactoring.run("start-slave", {library.key("c")}, {});
      moves.refactoring.run("stop-slave-nice", {library.key("c")}, {});
      moves.refactoring.run("detach-slave", {library.key("c")}, {});
      moves.refactoring.run("reattach-slave", {library.key("c")}, {});
      CHECK(channel_of_c() == name + "<b");
      more_writes(writer);
      writer.stop();
      const auto sum = [&](const char* server) {
        return servers.server(server).query("checksum table sandbox_load.writes")[0].number_or("Checksum",
                                                                                               -1);
      };
      sandbox::wait_until([&] { return sum("a") == sum("c"); }, patience, "all rows on c");
      moves.refactoring.run("reset-slave", {library.key("c")}, {});
      CHECK(library.refresh("c").instance.channels.empty());
    }
  }
}

TEST_CASE("skip-query skips the transaction that broke replication, where that is possible", "[refactor]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    for (const bool by_gtid : {false, true}) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << (by_gtid ? " by GTID" : "")) {
        auto options = system_test::options_of(flavour);
        options.gtid = by_gtid;
        sandbox::Topology servers("a > b", options);
        auto& a = servers.server("a");
        auto& b = servers.server("b");
        a.execute("create database load_test");
        a.execute("create table load_test.t (id int primary key)");
        servers.wait_for_replication();
        b.execute("set session sql_log_bin = 0");
        b.execute("insert into load_test.t values (1)");
        a.execute("insert into load_test.t values (1)");
        a.execute("insert into load_test.t values (2)");
        sandbox::wait_until([&] { return b.replication_status()->sql == "No"; }, patience, "b to break");
        RefactoringFixture moves(servers);
        moves.library.discover("a");
        const auto skip = [&] { moves.refactoring.run("skip-query", {moves.library.key("b")}, {}); };
        if (by_gtid && !sandbox::is_mariadb(flavour)) {
          CHECK_THAT(refusal(skip, topo::Code::refused),
                     Catch::Contains("has gtid_mode ON") && Catch::Contains("SET GTID_NEXT"));
          CHECK(b.replication_status()->sql == "No");
          continue;
        }
        skip();
        servers.wait_for_replication();
        CHECK(b.query("select id from load_test.t").size() == 2);
        CHECK_THAT(refusal(skip, topo::Code::refused), Catch::Contains("there is nothing to skip"));
      }
    }
  }
}

TEST_CASE("start-slave below a dead master says that only the SQL thread runs", "[refactor]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b", system_test::options_of(flavour));
      RefactoringFixture moves(servers);
      const auto b = moves.library.key("b");
      static_cast<void>(moves.library.refresh("b"));
      servers.server("b").stop_replication();
      servers.server("a").kill9();
      const auto error =
          refusal([&] { (void)moves.refactoring.run("start-slave", {b}, {}); }, topo::Code::sql);
      CHECK_THAT(moves.library.with_names(error),
                 Catch::Contains("b does not connect to a: ") &&
                     Catch::Contains("; its SQL thread runs, and executes what it has received"));
      const auto now = moves.library.refresh("b").instance;
      CHECK(now.replication()->sql_thread == topo::ThreadState::running);
    }
  }
}

TEST_CASE("kill-query ends a statement but not its connection", "[refactor]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a", system_test::options_of(flavour));
      auto& a = servers.server("a");
      RefactoringFixture moves(servers);
      moves.library.discover("a");
      auto connection = a.connect(sandbox::replication_account);
      auto sleeps = std::async(std::launch::async, [&] { return connection.query("select sleep(60)"); });
      const auto is_asleep = [&] {
        return a.query("select id from information_schema.processlist where info like 'select sleep%'")
                   .size() == 1;
      };
      sandbox::wait_until(is_asleep, patience, "the statement to run");
      CHECK(
          moves.refactoring
              .run("kill-query", {.instance = moves.library.key("a"), .process = connection.thread_id()}, {})
              .outcome.leftovers.empty());
      // An interrupted SLEEP() returns 1 or fails.
      try {
        const auto rows = sleeps.get();
        CHECK(rows[0].text(0) == "1");
      } catch (const topo::Error& error) {
        CHECK_THAT(error.what(), Catch::Contains("interrupted"));
      }
      CHECK(connection.query("select 1")[0].text(0) == "1");
    }
  }
}
