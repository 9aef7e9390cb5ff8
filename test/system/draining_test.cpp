// Relay logs that end within a transaction, and workers that have not finished, when the master is dead.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <future>

#include "sandbox/wait.h"
#include "system/support/matching.h"

namespace {

using namespace std::chrono_literals;
using sandbox::Flavour;
using sandbox::patience;
using system_test::check_rows;
using system_test::MatchedServers;
using system_test::more_writes;
using system_test::say;

// A SQL thread of MySQL that waits for the rest of a transaction takes a minute to stop.
constexpr auto soon = 30s;

sandbox::Options with_workers(Flavour flavour) {
  auto options = system_test::options_of(flavour);
  options.pseudo_gtid = true;
  const auto* workers = sandbox::is_mariadb(flavour)     ? "--slave-parallel-threads=4"
                        : sandbox::says_replica(flavour) ? "--replica-parallel-workers=4"
                                                         : "--slave-parallel-workers=4";
  options.servers["b"].extra_options = {workers};
  return options;
}

// On return, b has received a part of the master's last transaction, and receives no more.
void fetch_part(MatchedServers& servers) {
  constexpr int size = 500'000, max_rounds = 20;
  servers["a"].execute("create table sandbox_load.big (id int auto_increment primary key, text longtext)");
  auto master = servers["a"].connect();
  for (int rounds = 1;; ++rounds) {
    servers.await_fetched("b");
    auto transaction = std::async(std::launch::async, [&] {
      master.query("begin");
      for (int rows = 0; rows < 80; ++rows)
        master.query(fmt::format("insert into sandbox_load.big (text) values (repeat('x', {}))", size));
      master.query("commit");
    });
    const auto before = servers.fetched("b").position;
    sandbox::wait_until([&] { return servers.fetched("b").position > before + size; }, patience,
                        "b to fetch a part of a transaction");
    say(servers["b"], "stop", "io_thread");
    transaction.get();
    if (servers.fetched("b") < servers["a"].binlog_position()) return;
    REQUIRE(rounds < max_rounds);
    say(servers["b"], "start", "io_thread");
  }
}

}  // namespace

TEST_CASE("a replica that received a part of a transaction stops soon, before that transaction",
          "[pgtid][draining]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      MatchedServers servers("a > b, a > c, a > d", with_workers(flavour));
      sandbox::Writer writer(servers["a"]);
      more_writes(writer);
      // No checkpoint during the test: the progress of workers is recorded only on request.
      if (!sandbox::is_mariadb(flavour)) {
        servers["b"].execute(fmt::format("set global {}_checkpoint_period = 3600000",
                                         sandbox::says_replica(flavour) ? "replica" : "slave"));
      }
      for (const char* name : {"d", "c"}) {
        say(servers[name], "stop", "io_thread");
        more_writes(writer);
      }
      writer.stop();
      servers["a"].execute("set global event_scheduler = 0");
      fetch_part(servers);
      servers["a"].kill9();

      auto& all = servers.refactoring();
      const auto began = std::chrono::steady_clock::now();
      all.run("stop-slave", {servers.key("b")}, {});
      CHECK(std::chrono::steady_clock::now() - began < soon);
      system_test::delay(servers["b"], 0);  // CHANGE MASTER TO is possible
      say(servers["b"], "start");
      const auto report = all.run("regroup-slaves", {servers.key("a")}, {});
      CHECK(std::chrono::steady_clock::now() - began < soon);
      CHECK(report.plan.candidate == servers.key("b"));
      CHECK(report.outcome.moved.size() == 2);
      CHECK(report.outcome.failed.empty());
      CHECK(servers["b"].query("select count(*) as rows_of from sandbox_load.big")[0].number_or("rows_of",
                                                                                                -1) == 0);
      servers.promote("b");
      check_rows(servers.topology(), {"b", "c", "d"});
    }
  }
}

