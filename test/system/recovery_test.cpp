// Recovery of the replicas of a master or an intermediate master that is killed under load.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>

#include "sandbox/wait.h"
#include "system/support/recovery_fixture.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/store/store.h"

namespace {

using namespace std::chrono_literals;
using Catch::Contains;
using Catch::EndsWith;
using sandbox::patience;
using system_test::check_rows;
using system_test::more_writes;
using system_test::RecoveryFixture;
using system_test::say;

std::string refusal_of(const std::function<void()>& operation, topo::Code code) {
  return system_test::refusal(operation, code);
}

}  // namespace

TEST_CASE("replicas of a dead intermediate master move below its sibling", "[pgtid][recovery]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      RecoveryFixture fixture("a > m > c, m > d, a > s", flavour);
      auto& servers = fixture.servers;
      sandbox::Writer writer(servers["a"]);
      more_writes(writer);
      // No server is dead yet.
      auto report = fixture.recover("m");
      CHECK_FALSE(report.action_taken);
      CHECK_THAT(report.outcome, Contains("has not failed"));
      CHECK(fixture.failures().empty());

      say(servers["d"], "stop", "io_thread");  // d has received less than c
      more_writes(writer);
      fixture.kill("m", {"c", "d"});
      fixture.await_as_far("s", "m");
      report = fixture.recover("m");
      INFO(fixture.everything_done());
      CHECK(report.action_taken);
      REQUIRE(report.analysis);
      CHECK(report.analysis->failure == topo::Failure::dead_intermediate_master);
      CHECK(report.errors.empty());
      CHECK(report.successor == servers.key("s"));
      CHECK(servers.is_below("c", "s"));
      CHECK(servers.is_below("d", "s"));
      const auto audits = fixture.audits();
      REQUIRE(audits.size() == 2);
      CHECK_THAT(audits[0], Contains("recover-dead-intermediate-master: problem found; will recover"));
      CHECK_THAT(audits[1], Contains("matched 2/2 replicas of") && Contains("successor: "));
      REQUIRE(fixture.told.size() >= 3);
      CHECK(fixture.told.front().state == topo::refactor::Progress::State::begun);
      CHECK(fixture.told.back().state == topo::refactor::Progress::State::done);
      CHECK(fixture.recovery.counts().successful == 1);
      // Still dead, but without replicas.
      CHECK_FALSE(fixture.recover("m").action_taken);
      more_writes(writer);
      writer.stop();
      check_rows(servers.topology(), {"a", "c", "d", "s"});
    }
  }
}

TEST_CASE("replicas of a dead intermediate master without a sibling are regrouped, and move up",
          "[pgtid][recovery]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      RecoveryFixture fixture("a > m > c, m > d", flavour);
      auto& servers = fixture.servers;
      sandbox::Writer writer(servers["a"]);
      more_writes(writer);
      fixture.kill("m", {"c", "d"});
      topo::recovery::RecoveryRequest dry;
      dry.dry_run = true;
      const auto foreseen = fixture.recovery.recover(servers.key("m"), dry).plan;
      CHECK_THAT(servers.library().with_names(foreseen),
                 Contains("chosen: ") && EndsWith("\nthen, what is left below m goes below a"));
      const auto report = fixture.recover("m");
      CHECK(report.errors.empty());
      CHECK(report.successor == servers.key("a"));
      // One replica is the master of the other.
      const bool c_is_first = servers.is_below("c", "a");
      CHECK(servers.is_below(c_is_first ? "c" : "d", "a"));
      CHECK(servers.is_below(c_is_first ? "d" : "c", c_is_first ? "c" : "d"));
      writer.stop();
      check_rows(servers.topology(), {"a", "c", "d"});
    }
  }
}

