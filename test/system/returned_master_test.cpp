// Former masters that answer again while another master has taken their place.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "sandbox/wait.h"
#include "system/support/matching.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/recovery/recovery.h"
#include "topo/refactor/only_on.h"
#include "topo/store/store.h"
#include "topo/topology/status.h"

namespace returned_master_test {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;
using sandbox::Flavour;
using sandbox::patience;
using system_test::MatchedServers;

sandbox::Options returning_options(Flavour flavour, bool gtid) {
  auto options = system_test::options_of(flavour);
  options.gtid = gtid;
  options.pseudo_gtid = !gtid;
  return options;
}

// The master `a`, which has died and been recovered, while continuous discovery polls each instance once in
// ten minutes.
struct Returning {
  Returning(Flavour flavour, bool gtid, bool makes_read_only = true, bool injects = false)
      : servers("a > b, a > c", returning_options(flavour, gtid),
                [&](topo::Configuration& configuration, const sandbox::Topology&) {
                  configuration.instance_poll = 10min;
                  configuration.make_returned_masters_read_only = makes_read_only;
                  configuration.auto_pseudo_gtid = injects;
                  configuration.auto_pseudo_gtid_interval = 1s;
                  configuration.detect_pseudo_gtid_query = "SELECT 1 FROM meta.pseudo_gtid_status";
                  if (injects) configuration.pseudo_gtid_pattern.clear();
                }),
        recovery(servers.library().context(), servers.refactoring(), topo::NodeIdentity::make("test", "0"),
                 [this](const topo::InstanceKey& key) { return servers.library().discovery().refresh(key); }),
        is_by_gtid(gtid) {
    servers["a"].execute("CREATE DATABASE shop");
    servers["a"].execute("CREATE TABLE shop.orders (id INT PRIMARY KEY)");
    if (!gtid) servers["a"].execute("DROP EVENT meta.create_pseudo_gtid_event");
    servers.topology().wait_for_replication();
    servers.library().start_continuous();
    servers["a"].kill9();
    const auto is_noticed = [&] { return !servers["b"].replicates() && !servers["c"].replicates(); };
    sandbox::wait_until(is_noticed, patience, "the replicas to notice");
    const auto report = recovery.recover(servers.key("a"), {});
    REQUIRE(report.successor);
    successor = report.successor == servers.key("b") ? "b" : "c";
  }

  [[nodiscard]] std::int64_t global(const char* variable, const char* name = "a") {
    return servers[name].query(std::string("SELECT @@global.") + variable + " AS v")[0].number_or("v");
  }
  [[nodiscard]] std::optional<topo::KnownInstance> known() { return servers.library().known("a"); }
  [[nodiscard]] topo::Problem problem() {
    return topo::problem_of(*known(), topo::status_limits(servers.library().context().configuration()));
  }
  [[nodiscard]] std::vector<topo::InstanceKey> formers() {
    return servers.library().context().store().former_masters().all();
  }
  void await_read_only() {
    sandbox::wait_until([&] { return global("read_only") == 1; }, 15s, "the former master to be read-only");
  }
  void await_returned() {
    sandbox::wait_until([&] { return problem() == topo::Problem::returned; }, 15s,
                        "the former master to be shown as returned");
  }
  // With long poll intervals, only former masters are polled.
  void await_polls(std::uint64_t count) {
    const auto before = servers.library().discovery().statistics().polls;
    const auto are_done = [&] { return servers.library().discovery().statistics().polls >= before + count; };
    sandbox::wait_until(are_done, patience, "former masters to be polled");
  }
  topo::refactor::OperationReport rejoin(bool dry_run = false) {
    topo::refactor::OperationRequest request;
    request.dry_run = dry_run;
    request.account.emplace();
    request.account->user = sandbox::replication_account.user;
    request.account->password = sandbox::replication_account.password;
    topo::refactor::OperationArguments arguments{servers.key("a"), {}};
    if (names_master) arguments.target = servers.key(successor);
    return servers.refactoring().run("rejoin", arguments, request);
  }
  bool names_master = true;  // where it rejoins
  void take_over(const std::string& next) {
    topo::refactor::OperationRequest request;
    request.account.emplace();
    request.account->user = sandbox::replication_account.user;
    request.account->password = sandbox::replication_account.password;
    servers.refactoring().run("graceful-master-takeover-auto", {servers.key(successor), servers.key(next)},
                              request);
  }
  [[nodiscard]] std::string audit() {
    std::string text;
    for (const auto& entry : servers.library().context().store().audit().read(0, 100))
      text += servers.library().with_names(entry.type + " " + entry.message) + "\n";
    return text;
  }

  MatchedServers servers;
  topo::recovery::Recovery recovery;
  std::string successor;
  bool is_by_gtid;
};

}  // namespace

