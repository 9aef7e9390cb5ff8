// Takeovers under write load: a replica and its living master change places, and no acknowledged row is lost.
#include <catch2/catch.hpp>
#include <future>

#include "sandbox/wait.h"
#include "system/support/takeover_fixture.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/store/store.h"

namespace takeover_test {
namespace {

using Catch::Contains;
using sandbox::Flavour;
using sandbox::patience;
using system_test::refusal;

using system_test::check_history;
using system_test::options_of;
using Servers = system_test::TakeoverServers;

}  // namespace

TEST_CASE("a replica takes the place of its master under load, and no acknowledged row is lost",
          "[takeover]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    for (const bool gtid : {false, true}) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << (gtid ? ", by GTID" : "")) {
        Servers servers("a > b, a > c > d", options_of(flavour, gtid));
        servers.give_account();
        auto& store = servers.library.context().store();
        store.clusters().set_alias(servers.library.key("a").display(), "shop");
        system_test::History history(servers.all, "a");
        // Where the log of the master has just begun, a replica has executed nothing of it yet.
        servers["a"].execute("FLUSH LOGS");
        servers.library.refresh_all();
        const auto report = servers.take_over("b");
        CHECK(report.outcome.leftovers.empty());
        CHECK(report.outcome.failed.empty());
        const auto promoted = std::chrono::steady_clock::now();
        history.await_more();
        CHECK(history.written_to(promoted) == std::set<std::string>{"b"});
        INFO("no writes for " << history.longest_gap().count() << " ms");
        check_history(history, servers, "b");
        CHECK(servers.tree() == "b\n+ a\n+ c\n  + d");
        CHECK(servers["b"].replication_status() == std::nullopt);
        if (gtid) CHECK(servers["a"].replication_status()->by_gtid == !sandbox::is_mariadb(flavour));
        CHECK(store.clusters().infos().front().cluster_alias == "shop");
        CHECK(store.clusters().infos().front().cluster_name == servers.library.key("b").display());
        CHECK(store.operations().unended().empty());
      }
    }
  }
}

TEST_CASE("the best replica takes over when none is named, and the former master may be left stopped",
          "[takeover]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = options_of(flavour, true);
      options.servers["b"].extra_options = {"--replicate-wild-ignore-table=secret.%"};
      Servers servers("a > b, a > c", options);
      servers.give_account();
      system_test::History history(servers.all, "a");
      servers.library.refresh_all();
      const auto report = servers.take_over(nullptr, false, "graceful-master-takeover");
      CHECK(report.plan.candidate == servers.library.key("c"));
      CHECK(report.plan.reasons.size() == 1);
      CHECK_FALSE(servers["a"].replicates());
      CHECK(servers["a"].replication_status()->master == servers.library.key("c"));
      const auto known = servers.library.known("a");
      CHECK(known->instance.master_key() == servers.library.key("c"));
      servers["a"].start_replication();
      check_history(history, servers, "c");
    }
  }
}

TEST_CASE("the alias follows a takeover and a promotion right after it", "[takeover]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b, a > c", options_of(flavour, true));
      servers.give_account();
      auto& store = servers.library.context().store();
      store.clusters().set_alias(servers.library.key("a").display(), "shop");
      servers.take_over("b");
      servers["b"].kill9();
      const auto is_noticed = [&] { return !servers["a"].replicates() && !servers["c"].replicates(); };
      sandbox::wait_until(is_noticed, patience, "the replicas to notice");
      servers.moves.refactoring.run("make-master", {servers.library.key("a")}, {});
      std::string name;
      for (const auto& info : store.clusters().infos())
        if (info.cluster_alias == "shop") name = info.cluster_name;
      CHECK(name == servers.library.key("a").display());
    }
  }
}

TEST_CASE("a takeover that the master does not allow is undone", "[takeover]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b, a > c", options_of(flavour, true), system_test::waits_briefly);
      servers.give_account();
      system_test::History history(servers.all, "a");
      servers.library.refresh_all();
      auto holder = servers["a"].connect();
      SECTION("a connection holds a lock") {
        holder.query("LOCK TABLES history.written WRITE");
        const auto words = refusal([&] { servers.take_over("b"); }, topo::Code::timeout);
        CHECK_THAT(words, Contains("did not become read-only within 2 s, because of a statement or lock of "
                                   "another connection; connections at work: ") &&
                              Contains("(application, for ") && Catch::EndsWith("All is as it was"));
        holder.query("UNLOCK TABLES");
      }
      SECTION("the successor cannot get to the end") {
        auto blocker = servers["b"].connect();
        blocker.query("LOCK TABLES history.written READ");
        history.await_more();
        const auto words = refusal([&] { servers.take_over("b"); }, topo::Code::timeout);
        CHECK_THAT(words, Contains("did not reach") && Catch::EndsWith("All is as it was"));
        blocker.query("UNLOCK TABLES");
      }
      history.await_more();
      CHECK(history.writable() == "a");
      CHECK(servers["b"].replicates());
      check_history(history, servers, "a");
      CHECK(servers.library.context().store().operations().unended().empty());
    }
  }
}