TEST_CASE("a replica of a dead master is promoted, and others are dead themselves", "[pgtid][recovery]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      RecoveryFixture fixture("a > b, a > c, a > d, a > e", flavour);
      auto& servers = fixture.servers;
      auto& store = servers.library().context().store();
      store.clusters().set_alias(servers.key("a").display(), "shop");
      for (const char* name : {"b", "c", "d"}) servers[name].execute("SET GLOBAL read_only = 1");
      sandbox::Writer writer(servers["a"]);
      more_writes(writer);
      say(servers["c"], "stop", "io_thread");
      more_writes(writer);
      servers["e"].kill9();
      writer.stop();
      for (const char* name : {"b", "d"}) servers.await_fetched(name);
      fixture.kill("a", {"b", "d"});

      const auto report = fixture.recover("a");
      CHECK(report.action_taken);
      CHECK(report.analysis->failure == topo::Failure::dead_master_and_some_replicas);
      REQUIRE(report.errors.size() == 1);  // of the dead replica
      CHECK_THAT(report.errors[0], Contains(servers.key("e").display()));
      const std::string chosen = report.successor == servers.key("b") ? "b" : "d";
      CHECK(report.successor == servers.key(chosen));
      CHECK(servers.is_below("c", chosen));
      CHECK(servers.is_below(chosen == "b" ? "d" : "b", chosen));
      CHECK(fixture.recovery.counts().failed == 1);
      CHECK(servers.master(chosen).empty());
      CHECK_THAT(fixture.audits().back(),
                 Contains(servers.key(chosen).display() + " is a master now, and had executed ") &&
                     Contains("1 event of the former master is disabled on " + servers.key(chosen).display() +
                              " (meta.create_pseudo_gtid_event): ALTER EVENT"));
      CHECK(servers[chosen].query("SELECT @@global.read_only AS it")[0].number_or("it", -1) == 0);
      CHECK(store.instances().read(servers.key("c"))->instance.cluster_name == servers.key(chosen).display());
      CHECK(store.clusters().cluster_of_alias("shop") == servers.key(chosen).display());
      // Only the dead replica is left below the dead master.
      const auto again = fixture.recover("a");
      CHECK_FALSE(again.action_taken);
      CHECK_THAT(again.outcome, Contains("DeadMasterAndSlaves"));
      servers[chosen].stop();
      servers[chosen].start();
      CHECK(servers.master(chosen).empty());  // a restart does not revive its replication
      servers.write(chosen, 1'000'000);
      check_rows(servers.topology(), {"b", "c", "d"});
    }
  }
}

TEST_CASE("a preferred successor first gets what it lacks from the replica that has most",
          "[pgtid][recovery][successor]") {
  for (const auto flavour : system_test::flavours()) {
    for (const bool by_gtid : {false, true}) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << (by_gtid ? " by GTID" : "")) {
        auto options = RecoveryFixture::options(flavour);
        options.gtid = by_gtid;
        RecoveryFixture fixture("a > b, a > c, a > d", options);
        auto& servers = fixture.servers;
        auto& instances = servers.library().context().store().instances();
        instances.register_candidate(servers.key("c"), topo::PromotionRule::must_not);
        instances.register_candidate(servers.key("d"), topo::PromotionRule::prefer_not);
        sandbox::Writer writer(servers["a"]);
        for (const char* name : {"b", "c"}) {
          more_writes(writer);
          say(servers[name], "stop", "io_thread");
        }
        more_writes(writer);
        writer.stop();
        servers["a"].execute("set global event_scheduler = 0");
        servers.await_fetched("d");
        fixture.kill("a", {"b", "c", "d"});
        servers.await_executed_whole("d");
        CHECK_THAT(refusal_of([&] { servers.refactoring().run("make-master", {servers.key("c")}, {}); },
                              topo::Code::refused),
                   Contains("is registered as must_not"));

        const auto report = fixture.recover("a");
        INFO(fixture.everything_done());
        CHECK(report.action_taken);
        CHECK(report.successor == servers.key("b"));
        CHECK(report.errors.empty());
        CHECK(servers.master("b").empty());
        for (const char* name : {"c", "d"}) CHECK(servers.is_below(name, "b"));
        // Where d was in the log of the dead master.
        CHECK_THAT(fixture.audits().back(), Contains(servers.key("b").display() + " is a master now"));
        servers.write("b", 1'000'000);
        check_rows(servers.topology(), {"b", "c", "d"});
      }
    }
  }
}