TEST_CASE("a former master that answers again is read-only within seconds, and rejoins", "[returned]") {
  for (const auto flavour : system_test::flavours()) {
    for (const bool gtid : {false, true}) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << (gtid ? ", by GTID" : "")) {
        Returning fixture(flavour, gtid);
        fixture.names_master = gtid;
        auto& servers = fixture.servers;
        CHECK(fixture.formers() == std::vector{servers.key("a")});
        if (flavour == Flavour::mysql_5_6) {
          // Begins relay logs that a restart after a crash cannot recover.
          servers["a"].start();
          servers["a"].execute("CHANGE MASTER TO MASTER_USER = 'repl'");
          servers["a"].kill9();
        }
        servers["a"].start();
        fixture.await_read_only();
        fixture.await_returned();
        const auto is_audited = [&] {
          return fixture.audit().find("returned-master made") != std::string::npos;
        };
        sandbox::wait_until(is_audited, patience, "the audit");
        INFO(fixture.audit());
        if (flavour == Flavour::mysql_9_7) CHECK(fixture.global("super_read_only") == 1);
        CHECK(fixture.global("read_only", fixture.successor.c_str()) == 0);
        CHECK_THAT(servers.library().tree("a"), Contains(",returned]"));
        const auto sentence = topo::problems_of(*fixture.known(), {}).front();
        CHECK_THAT(servers.library().with_names(sentence),
                   Contains(fixture.successor + " took its place as the master at 2"));
        CHECK_THAT(fixture.audit(), Contains("returned-master answers again, and takes writes; ") &&
                                        Contains("returned-master made read-only: "));

        servers[fixture.successor].execute("INSERT INTO shop.orders VALUES (1)");
        fixture.rejoin();
        servers.topology().wait_for_replication();
        CHECK(servers.is_below("a", fixture.successor));
        CHECK(fixture.problem() != topo::Problem::returned);
        CHECK(fixture.formers().empty());
        CHECK(fixture.global("read_only") == 1);
      }
    }
  }
}

// A poll may have seen before that it is a replica.
TEST_CASE("a former master that dies while it is demoted is read-only when it answers again", "[returned]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Returning fixture(flavour, true);
      auto& servers = fixture.servers;
      servers["a"].start();
      fixture.await_read_only();
      fixture.rejoin();
      servers.topology().wait_for_replication();
      const auto former = servers.key(fixture.successor);
      servers.refactoring().on_step([&](const std::string& step) {
        if (step.find(former.display() + ": start") == std::string::npos) return;
        servers.library().discovery().refresh(former);
        servers[fixture.successor].kill9();
      });
      fixture.take_over("a");
      CHECK(fixture.formers() == std::vector{former});
      CHECK(fixture.global("read_only", "a") == 0);
      servers[fixture.successor].start();
      const auto is_read_only = [&] { return fixture.global("read_only", fixture.successor.c_str()) == 1; };
      sandbox::wait_until(is_read_only, 15s, "the demoted master to be read-only");
    }
  }
}

TEST_CASE("a former master that is away for longer is still watched", "[returned]") {
  Returning fixture(Flavour::mariadb_10_11, true);
  {
    const system_test::Listener listener(fixture.servers.key("a"));
    fixture.await_polls(2);
  }
  fixture.servers["a"].start();
  fixture.await_read_only();
}

TEST_CASE("a former master is not made read-only if the configuration says so", "[returned]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Returning fixture(flavour, false, false);
      fixture.servers["a"].start();
      fixture.await_returned();
      fixture.await_polls(3);
      CHECK(fixture.global("read_only") == 0);
      CHECK_THAT(fixture.audit(), !Contains("made read-only"));
      // On purpose: it is a master of its own now.
      fixture.servers.refactoring().run("set-writeable", {fixture.servers.key("a")}, {});
      CHECK(fixture.formers().empty());
      CHECK(fixture.problem() == topo::Problem::none);
    }
  }
}

TEST_CASE("a former master stays writable while its successor does not answer", "[returned]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Returning fixture(flavour, false);
      auto& servers = fixture.servers;
      servers[fixture.successor].kill9();
      servers["a"].start();
      fixture.await_returned();
      fixture.await_polls(3);
      CHECK(fixture.global("read_only") == 0);
      servers[fixture.successor].start();
      fixture.await_read_only();
    }
  }
}

TEST_CASE("a former master is followed up when its successor was taken over and forgotten", "[returned]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Returning fixture(flavour, true);
      auto& servers = fixture.servers;
      const auto first = servers.key(fixture.successor);
      const std::string next = fixture.successor == "b" ? "c" : "b";
      const auto is_ready = [&] { return servers[next.c_str()].replicates(); };
      sandbox::wait_until(is_ready, patience, "the replica to go on");
      fixture.take_over(next);
      servers[fixture.successor].kill9();
      CHECK(servers.library().discovery().forget(first));
      servers["a"].start();
      fixture.await_returned();
      fixture.await_read_only();
      const auto sentence = topo::problems_of(*fixture.known(), {}).front();
      CHECK_THAT(servers.library().with_names(sentence), Contains(next + " took its place as the master"));
    }
  }
}