TEST_CASE("connections that keep a master from becoming read-only are ended when that is asked for",
          "[takeover]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b, a > c", options_of(flavour, true));
      servers.give_account();
      system_test::History history(servers.all, "a");
      servers.library.refresh_all();
      auto holder = servers["a"].connect();
      holder.query("LOCK TABLES history.written WRITE");
      auto statement = std::async(std::launch::async, [&] { holder.query("SELECT SLEEP(300)"); });
      const auto is_seen = [&] {
        return servers["a"]
                   .query(
                       "SELECT 1 FROM information_schema.processlist WHERE info LIKE '%SLEEP(300)'"
                       " AND info NOT LIKE '%processlist%'")
                   .size() == 1;
      };
      sandbox::wait_until(is_seen, patience, "the statement to run");
      servers.take_over("b", true);
      CHECK_THROWS_AS(statement.get(), topo::Error);
      CHECK_THROWS_AS(servers["a"].query("SELECT 1"), topo::Error);  // the connection of the test, too
      check_history(history, servers, "b");
    }
  }
}

// Several writers: one may not get to run for as long as a takeover looks.
TEST_CASE("accounts with SUPER that go on writing prevent a takeover", "[takeover]") {
  for (const auto flavour : system_test::flavours()) {
    if (flavour == Flavour::mysql_9_7) continue;  // super_read_only holds for it
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b, a > c", options_of(flavour, true), system_test::waits_briefly);
      servers.give_account();
      system_test::History history(servers.all, "a");
      servers.library.refresh_all();
      servers["a"].execute("CREATE TABLE history.noise (id INT PRIMARY KEY AUTO_INCREMENT)");
      std::vector<std::jthread> writers;
      for (int i = 0; i < 4; ++i) {
        writers.emplace_back([connection = servers["a"].connect()](const std::stop_token& stop) mutable {
          constexpr std::chrono::milliseconds pace{5};  // which a replica keeps
          for (; !stop.stop_requested(); std::this_thread::sleep_for(pace))
            connection.query("INSERT INTO history.noise VALUES (NULL)");
        });
      }
      const auto rows = [&] {
        return servers["a"].query("SELECT COUNT(*) AS n FROM history.noise")[0].number_or("n");
      };
      sandbox::wait_until([&] { return rows() > 9; }, patience, "some noise");
      CHECK_THAT(refusal([&] { servers.take_over("b"); }, topo::Code::timeout),
                 Contains("its binary log goes on growing") && Catch::EndsWith("All is as it was"));
      for (auto& writer : writers) writer.request_stop();
      writers.clear();
      check_history(history, servers, "a");
    }
  }
}

// MariaDB lets go on what has not begun to commit.
TEST_CASE("a takeover waits for a statement of an account with SUPER", "[takeover]") {
  Servers servers("a > b, a > c", options_of(Flavour::mysql_5_6, true));
  servers.give_account();
  system_test::History history(servers.all, "a");
  servers.library.refresh_all();
  servers["a"].execute("CREATE TABLE history.noise (id INT PRIMARY KEY)");
  auto connection = servers["a"].connect();
  auto written = std::async(std::launch::async, [&] {
    const auto is_read_only = [&] {
      return connection.query("SELECT @@global.read_only AS ro")[0].number_or("ro") != 0;
    };
    sandbox::wait_until(is_read_only, patience, "the master to be read-only");
    connection.query("INSERT INTO history.noise SELECT 1 + SLEEP(0.4)");
  });
  servers.take_over("b");
  written.get();
  CHECK(servers["b"].query("SELECT id FROM history.noise").size() == 1);
  check_history(history, servers, "b");
}

TEST_CASE("a successor with transactions of its own does not take over", "[takeover]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b, a > c", options_of(flavour, true));
      servers.give_account();
      servers["b"].execute("CREATE DATABASE errant");
      const auto is_refused = [&] {
        CHECK_THAT(refusal([&] { servers.take_over("b"); }, topo::Code::refused),
                   Contains(" has executed 1 transaction (") && Contains("-allow-errant"));
        CHECK(servers["b"].replicates());
      };
      is_refused();
      // On MariaDB, the numbers of the master's GTIDs pass that of the errant one.
      servers["a"].execute("CREATE DATABASE one");
      servers["a"].execute("CREATE DATABASE two");
      servers.all.wait_for_replication();
      is_refused();
    }
  }
}