TEST_CASE("a replica that one recovery left out is not promoted by the next", "[pgtid][recovery]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      RecoveryFixture fixture("a > b, a > c, a > d", flavour);
      auto& servers = fixture.servers;
      auto& store = servers.library().context().store();
      const auto lock =
          store.maintenance().begin(std::vector<topo::MaintenanceRequest>{{servers.key("b"), "disk"}}, "ann",
                                    std::chrono::seconds(600));
      fixture.kill("a", {"b", "c", "d"});
      const auto report = fixture.recover("a");
      INFO(fixture.everything_done());
      REQUIRE(report.successor);
      CHECK(report.errors.size() == 1);
      CHECK(store.maintenance().end(lock[0]));
      const auto promote = [&](const std::function<void()>& operation) {
        CHECK_THAT(refusal_of(operation, topo::Code::refused),
                   Contains(report.successor->display() + " is the master in its place"));
      };
      promote([&] { fixture.recover("a"); });
      promote([&] { servers.refactoring().run("make-master", {servers.key("b")}, {}); });
      topo::refactor::OperationRequest by_force;
      by_force.dry_run = by_force.force = true;
      CHECK_THAT(topo::describe(servers.refactoring().run("make-master", {servers.key("b")}, by_force).plan),
                 Contains("careful: ") && Contains(report.successor->display() +
                                                   " is the master in its place; there will be two"));
      CHECK(servers.master("b") == "a");
      servers.refactoring().run("match-below", {servers.key("b"), *report.successor}, {});
      CHECK(servers.is_below("b", report.successor == servers.key("c") ? "c" : "d"));
    }
  }
}

TEST_CASE("a master is promoted even if no sibling can go below it", "[pgtid][recovery]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      RecoveryFixture fixture("a > b, a > c", flavour);
      auto& servers = fixture.servers;
      sandbox::Writer writer(servers["a"]);
      more_writes(writer);
      say(servers["b"], "stop", "io_thread");
      servers.write("b", 5'000'000);  // diverges
      more_writes(writer);
      writer.stop();
      servers.await_fetched("c");
      fixture.kill("a", {"c"});
      const auto report = fixture.recover("a");
      INFO(fixture.everything_done());
      CHECK(report.successor == servers.key("c"));
      REQUIRE(report.errors.size() == 1);
      CHECK_THAT(report.errors.front(), Contains(servers.key("b").display() + " is not moved"));
      CHECK(servers.master("c").empty());
      CHECK(servers.master("b") == "a");
    }
  }
}

TEST_CASE("a replica with filters does not become the master", "[pgtid][recovery]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    for (const auto* filter : {"--replicate-wild-ignore-table=secret.%", "--binlog-ignore-db=secret"}) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << filter) {
        auto options = RecoveryFixture::options(flavour);
        options.servers["b"].extra_options = {filter};
        RecoveryFixture fixture("a > b, a > c", options);
        auto& servers = fixture.servers;
        servers["a"].execute("CREATE DATABASE secret");
        servers["a"].execute("CREATE TABLE secret.t (id INT PRIMARY KEY)");
        servers["a"].execute("INSERT INTO secret.t VALUES (1)");
        servers.topology().wait_for_replication();
        fixture.kill("a", {"b", "c"});
        const auto report = fixture.recover("a");
        INFO(fixture.everything_done());
        CHECK(report.errors.empty());
        CHECK(report.successor == servers.key("c"));
        CHECK(servers.is_below("b", "c"));
        CHECK(servers["c"].query("SELECT * FROM secret.t").size() == 1);
      }
    }
  }
}

TEST_CASE("without ApplyMySQLPromotionAfterMasterFailover the successor stays below the dead master",
          "[pgtid][recovery]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      RecoveryFixture fixture("a > b, a > c", flavour,
                              [](topo::Configuration& configuration, const sandbox::Topology&) {
                                configuration.apply_mysql_promotion_after_master_failover = false;
                              });
      auto& servers = fixture.servers;
      fixture.kill("a", {"b", "c"});
      const auto report = fixture.recover("a");
      CHECK(report.errors.empty());
      REQUIRE(report.successor);
      const std::string chosen = report.successor == servers.key("b") ? "b" : "c";
      CHECK(servers.master(chosen) == "a");
      CHECK(servers.is_below(chosen == "b" ? "c" : "b", chosen));
      const auto again = fixture.recover("a");
      CHECK_FALSE(again.action_taken);
      CHECK_THAT(again.outcome, Contains("was recovered at") && Contains("make-master"));
    }
  }
}

