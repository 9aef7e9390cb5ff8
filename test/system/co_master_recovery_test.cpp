// Recovery from the death of "m", one of two co-masters: "a" is the other one, "b" and "c" are replicas of
// "m".
#include <catch2/catch.hpp>

#include "system/support/recovery_fixture.h"
#include "topo/base/error.h"

namespace co_master_test {
namespace {

using Catch::Contains;
using sandbox::Flavour;
using system_test::check_rows;
using system_test::say;

bool is_writable(sandbox::Server& server) {
  return server.query("SELECT @@global.read_only AS ro")[0].number_or("ro") == 0;
}

struct CoMasters : system_test::RecoveryFixture {
  using Configure = system_test::MatchedServers::Configure;
  // "m" writes, with a table of a sandbox::Writer.
  CoMasters(Flavour flavour, bool gtid, bool is_a_writable, const Configure& configure = {})
      : RecoveryFixture("m <> a, m > b, m > c", options_for(flavour, gtid), configure) {
    for (const char* name : {"a", "b", "c"}) set_read_only(name, name[0] != 'a' || !is_a_writable);
    sandbox::Writer writer(servers["m"]);
    system_test::more_writes(writer);
    writer.stop();
    servers.topology().wait_for_replication();
  }

  static sandbox::Options options_for(Flavour flavour, bool gtid) {
    auto options = RecoveryFixture::options(flavour);
    options.gtid = gtid;
    return options;
  }
  void set_read_only(const char* name, bool on) {
    servers[name].execute(on ? "SET GLOBAL read_only = 1" : "SET GLOBAL read_only = 0");
  }
  // The server misses what "m" writes now, and the others receive it; `execute`: and execute it.
  void leave_behind(const char* name, const std::vector<const char*>& others, bool execute = true) {
    say(servers[name], "stop");
    if (!execute)
      for (const char* other : others) say(servers[other], "stop", "sql_thread");
    servers.write("m", 1'000'001);
    for (const char* other : others) {
      servers.await_fetched(other);
      if (execute) servers.await_executed_whole(other);
    }
  }
  void die() {
    servers.library().refresh_all();
    kill("m", {"a", "b", "c"});
  }
  std::string writable() {
    std::string names;
    for (const char* name : {"a", "b", "c"})
      if (is_writable(servers[name])) names += name;
    return names;
  }
  topo::recovery::RecoveryReport recover_with(topo::Loss loss, bool dry_run = false) {
    topo::recovery::RecoveryRequest request;
    request.loss = loss;
    request.dry_run = dry_run;
    return recovery.recover(servers.key("m"), request);
  }
};

const std::vector<Flavour>& tested() {
  static const auto all = system_test::available_of({Flavour::mariadb_10_11, Flavour::mysql_9_7});
  return all;
}

}  // namespace

TEST_CASE("the living co-master that has all is the only master", "[pgtid][recovery][co_master]") {
  for (const auto flavour : tested()) {
    for (const bool gtid : {false, true}) {
      for (const bool is_a_writable : {false, true}) {
        DYNAMIC_SECTION(sandbox::to_string(flavour)
                        << (gtid ? ", by GTID" : "") << (is_a_writable ? ", writable" : ", read-only")) {
          CoMasters fixture(flavour, gtid, is_a_writable);
          auto& servers = fixture.servers;
          fixture.die();
          const auto plan = servers.library().with_names(fixture.recover_with(topo::Loss::refuse, true).plan);
          CHECK_THAT(plan, Contains(is_a_writable ? "a takes writes and remains the master of the cluster"
                                                  : "a becomes the master of the cluster"));
          const auto report = fixture.recover("m");
          INFO(fixture.everything_done());
          CHECK(report.analysis->failure == topo::Failure::dead_co_master);
          CHECK(report.errors.empty());
          CHECK(report.successor == servers.key("a"));
          CHECK(fixture.writable() == "a");
          CHECK(servers.master("a").empty());
          CHECK(servers.is_below("b", "a"));
          CHECK(servers.is_below("c", "a"));
          check_rows(servers.topology(), {"a", "b", "c"});
        }
      }
    }
  }
}

TEST_CASE("a replica that has more than the read-only co-master becomes the master",
          "[pgtid][recovery][co_master]") {
  for (const auto flavour : tested()) {
    for (const bool gtid : {false, true}) {
      // What they have only received is executed first, and counts.
      for (const bool executed : {true, false}) {
        DYNAMIC_SECTION(sandbox::to_string(flavour)
                        << (gtid ? ", by GTID" : "") << (executed ? ", executed" : ", received")) {
          CoMasters fixture(flavour, gtid, false);
          auto& servers = fixture.servers;
          fixture.leave_behind("a", {"b", "c"}, executed);
          fixture.die();
          const auto plan = servers.library().with_names(fixture.recover_with(topo::Loss::refuse, true).plan);
          if (executed) {
            CHECK_THAT(plan, Contains("not chosen: a, the other co-master, lacks events: ") &&
                                 Contains("a: replicate from ") &&
                                 Contains(" becomes the master of the cluster"));
          }
          const auto report = fixture.recover("m");
          INFO(fixture.everything_done());
          CHECK(report.errors.empty());
          REQUIRE(report.successor);
          const std::string chosen = report.successor == servers.key("b") ? "b" : "c";
          CHECK(report.successor == servers.key(chosen));
          CHECK(fixture.writable() == chosen);
          CHECK(servers.master(chosen).empty());
          CHECK(servers.is_below("a", chosen));
          CHECK(servers.is_below(chosen == "b" ? "c" : "b", chosen));
          CHECK(servers["a"].query("SELECT id FROM sandbox_load.writes WHERE id = 1000001").size() == 1);
          check_rows(servers.topology(), {"a", "b", "c"});
        }
      }
    }
  }
}

TEST_CASE("a read-only co-master that has something of its own is left", "[recovery][co_master]") {
  for (const auto flavour : tested()) {
    // On MariaDB, the numbers of the others pass that of its own transaction: only their logs tell then.
    for (const bool is_passed : {false, true}) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << (is_passed ? ", passed" : "")) {
        CoMasters fixture(flavour, true, false);
        auto& servers = fixture.servers;
        fixture.leave_behind("a", {"b", "c"});
        say(servers["m"], "stop");
        servers["a"].execute("CREATE DATABASE own");
        for (int id = 1'000'002; is_passed && id < 1'000'005; ++id) servers.write("m", id);
        for (const char* other : {"b", "c"}) {
          servers.await_fetched(other);
          servers.await_executed_whole(other);
        }
        fixture.die();
        const auto report = fixture.recover("m");
        INFO(fixture.everything_done());
        REQUIRE(report.errors.size() == 1);
        CHECK_THAT(servers.library().with_names(report.errors.front()), Contains("a is not moved: "));
        CHECK(servers.master("a") == "m");
        REQUIRE(report.successor);
        CHECK(fixture.writable() == (report.successor == servers.key("b") ? "b" : "c"));
      }
    }
  }
}

