// Former masters that rejoin, or must not.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "sandbox/wait.h"
#include "system/support/returning.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/refactor/only_on.h"

namespace rejoin_test {

using Catch::Contains;
using sandbox::Flavour;
using sandbox::patience;
using system_test::Returning;

TEST_CASE("a former master with transactions of its own does not rejoin, and they are named", "[returned]") {
  for (const auto flavour : system_test::flavours()) {
    for (const bool gtid : {false, true}) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << (gtid ? ", by GTID" : "")) {
        Returning fixture(flavour, gtid, false);
        auto& servers = fixture.servers;
        servers["a"].start();
        servers["a"].execute("INSERT INTO shop.orders VALUES (7)");
        // On MariaDB, the numbers of the new master's GTIDs pass that of the errant one.
        servers[fixture.successor].execute("INSERT INTO shop.orders VALUES (8)");
        servers[fixture.successor].execute("INSERT INTO shop.orders VALUES (9)");
        fixture.await_returned();
        auto& context = servers.library().context();
        const auto only_there = topo::refactor::only_on(context, *topo::refactor::live_servers(context),
                                                        servers.key("a"), servers.key(fixture.successor));
        if (gtid || sandbox::is_mariadb(flavour)) {
          REQUIRE(only_there.gtids);
          CHECK(only_there.gtids->count == 1);
        } else {
          CHECK_FALSE(only_there.gtids);
          CHECK_FALSE(only_there.has_more_events);
          CHECK(std::ranges::any_of(only_there.events, [](const std::string& event) {
            return event.find("Write_rows") != std::string::npos || event.find("INSERT") != std::string::npos;
          }));
        }
        const auto dry = topo::describe(fixture.rejoin(true).plan);
        if (gtid) CHECK_THAT(dry, Contains("has executed 1 transaction ("));
        try {
          fixture.rejoin();
          FAIL("it rejoined");
        } catch (const topo::Error& error) {
          CHECK(error.code() == topo::Code::refused);
          CHECK(error.result() == "errant_transactions");
          CHECK_THAT(error.what(), Contains("errant transactions: "));
          if (gtid) CHECK_THAT(error.what(), Contains("has executed 1 transaction ("));
        }
        CHECK(servers["a"].replication_status() == std::nullopt);
        CHECK(fixture.global("read_only") == 1);
        fixture.await_returned();
        CHECK(fixture.formers() == std::vector{servers.key("a")});
      }
    }
  }
}

// Its numbers are passed by those of the new master, or pass them.
TEST_CASE("MariaDB: with -allow-errant a former master keeps what only it has, and gets all else",
          "[returned]") {
  for (const int after : {1, 3, 6}) {
    CAPTURE(after);
    Returning fixture(Flavour::mariadb_10_11, true, false);
    auto& servers = fixture.servers;
    auto& successor = servers[fixture.successor];
    servers["a"].start();
    for (const int id : {101, 102, 103})
      servers["a"].execute(fmt::format("INSERT INTO shop.orders VALUES ({})", id));
    for (int id = 1; id <= after; ++id)
      successor.execute(fmt::format("INSERT INTO shop.orders VALUES ({})", id));
    fixture.await_returned();
    auto& context = servers.library().context();
    const auto only_there = topo::refactor::only_on(context, *topo::refactor::live_servers(context),
                                                    servers.key("a"), successor.key());
    REQUIRE(only_there.gtids);
    CHECK(only_there.gtids->count == 3);
    const auto has_three = Contains("has executed 3 transactions (" + only_there.gtids->gtids + ")");
    CHECK_THAT(topo::describe(fixture.rejoin(true).plan), has_three);
    CHECK_THAT(topo::describe(fixture.rejoin(true, true).plan), has_three && Contains("it keeps them"));
    CHECK_THAT(system_test::refusal([&] { fixture.rejoin(); }, topo::Code::refused), has_three);
    fixture.rejoin(false, true);
    CHECK(servers.is_below("a", fixture.successor));
    successor.execute("INSERT INTO shop.orders VALUES (50)");
    const auto ids = [&](sandbox::Server& server) {
      std::string text;
      const auto rows = server.query("SELECT id FROM shop.orders ORDER BY id");
      for (std::size_t i = 0; i < rows.size(); ++i) text += rows[i].string_or("id") + " ";
      return text;
    };
    const auto expected = ids(successor) + "101 102 103 ";
    sandbox::wait_until([&] { return ids(servers["a"]) == expected; }, patience,
                        "all rows of the new master");
  }
}