TEST_CASE(
    "a former master with a transaction that its replicas lack, and another master's before it, does not "
    "rejoin",
    "[takeover]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b, a > c", options_of(flavour, true));
      servers.give_account();
      servers["a"].execute("CREATE DATABASE replicated");
      servers.take_over("b");
      servers.all.wait_for_replication();
      servers["b"].kill9();
      servers.library.refresh_all();
      const auto is_noticed = [&] { return !servers["a"].replicates() && !servers["c"].replicates(); };
      sandbox::wait_until(is_noticed, patience, "the replicas to notice");
      servers.moves.refactoring.run("make-master", {servers.library.key("c")}, {});
      servers["b"].start();
      servers["b"].execute("SET GLOBAL read_only = 0");
      servers["b"].execute("CREATE DATABASE errant");
      servers["c"].execute("CREATE DATABASE one");
      servers["c"].execute("CREATE DATABASE two");
      const auto rejoin = [&](bool is_dry) {
        topo::refactor::OperationRequest request;
        request.dry_run = is_dry;
        request.account.emplace();
        request.account->user = sandbox::replication_account.user;
        request.account->password = sandbox::replication_account.password;
        return servers.moves.refactoring.run("rejoin", {servers.library.key("b"), servers.library.key("c")},
                                             request);
      };
      CHECK_THAT(topo::describe(rejoin(true).plan), Contains("has executed 1 transaction ("));
      CHECK_THAT(refusal([&] { rejoin(false); }, topo::Code::refused),
                 Contains("has executed 1 transaction ("));
      CHECK(servers["b"].replication_status() == std::nullopt);
    }
  }
}

TEST_CASE("a successor that has purged what another replica needs by GTID does not take over", "[takeover]") {
  Servers servers("a > b, a > c, a > d", options_of(Flavour::mysql_9_7, true));
  servers.give_account();
  auto& c = servers["c"];
  c.execute("STOP REPLICA IO_THREAD");
  servers["a"].execute("CREATE DATABASE later");
  for (const auto* name : {"b", "d"}) {
    const auto has_it = [&] { return servers[name].query("SHOW DATABASES LIKE 'later'").size() == 1; };
    sandbox::wait_until(has_it, patience, "the replica to follow");
  }
  auto& b = servers["b"];
  b.execute("FLUSH LOGS");
  const auto logs = b.query("SHOW BINARY LOGS");
  b.execute("PURGE BINARY LOGS TO '" + logs[logs.size() - 1].string_or("Log_name") + "'");
  servers.library.refresh_all();
  CHECK_THAT(refusal([&] { servers.take_over("b"); }, topo::Code::refused),
             Contains(" has purged ") && Contains(servers.library.key("c").display() + " has not executed"));
  CHECK(b.replicates());
  const auto report = servers.take_over(nullptr);
  CHECK(report.plan.candidate == servers.library.key("d"));
  CHECK(report.outcome.failed.empty());
  c.execute("START REPLICA");
  sandbox::wait_until([&] { return c.query("SHOW DATABASES LIKE 'later'").size() == 1; }, patience,
                      "the replica that was stopped to follow");
}

TEST_CASE("transactions of XA that are prepared on the master refuse a takeover", "[takeover]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b", options_of(flavour, true));
      servers.give_account();
      servers["a"].execute("CREATE DATABASE xa");
      servers["a"].execute("CREATE TABLE xa.t (id INT PRIMARY KEY) ENGINE = InnoDB");
      servers.all.wait_for_replication();
      auto client = servers["a"].connect();
      for (const auto* sql :
           {"XA START 'one'", "INSERT INTO xa.t VALUES (1)", "XA END 'one'", "XA PREPARE 'one'"})
        client.query(sql);
      CHECK_THAT(refusal([&] { servers.take_over("b"); }, topo::Code::refused),
                 Contains(" has 1 prepared transaction of XA, ") && Contains("XA RECOVER lists it"));
      CHECK(servers["b"].replicates());
      client.query("XA COMMIT 'one'");
      CHECK(servers.take_over("b").outcome.shortcomings.empty());
      servers.all.wait_for_replication();
      CHECK(servers["b"].query("SELECT id FROM xa.t").size() == 1);
    }
  }
}

TEST_CASE("a broken replica moves below the successor, and is said to be broken still", "[takeover]") {
  for (const auto flavour : {Flavour::mariadb_10_11, Flavour::mysql_9_7}) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b, a > c", options_of(flavour, true));
      servers.give_account();
      servers["a"].execute("CREATE DATABASE d");
      servers["a"].execute("CREATE TABLE d.t (id INT PRIMARY KEY) ENGINE = InnoDB");
      servers.all.wait_for_replication();
      auto& c = servers["c"];
      auto local = c.connect();
      local.query("SET sql_log_bin = 0");
      local.query("INSERT INTO d.t VALUES (1)");
      servers["a"].execute("INSERT INTO d.t VALUES (1)");
      sandbox::wait_until([&] { return c.replication_status()->sql == "No"; }, patience, "c to break");
      servers.library.refresh_all();
      const auto report = servers.take_over("b");
      CHECK(report.outcome.failed.empty());
      CHECK(report.outcome.leftovers.empty());
      REQUIRE(report.outcome.still_broken.size() == 1);
      CHECK_THAT(report.outcome.still_broken.front(),
                 Catch::StartsWith(servers.library.key("c").display() + " is still broken: ") &&
                     (Contains("Duplicate entry") || Contains("failed executing transaction")));
    }
  }
}