TEST_CASE("a former master that replicates by itself is shown until it was compared", "[returned]") {
  const auto replicate = [](Returning& fixture, bool has_own = false) {
    auto& servers = fixture.servers;
    servers["a"].start();
    fixture.await_read_only();
    fixture.await_returned();
    if (has_own) {
      servers["a"].execute("SET GLOBAL super_read_only = 0");
      servers["a"].execute("INSERT INTO shop.orders VALUES (7)");
    }
    auto& successor = servers[fixture.successor.c_str()];
    const bool gtid = fixture.is_by_gtid;
    servers["a"].replicate_from(successor, gtid ? std::nullopt : std::optional(successor.binlog_position()));
    servers["a"].start_replication();
  };
  SECTION("with a transaction of its own") {
    Returning fixture(Flavour::mysql_9_7, true);
    replicate(fixture, true);
    const auto is_shown = [&] {
      return topo::problems_of(*fixture.known(), {}).front().find("is a replica of") != std::string::npos;
    };
    sandbox::wait_until(is_shown, patience, "the replica to be shown");
    fixture.await_polls(3);
    CHECK(fixture.formers().size() == 1);
    CHECK(fixture.problem() == topo::Problem::returned);
  }
  SECTION("without one") {
    Returning fixture(Flavour::mysql_9_7, true);
    replicate(fixture);
    sandbox::wait_until([&] { return fixture.formers().empty(); }, patience, "the record to end");
    CHECK(fixture.problem() != topo::Problem::returned);
  }
  SECTION("without GTIDs") {
    Returning fixture(Flavour::mysql_5_6, false);
    replicate(fixture);
    fixture.await_polls(3);
    CHECK(fixture.formers().size() == 1);
    CHECK(fixture.problem() == topo::Problem::returned);
  }
}

TEST_CASE("a former master is shown when its successor is not known any more", "[returned]") {
  Returning fixture(Flavour::mariadb_10_11, true);
  auto& servers = fixture.servers;
  for (const auto* name : {"b", "c"}) {
    servers[name].kill9();
    CHECK(servers.library().discovery().forget(servers.key(name)));
  }
  servers["a"].start();
  fixture.await_returned();
  fixture.await_polls(3);
  CHECK(fixture.global("read_only") == 0);
  CHECK_THAT(topo::problems_of(*fixture.known(), {}).front(), Contains("and is not known any more"));
  fixture.servers.refactoring().run("set-writeable", {servers.key("a")}, {});
  CHECK(fixture.formers().empty());
}

TEST_CASE("a former master in maintenance is left as it is", "[returned]") {
  Returning fixture(Flavour::mariadb_10_11, false);
  auto& store = fixture.servers.library().context().store();
  const std::vector<topo::MaintenanceRequest> requests{{fixture.servers.key("a"), "repair"}};
  (void)store.maintenance().begin(requests, "ann", 1h);
  fixture.servers["a"].start();
  fixture.await_returned();
  fixture.await_polls(3);
  CHECK(fixture.global("read_only") == 0);
  store.maintenance().end(fixture.servers.key("a"));
  fixture.await_read_only();
  fixture.await_polls(2);  // it is settled by now
  // Nor can a client make it writable for long.
  fixture.servers["a"].execute("SET GLOBAL read_only = 0");
  fixture.await_read_only();
}

TEST_CASE("a former master that a user makes a replica is none any more", "[returned]") {
  Returning fixture(Flavour::mariadb_10_11, true);
  auto& servers = fixture.servers;
  servers["a"].start();
  fixture.await_read_only();
  const auto& master = servers.key(fixture.successor);
  servers["a"].execute(fmt::format(
      "CHANGE MASTER TO MASTER_HOST = '{}', MASTER_PORT = {}, MASTER_USER = '{}', MASTER_PASSWORD = '{}', "
      "MASTER_USE_GTID = current_pos",
      master.hostname(), master.port(), sandbox::replication_account.user,
      sandbox::replication_account.password));
  servers["a"].execute("START SLAVE");
  sandbox::wait_until([&] { return fixture.formers().empty(); }, 20s, "the record of the replacement to end");
  CHECK(fixture.problem() != topo::Problem::returned);
}

TEST_CASE("no Pseudo-GTID entry is injected on a former master", "[returned]") {
  Returning fixture(Flavour::mysql_9_7, true, false, true);
  auto& servers = fixture.servers;
  const auto end_of = [&](std::string_view name) {
    return servers.library().refresh(name).instance.self_coordinates;
  };
  servers["a"].start();
  const auto end = end_of("a");
  fixture.await_returned();
  for (int entries = 0; entries < 2; ++entries) {
    const auto is_injected = [&, before = end_of(fixture.successor)] {
      return before < end_of(fixture.successor);
    };
    sandbox::wait_until(is_injected, patience, "an entry on the master in its place");
  }
  CHECK(end_of("a").display() == end.display());
}

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

}  // namespace returned_master_test