// What it executed before its log began looks as if only it had it.
TEST_CASE("MariaDB: a former master whose binary log was reset does not begin where it may not",
          "[returned]") {
  Returning fixture(Flavour::mariadb_10_11, true, false);
  auto& servers = fixture.servers;
  auto& a = servers["a"];
  a.start();
  for (const int id : {1, 2})
    servers[fixture.successor].execute(fmt::format("INSERT INTO shop.orders VALUES ({})", id));
  fixture.await_returned();
  fixture.rejoin();
  servers.topology().wait_for_replication();
  fixture.take_over("a");
  for (const char* name : {"b", "c"}) {
    sandbox::wait_until([&] { return servers[name].replicates(); }, patience, "the replicas to follow");
    servers[name].execute("STOP SLAVE IO_THREAD");
  }
  const auto position = a.query("SELECT @@gtid_current_pos AS v")[0].string_or("v");
  a.execute("RESET MASTER");
  a.execute("SET GLOBAL gtid_slave_pos = '" + position + "'");
  for (const int id : {11, 12}) a.execute(fmt::format("INSERT INTO shop.orders VALUES ({})", id));
  a.kill9();
  topo::recovery::RecoveryRequest request;
  request.force = true;  // as no replica was connected, none has lost its connection
  const auto report = fixture.recovery.recover(servers.key("a"), request);
  REQUIRE(report.successor);
  fixture.successor = report.successor == servers.key("b") ? "b" : "c";
  servers[fixture.successor].execute("INSERT INTO shop.orders VALUES (21)");
  a.start();
  fixture.await_returned();
  try {
    fixture.rejoin(false, true);
    FAIL("it rejoined");
  } catch (const topo::Error& error) {
    CHECK(error.result() == topo::results::cannot_be_compared);
    CHECK_THAT(error.what(), Contains("their binary logs do not tell where they begin to differ"));
  }
  CHECK(a.replication_status() == std::nullopt);
}

// An event injects until the former master is read-only, if it runs there.
TEST_CASE("by Pseudo-GTID, a former master rejoins with entries of its own", "[returned]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Returning fixture(flavour, false, false);
      auto& servers = fixture.servers;
      const auto inject = [&](const std::string& name, const std::string& hint) {
        servers[name].execute("drop view if exists `meta`.`_pseudo_gtid_hint__" + hint + "`");
        servers[name].execute("UPDATE meta.pseudo_gtid_status SET pseudo_gtid_hint = '" + hint + "'");
      };
      servers["a"].start();
      inject("a", "asc:only_a");
      inject(fixture.successor, "asc:only_b");
      servers[fixture.successor].execute("INSERT INTO shop.orders VALUES (8)");
      fixture.await_returned();
      fixture.rejoin();
      inject(fixture.successor, "asc:both");
      servers.topology().wait_for_replication();
      CHECK(servers.is_below("a", fixture.successor));
      CHECK(servers["a"].replicates());
      CHECK(servers["a"].query("SELECT id FROM shop.orders").size() == 1);
      const auto hints = servers["a"].query("SELECT pseudo_gtid_hint AS hint FROM meta.pseudo_gtid_status");
      CHECK(hints[0].string_or("hint") == "asc:both");
    }
  }
}

// As after a crash that took the end of its log, or when an older copy was restored.
TEST_CASE("a former master does not rejoin if what it needs is purged, and takes no writes", "[returned]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Returning fixture(flavour, true, false);
      auto& servers = fixture.servers;
      auto& successor = servers[fixture.successor];
      successor.execute("INSERT INTO shop.orders VALUES (1)");
      successor.execute("FLUSH LOGS");
      const auto newest = successor.binlog_position().file;
      const auto is_purged = [&] {  // not while its replica reads the log
        successor.execute(fmt::format("PURGE BINARY LOGS TO '{}'", newest));
        return successor.query("SHOW BINARY LOGS").size() == 1;
      };
      sandbox::wait_until(is_purged, patience, "the logs to be purged");
      successor.execute("INSERT INTO shop.orders VALUES (2)");
      servers["a"].start();
      fixture.await_returned();
      REQUIRE(fixture.global("read_only") == 0);
      try {
        fixture.rejoin();
        FAIL("it rejoined");
      } catch (const topo::Error& error) {
        INFO(error.what());
        CHECK(error.result() == "purged");
      }
      CHECK(fixture.global("read_only") == 1);
      CHECK(servers["a"].replication_status() == std::nullopt);
    }
  }
}