TEST_CASE("a replica in maintenance stays below the former master", "[takeover]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b, a > c", options_of(flavour, false));
      servers.give_account();
      system_test::History history(servers.all, "a");
      servers.library.refresh_all();
      static_cast<void>(servers.library.context().store().maintenance().begin(
          std::vector<topo::MaintenanceRequest>{{servers.library.key("c"), "disk"}}, "ann",
          std::chrono::seconds(600)));
      const auto report = servers.take_over("b");
      REQUIRE(report.plan.refused.size() == 1);
      CHECK(report.plan.refused.front().first == servers.library.key("c"));
      history.await_more();
      check_history(history, servers, "b");
      CHECK(servers.tree() == "b\n+ a\n  + c");
    }
  }
}

TEST_CASE("one of two co-masters takes over from the other", "[takeover]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a <> b, a > c", options_of(flavour, false));
      system_test::History history(servers.all, "a");
      servers.library.refresh_all();
      servers.take_over(nullptr);
      history.await_more();
      check_history(history, servers, "b");
      CHECK(servers["a"].replicates());
      CHECK(servers["b"].replicates());
      CHECK(servers["c"].replication_status()->master == servers.library.key("a"));
    }
  }
}

TEST_CASE("a former master rejoins if it has nothing that the new one lacks", "[takeover]") {
  for (const auto flavour : system_test::flavours()) {
    for (const bool gtid : {false, true}) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << (gtid ? ", by GTID" : "")) {
        Servers servers("a > b, a > c", options_of(flavour, gtid));
        system_test::History history(servers.all, "a");
        history.stop();
        // A former master must not write when it is back.
        if (!gtid) servers["a"].execute("DROP EVENT meta.create_pseudo_gtid_event");
        servers.all.wait_for_replication();
        servers["a"].kill9();
        servers.library.refresh_all();
        const auto is_noticed = [&] { return !servers["b"].replicates() && !servers["c"].replicates(); };
        sandbox::wait_until(is_noticed, patience, "the replicas to notice");
        servers.moves.refactoring.run("make-master", {servers.library.key("b")}, {});
        servers["a"].start();
        const auto rejoin = [&] {
          topo::refactor::OperationRequest request;
          request.account.emplace();
          request.account->user = sandbox::replication_account.user;
          request.account->password = sandbox::replication_account.password;
          servers.moves.refactoring.run("rejoin", {servers.library.key("a"), servers.library.key("b")},
                                        request);
        };
        const auto read_only = [&] {
          return servers["a"].query("SELECT @@global.read_only AS ro")[0].number_or("ro");
        };
        SECTION("it differs") {
          servers["a"].execute("SET GLOBAL read_only = 0");
          servers["a"].execute("INSERT INTO history.written VALUES (7)");
          const auto words = refusal(rejoin, topo::Code::refused);
          CHECK_THAT(words, gtid ? Contains(" has executed 1 transaction (") : Contains("cannot be matched"));
          CHECK_THAT(words, Contains(". This stays: ") && Contains(": set read_only on"));
          CHECK(read_only() == 1);
          CHECK(servers["a"].replication_status() == std::nullopt);
          const auto foreseen = [&](bool allow_errant) {
            topo::refactor::OperationRequest request;
            request.dry_run = true;
            request.allow_errant = allow_errant;
            request.account.emplace();
            request.account->user = sandbox::replication_account.user;
            const topo::refactor::OperationArguments both{servers.library.key("a"), servers.library.key("b")};
            return topo::describe(servers.moves.refactoring.run("rejoin", both, request).plan);
          };
          const bool is_by_gtid = gtid && !sandbox::is_mariadb(flavour);
          if (is_by_gtid) CHECK_THAT(foreseen(false), Contains("this will be refused: by now "));
          if (is_by_gtid)
            CHECK_THAT(foreseen(true), Contains("keeps them (-allow-errant)") && !Contains("be refused"));
        }
        SECTION("nothing differs") {
          servers["b"].execute("INSERT INTO history.written VALUES (8)");
          rejoin();
          servers.all.wait_for_replication();
          CHECK(read_only() == 1);
          CHECK(history.difference("a", "b") == "");
          CHECK(servers["a"].replicates());
        }
      }
    }
  }
}

}  // namespace takeover_test