TEST_CASE("no recovery where none is needed or possible", "[pgtid][recovery]") {
  RecoveryFixture fixture("a > m > c, a > s", system_test::flavours().front());
  auto& servers = fixture.servers;
  const auto no_action = [&](const char* name) {
    const auto report = fixture.recover(name);
    CHECK_FALSE(report.action_taken);
    CHECK(report.was_refused);
    return report.outcome;
  };
  const auto healthy = fixture.recover("m");
  CHECK_FALSE(healthy.was_refused);
  CHECK_THAT(healthy.outcome, Contains("has not failed: it was read just now"));
  say(servers["c"], "stop");
  CHECK_THAT(no_action("m"), Contains("AllIntermediateMasterSlavesNotReplicating"));
  CHECK(fixture.failures() == "m AllIntermediateMasterSlavesNotReplicating\n");
  say(servers["c"], "start");
  sandbox::wait_until([&] { return servers["c"].replicates(); }, patience, "c to replicate");
  fixture.kill("m", {"c"});
  fixture.await_as_far("s", "m");
  CHECK(refusal_of(
            [&] {
              fixture.recovery.recover({"nobody.example.com", 3306}, {});
            },
            topo::Code::not_found) == "Instance not found: nobody.example.com:3306; add it with `discover`");

  auto& store = fixture.servers.library().context().store();
  const auto lock = store.maintenance().begin(
      std::vector<topo::MaintenanceRequest>{{servers.key("m"), "disk"}}, "ann", std::chrono::seconds(600));
  CHECK_THAT(no_action("m"), Contains("in maintenance") && Contains("ann"));
  CHECK(fixture.failures().empty());
  CHECK(store.maintenance().end(lock[0]));

  topo::recovery::RecoveryRequest dry;
  dry.dry_run = true;
  const auto foreseen = fixture.recovery.recover(servers.key("m"), dry);
  CHECK_FALSE(foreseen.action_taken);
  CHECK_FALSE(foreseen.was_refused);
  CHECK_THAT(foreseen.outcome, Contains("would be recovered: The intermediate master cannot be reached"));
  CHECK_THAT(servers.library().with_names(foreseen.plan), Contains("c: replicate from s"));
  CHECK(servers.master("c") == "m");
  CHECK(fixture.failures() == "m DeadIntermediateMaster\n");

  // Another process runs a recovery.
  topo::NewRecovery other;
  other.failed = servers.key("m");
  other.node_hostname = "elsewhere";
  other.process = "elsewhere boot pid:[1] 1 1";
  store.recoveries().begin(other, std::chrono::minutes(60));
  CHECK_THAT(refusal_of([&] { fixture.recover("m"); }, topo::Code::locked),
             Contains("is being recovered already, by elsewhere since"));
  CHECK(servers.master("c") == "m");
}

TEST_CASE("a backend that cannot store what was read says nothing of the servers", "[pgtid][recovery]") {
  RecoveryFixture fixture("a > m > c, a > s", system_test::flavours().front());
  auto& servers = fixture.servers;
  fixture.kill("m", {"c"});
  fixture.before_refresh = [] { throw topo::Error(topo::Code::backend, "the disk is full"); };
  CHECK(refusal_of([&] { fixture.recover("m"); }, topo::Code::backend) == "the disk is full");
  CHECK(servers.master("c") == "m");
  fixture.before_refresh = {};
  fixture.await_as_far("s", "m");
  CHECK(fixture.recover("m").action_taken);
  CHECK(servers.is_below("c", "s"));
}