TEST_CASE("a former master that has lost transactions of its own does not rejoin", "[returned]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Returning fixture(flavour, true, false);
      auto& servers = fixture.servers;
      servers["a"].start();
      const bool is_mariadb = sandbox::is_mariadb(flavour);
      const auto executed = servers["a"]
                                .query(is_mariadb ? "SELECT @@global.gtid_current_pos AS v"
                                                  : "SELECT @@global.gtid_executed AS v")[0]
                                .string_or("v");
      const auto reset_to = [&](const std::string& gtids) {
        servers["a"].execute(flavour == Flavour::mysql_9_7 ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER");
        servers["a"].execute(
            fmt::format("SET GLOBAL {} = '{}'", is_mariadb ? "gtid_slave_pos" : "gtid_purged", gtids));
      };
      // The last number follows the last "-".
      const auto at = executed.rfind('-') + 1;
      const auto earlier = executed.substr(0, at) + std::to_string(std::stoull(executed.substr(at)) - 1);
      INFO(executed << " " << earlier);
      reset_to(earlier);
      servers[fixture.successor].execute("INSERT INTO shop.orders VALUES (8)");
      fixture.await_returned();
      CHECK_THAT(topo::describe(fixture.rejoin(true).plan),
                 Contains("this will be refused: ") && Contains("has lost 1 transaction ("));
      try {
        fixture.rejoin();
        FAIL("it rejoined");
      } catch (const topo::Error& error) {
        CHECK(error.result() == "errant_transactions");
        CHECK_THAT(error.what(), Contains("has lost 1 transaction (") && Contains("must be rebuilt"));
      }
      CHECK(servers["a"].replication_status() == std::nullopt);
      // A copy of later is none that has lost anything.
      reset_to(executed);
      fixture.rejoin();
      servers.topology().wait_for_replication();
      CHECK(servers.is_below("a", fixture.successor));
    }
  }
}

// As after a crash of its host with sync_binlog = 0: the tables have what the binary log has not.
TEST_CASE("by Pseudo-GTID, a former master that has lost the end of its binary log does not rejoin",
          "[returned]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Returning fixture(flavour, false, false);
      auto& servers = fixture.servers;
      servers["a"].start();
      const auto logs = servers["a"].query("SHOW BINARY LOGS");
      const auto file = logs[logs.size() - 2].string_or("Log_name");
      const auto events = servers["a"].query(fmt::format("SHOW BINLOG EVENTS IN '{}'", file));
      std::int64_t last = 0;
      for (std::size_t i = 0; i < events.size(); ++i) {
        const auto type = events[i].string_or("Event_type");
        if (type == "Gtid" || type == "Anonymous_Gtid" || (type == "Query" && flavour == Flavour::mysql_5_6))
          last = events[i].number_or("Pos");
      }
      INFO(file << " " << last);
      REQUIRE(last > 4);
      servers["a"].kill9();
      const auto folder = servers["a"].data_folder();
      std::filesystem::resize_file(folder / file, static_cast<std::uintmax_t>(last));
      // The log that the restart has begun.
      std::filesystem::remove(folder / logs[logs.size() - 1].string_or("Log_name"));
      std::ofstream(folder / std::filesystem::path(file).replace_extension(".index")) << "./" << file << '\n';
      servers["a"].start();
      fixture.await_returned();
      try {
        fixture.rejoin();
        FAIL("it rejoined");
      } catch (const topo::Error& error) {
        CHECK(error.result() == "errant_transactions");
        CHECK_THAT(error.what(), Contains("of its own server id, "));
        CHECK_THAT(error.what(), Contains("must be rebuilt from a backup or a clone of "));
      }
      CHECK(servers["a"].replication_status() == std::nullopt);
    }
  }
}

}  // namespace rejoin_test