TEST_CASE("a co-master that takes writes and lacks events stays the master only if loss is accepted",
          "[pgtid][recovery][co_master]") {
  for (const auto flavour : tested()) {
    for (const bool gtid : {false, true}) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << (gtid ? ", by GTID" : "")) {
        CoMasters fixture(flavour, gtid, true);
        auto& servers = fixture.servers;
        say(servers["c"], "stop");
        fixture.leave_behind("a", {"b"});
        fixture.die();
        const auto before = servers.standing();
        const auto refused =
            system_test::refusal([&] { static_cast<void>(fixture.recover("m")); }, topo::Code::refused);
        CHECK_THAT(
            servers.library().with_names(refused),
            Contains("a, the other co-master, takes writes and remains the master, but lacks events: b "
                     "has ") &&
                Contains("executed events of m up to ") && Contains("; with -allow-loss"));
        CHECK(servers.standing() == before);
        CHECK(fixture.writable() == "a");

        const auto report = fixture.recover_with(topo::Loss::accept);
        INFO(fixture.everything_done());
        REQUIRE(report.errors.size() == 1);
        CHECK_THAT(servers.library().with_names(report.errors.front()),
                   Contains("b is not moved: ") && Contains("a lacks them"));
        CHECK(report.successor == servers.key("a"));
        CHECK(fixture.writable() == "a");
        CHECK(servers.master("a").empty());
        CHECK(servers.master("b") == "m");
        CHECK(servers.is_below("c", "a"));
        CHECK(servers["b"].query("SELECT id FROM sandbox_load.writes WHERE id = 1000001").size() == 1);
      }
    }
  }
}

TEST_CASE("replicas of a dead co-master move below the other one while that takes writes",
          "[pgtid][recovery][co_master]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      system_test::RecoveryFixture fixture("a <> m, m > c, a > s", flavour);
      auto& servers = fixture.servers;
      sandbox::Writer writer(servers["a"]);
      system_test::more_writes(writer);
      fixture.servers.library().refresh_all();
      fixture.kill("m", {"a", "c"});
      const auto report = fixture.recover("m");
      INFO(fixture.everything_done());
      CHECK(report.action_taken);
      CHECK(report.analysis->failure == topo::Failure::dead_co_master);
      CHECK(report.errors.empty());
      CHECK(report.successor == servers.key("a"));
      CHECK(servers.is_below("c", "a"));
      CHECK(servers.is_below("s", "a"));
      CHECK(servers.master("a").empty());
      writer.stop();
      check_rows(servers.topology(), {"a", "c", "s"});
    }
  }
}

TEST_CASE("without ApplyMySQLPromotionAfterMasterFailover a co-master only becomes writable",
          "[recovery][co_master]") {
  for (const auto flavour : system_test::in_turn(tested())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      CoMasters fixture(flavour, true, false,
                        [](topo::Configuration& configuration, const sandbox::Topology&) {
                          configuration.apply_mysql_promotion_after_master_failover = false;
                        });
      auto& servers = fixture.servers;
      fixture.die();
      const auto report = fixture.recover("m");
      INFO(fixture.everything_done());
      CHECK(report.errors.empty());
      CHECK(fixture.writable() == "a");
      CHECK(servers.master("a") == "m");
      CHECK_FALSE(servers["a"].replicates());
      CHECK(servers.is_below("b", "a"));
      const auto again = fixture.recover("m");
      CHECK_FALSE(again.action_taken);
      CHECK_THAT(again.outcome, Contains("which takes writes already"));
    }
  }
}

}  // namespace co_master_test