TEST_CASE("a good read of the node that polls stands until a second read fails",
          "[pgtid][recovery][evidence]") {
  RecoveryFixture fixture("a > b, a > c", system_test::flavours().front(),
                          [](auto& configuration, const auto&) {
                            configuration.instance_poll = configuration.active_node_expire = 60s;
                          });
  auto& servers = fixture.servers;
  auto& nodes = servers.library().context().store().nodes();
  // Nobody but the node has seen the master lately.
  for (const char* name : {"b", "c"}) say(servers[name], "stop", "io_thread");
  servers.library().refresh_all();
  CHECK(nodes.attempt_election("elsewhere", "token", 60s));
  CHECK(nodes.report_health("elsewhere", "token", "http", "1").is_active_node);
  servers["a"].kill9();
  CHECK_THAT(refusal_of([&] { servers.refactoring().run("make-master", {servers.key("b")}, {}); },
                        topo::Code::refused),
             Contains("but the node that polls has read it "));
  CHECK_THAT(refusal_of([&] { fixture.recover("a"); }, topo::Code::refused),
             Contains("but the node that polls has read it "));
  CHECK(fixture.recover("a").action_taken);
}

TEST_CASE("a recovery runs its hooks, and a failing hook before the recovery stops it", "[pgtid][recovery]") {
  static std::filesystem::path told;
  RecoveryFixture fixture(
      "a > m > c, a > s", system_test::flavours().front(),
      [](topo::Configuration& configuration, const sandbox::Topology& servers) {
        told = std::filesystem::path(configuration.sqlite3_data_file).parent_path() / "told";
        configuration.pre_failover_processes = {
            fmt::format("echo before {{failureType}} {{failedPort}} {{successorPort}} >> {}; test -e {}.go",
                        told.string(), told.string())};
        configuration.post_failover_processes = {fmt::format(
            "echo after {{failedPort}} {{successorHost}}:{{successorPort}} >> {}; exit 1", told.string())};
        static_cast<void>(servers);
      });
  auto& servers = fixture.servers;
  fixture.kill("m", {"c"});
  fixture.await_as_far("s", "m");
  CHECK_THAT(refusal_of([&] { fixture.recover("m"); }, topo::Code::refused),
             Contains("is not recovered: command 1 of PreFailoverProcesses failed: exit status 1"));
  CHECK(servers.master("c") == "m");
  CHECK(fixture.recovery.counts().failed == 1);
  std::ofstream(told.string() + ".go") << "go";
  const auto report = fixture.recover("m");
  CHECK(servers.is_below("c", "s"));
  CHECK(report.errors ==
        std::vector<std::string>{"command 1 of PostFailoverProcesses failed: exit status 1"});
  std::ifstream file(told);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto before =
      fmt::format("before DeadIntermediateMaster {} {{successorPort}}\n", servers.key("m").port());
  CHECK(text ==
        before + before + fmt::format("after {} {}\n", servers.key("m").port(), servers.key("s").display()));
}

// Nothing that the servers report shows it: only a log of the others has another transaction of its number.
TEST_CASE("MariaDB: a replica with an errant transaction whose number was passed is not promoted",
          "[recovery]") {
  auto options = RecoveryFixture::options(Flavour::mariadb_10_11);
  options.gtid = true;
  RecoveryFixture fixture("a > b, a > c", options);
  auto& servers = fixture.servers;
  auto& library = servers.library();
  const bool is_b_first = servers.key("b") < servers.key("c");
  const std::string first = is_b_first ? "b" : "c", other = is_b_first ? "c" : "b";
  servers[first].execute("CREATE DATABASE own");
  for (const char* later : {"one", "two", "three"})
    servers["a"].execute(std::string("CREATE DATABASE ") + later);
  servers.topology().wait_for_replication();
  // No poll has seen it before.
  CHECK(library.discovery().forget(servers.key(first)));
  library.refresh_all();
  library.discover(first);
  CHECK(library.known(first)->instance.errant_gtids.empty());
  fixture.kill("a", {"b", "c"});
  const auto report = fixture.recover("a");
  INFO(fixture.everything_done());
  CHECK(report.successor == servers.key(other));
  REQUIRE(report.errors.size() == 1);
  CHECK_THAT(library.with_names(report.errors.front()), Contains(first + " is not moved: "));
  CHECK(servers.master(first) == "a");
}