TEST_CASE("regroup-slaves waits for workers that have not finished", "[pgtid][draining]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours_with_newest())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      MatchedServers servers("a > b, a > c", with_workers(flavour));
      sandbox::Writer writer(servers["a"]);
      more_writes(writer);
      say(servers["c"], "stop", "io_thread");
      writer.stop();
      servers.await_fetched("b");
      servers.await_executed("b");
      auto busy = servers["b"].connect();
      busy.query("begin");
      busy.query("insert into sandbox_load.writes values (1000000, 'in the way')");
      for (int id = 1'000'000; id < 1'000'010; ++id) servers.write("a", id);
      servers["a"].execute("set global event_scheduler = 0");
      servers.await_fetched("b");
      servers["a"].kill9();

      auto regroup = std::async(std::launch::async, [&] {
        return servers.refactoring().run("regroup-slaves", {servers.key("a")}, {});
      });
      CHECK(regroup.wait_for(3s) == std::future_status::timeout);
      busy.query("rollback");
      const auto report = regroup.get();
      CHECK(report.plan.candidate == servers.key("b"));
      CHECK(report.outcome.moved.size() == 1);
      servers.write("b", 2'000'000);
      check_rows(servers.topology(), {"b", "c"});
      CHECK(
          servers["b"]
              .query("select count(*) as n from sandbox_load.writes where id between 1000000 and 1000009")[0]
              .number_or("n", -1) == 10);
    }
  }
}

TEST_CASE("a MariaDB replica by GTID keeps received events, whichever of its threads was stopped",
          "[draining]") {
  for (const auto flavour : system_test::available_of({Flavour::mariadb_10_11, Flavour::mariadb_11_8})) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = system_test::options_of(flavour);
      options.gtid = true;
      MatchedServers servers("a > b, a > c", options);
      sandbox::Writer writer(servers["a"]);
      more_writes(writer);
      writer.stop();
      servers.topology().wait_for_replication();
      constexpr int first = 1'000'000, count = 20;
      const auto rows = [&](const char* name) {
        return servers[name]
            .query(fmt::format("select count(*) as n from sandbox_load.writes where id >= {}", first))[0]
            .number_or("n", -1);
      };
      const auto fetch = [&] {
        say(servers["b"], "stop", "io_thread");
        say(servers["c"], "stop", "sql_thread");
        for (int id = first; id < first + count; ++id) servers.write("a", id);
        servers.await_fetched("c");
      };
      const auto goes_by_gtid = [&] {
        return servers["c"].query("show slave status")[0].string_or("Using_Gtid") == "Slave_Pos";
      };

      SECTION("SQL thread stopped, the master dies") {
        fetch();
        servers["a"].kill9();
        const auto report = servers.refactoring().run("regroup-slaves", {servers.key("a")}, {});
        CHECK(report.plan.candidate == servers.key("c"));
        CHECK(rows("c") == count);
      }
      SECTION("both threads stopped, the master dies") {
        fetch();
        say(servers["c"], "stop", "io_thread");
        servers["a"].kill9();
        servers["c"].execute("set global slave_parallel_threads = 4");
        const auto report = servers.refactoring().run("regroup-slaves", {servers.key("a")}, {});
        CHECK(report.plan.candidate == servers.key("c"));
        CHECK(rows("c") == count);
        CHECK(goes_by_gtid());
        CHECK(servers["b"].replication_status()->master == servers.key("c"));
      }
      SECTION("both threads stopped, start-slave is refused before the relay log is drained") {
        fetch();
        say(servers["c"], "stop", "io_thread");
        servers["a"].kill9();
        const auto standing = servers.standing();
        const auto said = system_test::refusal(
            [&] { servers.refactoring().run("start-slave", {servers.key("c")}, {}); }, topo::Code::refused);
        CHECK_THAT(said,
                   Catch::Contains("START SLAVE would delete them") && Catch::Contains("stop-slave-nice"));
        CHECK(servers.standing() == standing);
        servers.refactoring().run("stop-slave-nice", {servers.key("c")}, {});
        CHECK(rows("c") == count);
      }
      SECTION("both threads stopped, the master is alive") {
        fetch();
        say(servers["c"], "stop", "io_thread");
        say(servers["b"], "start");
        servers.refactoring().run("start-slave", {servers.key("c")}, {});
        check_rows(servers.topology(), {"a", "b", "c"});
      }
      SECTION("both threads stopped, the next transaction fails") {
        fetch();
        say(servers["c"], "stop", "io_thread");
        servers["a"].kill9();
        auto local = servers["c"].connect();
        local.query("set sql_log_bin = 0");
        local.query(fmt::format("insert into sandbox_load.writes values ({}, 'in the way')", first + 5));
        CHECK_THROWS_AS(servers.refactoring().run("stop-slave-nice", {servers.key("c")}, {}), topo::Error);
        CHECK(goes_by_gtid());
        local.query("delete from sandbox_load.writes where content = 'in the way'");
        CHECK(rows("c") == 5);
        servers.refactoring().run("stop-slave-nice", {servers.key("c")}, {});
        CHECK(rows("c") == count);
      }
    }
  }
}
