// The replicas of a dead or live master: which one is promoted, which ones move below it, and which ones
// stay.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <mutex>

#include "sandbox/wait.h"
#include "system/support/matching.h"
#include "topo/store/store.h"
#include "topo/topology/plan.h"

namespace {

using namespace std::chrono_literals;
using Catch::Contains;
using Catch::EndsWith;
using sandbox::Flavour;
using sandbox::patience;
using system_test::check_rows;
using system_test::MatchedServers;
using system_test::more_writes;
using system_test::no_log_of_updates;
using system_test::say;
using Keys = std::vector<topo::InstanceKey>;

sandbox::Options options_with_entries(Flavour flavour) {
  auto options = system_test::options_of(flavour);
  options.pseudo_gtid = true;
  return options;
}

Keys sorted(Keys keys) {
  std::sort(keys.begin(), keys.end());
  return keys;
}

// Stops one IO thread after the other, with writes in between. The last replica has received everything when
// the master is killed.
void lose_master(MatchedServers& servers, sandbox::Writer& writer,
                 const std::vector<const char*>& from_last) {
  for (const char* name : from_last) {
    more_writes(writer);
    if (name != from_last.back()) say(servers[name], "stop", "io_thread");
  }
  writer.stop();
  servers["a"].execute("set global event_scheduler = 0");
  servers.await_fetched(from_last.back());
  servers["a"].kill9();
}

std::int64_t stops_of(MatchedServers& servers, const char* name) {
  const auto counters = servers[name].query(
      "show global status where variable_name in ('Com_stop_slave', 'Com_slave_stop', 'Com_replica_stop')");
  return counters[0].number_or("Value", -1);
}

}  // namespace

TEST_CASE("regroup-slaves picks the most up-to-date replica and does not wait for broken or delayed ones",
          "[pgtid][regroup]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      // Waiting for the delayed replica would take longer than this.
      static constexpr auto bulk_wait = 60s;
      MatchedServers servers("a > b, a > c, a > d, a > e", options_with_entries(flavour),
                             [](topo::Configuration& configuration, const sandbox::Topology&) {
                               configuration.instance_bulk_operations_wait_timeout = bulk_wait;
                             });
      sandbox::Writer writer(servers["a"]);
      more_writes(writer);
      // d breaks at a row that it already has; its binary log does not contain that row.
      const auto row = "insert into sandbox_load.writes values (2000000000, 'twice')";
      auto connection = servers["d"].connect();
      connection.query("set sql_log_bin = 0");
      connection.query(row);
      servers["a"].execute(row);
      const auto is_broken = [&] { return servers["d"].replication_status()->sql == "No"; };
      sandbox::wait_until(is_broken, patience, "d to break");
      say(servers["e"], "stop");
      system_test::delay(servers["e"], 3600);
      say(servers["e"], "start");
      say(servers["b"], "stop", "sql_thread");
      lose_master(servers, writer, {"c", "b"});

      const auto began = std::chrono::steady_clock::now();
      const auto report = servers.refactoring().run("regroup-slaves", {servers.key("a")}, {});
      CHECK(std::chrono::steady_clock::now() - began < bulk_wait);
      CHECK(report.plan.candidate == servers.key("b"));
      CHECK(report.plan.refused.empty());
      CHECK(sorted(report.outcome.moved) == sorted({servers.key("c"), servers.key("d"), servers.key("e")}));
      CHECK(report.outcome.failed.empty());
      CHECK(report.outcome.leftovers.empty());
      sandbox::wait_until(is_broken, patience, "d to meet the same row again");
      // Only replicas that were moved are started; other stopped threads stay stopped.
      CHECK(servers.standing() ==
            "b below a, fetches\nc below b, fetches, executes\n"
            "d below b, fetches\ne below b, fetches, executes\n");

      servers.promote("b");
      say(servers["e"], "stop");
      system_test::delay(servers["e"], 0);
      say(servers["e"], "start");
      connection.query("delete from sandbox_load.writes where id = 2000000000");
      say(servers["d"], "start");
      check_rows(servers.topology(), {"b", "c", "d", "e"});
    }
  }
}

TEST_CASE("nothing is regrouped while a replica holds in its relay log what the others lack",
          "[pgtid][regroup]") {
  for (const auto flavour : system_test::flavours()) {
    for (const bool by_gtid : {false, true}) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << (by_gtid ? " by GTID" : "")) {
        auto options = options_with_entries(flavour);
        options.gtid = by_gtid;
        MatchedServers servers(
            "a > b, a > c, a > d", options, [](topo::Configuration& configuration, const sandbox::Topology&) {
              configuration.instance_bulk_operations_wait_timeout = std::chrono::seconds(2);
            });
        sandbox::Writer writer(servers["a"]);
        more_writes(writer);
        // Its SQL thread does not get on.
        auto blocker = servers["d"].connect();
        blocker.query("lock tables sandbox_load.writes read");
        for (const char* name : {"b", "c"}) {
          more_writes(writer);
          say(servers[name], "stop", "io_thread");
        }
        more_writes(writer);
        writer.stop();
        servers["a"].execute("set global event_scheduler = 0");
        servers.await_fetched("d");
        servers["a"].kill9();
        servers.await_executed_whole("c");
        const auto held = servers.fetched("d");
        const auto regroup = [&](topo::Loss loss) {
          topo::refactor::OperationRequest request;
          request.loss = loss;
          return servers.refactoring().run("regroup-slaves", {servers.key("a")}, request);
        };
        CHECK_THAT(servers.refused([&] { (void)regroup(topo::Loss::refuse); }),
                   Contains(servers.key("c").display() + ", the successor, would lack events: " +
                            servers.key("d").display() + " has received events") &&
                       Contains(servers.key("d").display() + " did not reach ") &&
                       EndsWith("All is as it was"));
        CHECK(servers.standing() ==
              "b below a, executes\nc below a, executes\nd below a, fetches, executes\n");

        const auto report = regroup(topo::Loss::accept);
        CHECK(report.plan.candidate == servers.key("c"));
        CHECK(report.outcome.moved == Keys{servers.key("b")});
        REQUIRE(report.plan.refused.size() == 1);
        CHECK(report.plan.refused.front().first == servers.key("d"));
        CHECK(servers.master("d") == "a");
        // Another master, or a new relay log, would show other coordinates.
        CHECK(servers.fetched("d") == held);
        CHECK(servers["d"].replication_status()->executed < held);
      }
    }
  }
}

TEST_CASE("an excluded candidate is not chosen, and stays if it is ahead", "[pgtid][regroup]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = options_with_entries(flavour);
      options.many_addresses = true;
      options.servers["n"].extra_options = {no_log_of_updates(flavour)};
      MatchedServers servers("a > b, a > c, a > d, a > n", options,
                             [](topo::Configuration& configuration, const sandbox::Topology& all) {
                               configuration.deny_auto_promotion_hostname_pattern =
                                   "^" + all.server("b").host() + "$";
                             });
      sandbox::Writer writer(servers["a"]);
      lose_master(servers, writer, {"d", "c", "b", "n"});
      const auto key = [&](const char* name) { return servers.key(name); };
      // All replicas are idle by now except n, which executes its last rows.
      servers.await_executed("n");

      const auto standing = servers.standing();
      std::vector<std::int64_t> stops;
      for (const char* name : {"b", "c", "d", "n"}) stops.push_back(stops_of(servers, name));
      topo::refactor::OperationRequest dry;
      dry.dry_run = true;
      dry.loss = topo::Loss::accept;
      const auto plan = servers.refactoring().run("regroup-slaves", {key("a")}, dry).plan;
      CHECK(plan.candidate == key("c"));
      CHECK_THAT(topo::describe(plan),
                 Contains(key("d").display() + ": replicate from " + key("c").display() +
                          ", beginning at its position in") &&
                     Contains(key("n").display() + ": not moved: " + key("n").display() + " is ahead of " +
                              key("c").display()));
      CHECK(servers.standing() == standing);
      std::size_t i = 0;
      for (const char* name : {"b", "c", "d", "n"}) CHECK(stops_of(servers, name) == stops[i++]);
      for (const auto& entry : servers.library().context().store().audit().read(0, 10))
        CHECK(entry.type != "regroup-slaves");

      CHECK_THAT(servers.refused([&] { servers.refactoring().run("regroup-slaves", {key("a")}, {}); }),
                 Contains(key("c").display() + ", the successor, would lack events") &&
                     EndsWith("All is as it was"));
      CHECK(servers.standing() == standing);
      Keys told;
      topo::refactor::OperationRequest request;
      request.loss = topo::Loss::accept;
      request.on_candidate = [&](const topo::InstanceKey& candidate) { told.push_back(candidate); };
      const auto report = servers.refactoring().run("regroup-slaves", {key("a")}, request);
      CHECK(told == Keys{key("c")});
      CHECK(report.outcome.moved == Keys{key("d")});
      CHECK_THAT(topo::refactor::describe(report),
                 Catch::StartsWith("regrouped 1/3 replicas of " + key("a").display() + " below " +
                                   key("c").display() + "; "));
      CHECK(report.outcome.leftovers.empty());
      Keys refused;
      for (const auto& [replica, refusal] : report.plan.refused) {
        refused.push_back(replica);
        CHECK_THAT(refusal.reason, Contains(" is ahead of " + key("c").display()));
      }
      CHECK(sorted(refused) == sorted({key("b"), key("n")}));
      CHECK(servers.standing() ==
            "b below a, executes\nc below a, executes\nd below c, fetches, executes\n"
            "n below a, fetches, executes\n");
      servers.promote("c");
      check_rows(servers.topology(), {"c", "d"});
    }
  }
}

TEST_CASE("a replica that is too new for the others is not chosen if another one can serve all",
          "[pgtid][regroup]") {
  const auto available = system_test::flavours();
  for (const auto wanted : {Flavour::mysql_5_6, Flavour::mariadb_10_11}) {
    if (std::find(available.begin(), available.end(), wanted) == available.end()) return;
  }
  auto options = options_with_entries(Flavour::mysql_5_6);
  for (const char* name : {"m", "k"}) {
    options.servers[name].flavour = Flavour::mariadb_10_11;
    options.servers[name].extra_options = {"--event-scheduler=OFF"};
  }
  MatchedServers servers("a > b, a > c, a > k, a > m", options);
  // MySQL 5.6 cannot list replicas if some have no UUID: its result is malformed.
  for (const char* name : {"b", "c", "k", "m"}) servers.library().discover(name);
  sandbox::Writer writer(servers["a"]);
  lose_master(servers, writer, {"k", "c", "b", "m"});
  CHECK_THAT(servers.refused([&] { servers.refactoring().run("regroup-slaves", {servers.key("a")}, {}); }),
             Contains(servers.key("b").display() + ", the successor, would lack events: " +
                      servers.key("m").display() + " has executed events"));
  topo::refactor::OperationRequest request;
  request.loss = topo::Loss::accept;
  const auto report = servers.refactoring().run("regroup-slaves", {servers.key("a")}, request);
  CHECK(report.plan.candidate == servers.key("b"));
  CHECK(sorted(report.outcome.moved) == sorted({servers.key("c"), servers.key("k")}));
  CHECK(report.outcome.failed.empty());
  REQUIRE(report.plan.refused.size() == 1);
  CHECK(report.plan.refused.front().first == servers.key("m"));
  CHECK_THAT(report.plan.refused.front().second.reason, Contains(" is ahead of "));
  CHECK(servers.is_below("k", "b"));
  servers.promote("b");
  check_rows(servers.topology(), {"b", "c", "k"});
}

TEST_CASE("without a candidate, all replicas continue as before", "[pgtid][regroup]") {
  auto options = options_with_entries(Flavour::mariadb_10_11);
  options.servers["b"].extra_options = options.servers["c"].extra_options = {"--log-slave-updates=0"};
  MatchedServers servers("a > b, a > c", options);
  sandbox::Writer writer(servers["a"]);
  const auto regroup = [&] { servers.refactoring().run("regroup-slaves", {servers.key("a")}, {}); };
  CHECK_THAT(servers.refused(regroup),
             Contains("No replica of " + servers.key("a").display() + " can be promoted") &&
                 Contains(servers.key("b").display() + " does not log what it replicates") &&
                 EndsWith("All is as it was"));
  more_writes(writer);
  writer.stop();
  check_rows(servers.topology(), {"a", "b", "c"});
}

TEST_CASE("make-master promotes a replica of a dead master", "[pgtid][regroup]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = options_with_entries(flavour);
      for (const char* name : {"b", "c", "d"}) options.servers[name].extra_options = {"--read-only=1"};
      MatchedServers servers("a > b, a > c, a > d", options);
      sandbox::Writer writer(servers["a"]);
      const auto make_master = [&](const char* name) {
        return [&servers, name] { servers.refactoring().run("make-master", {servers.key(name)}, {}); };
      };
      CHECK_THAT(servers.refused(make_master("b")),
                 Contains(servers.key("a").display() + " is alive: it was read just now"));
      more_writes(writer);
      say(servers["c"], "stop", "io_thread");
      more_writes(writer);
      say(servers["b"], "stop", "sql_thread");
      more_writes(writer);
      writer.stop();
      servers["a"].execute("set global event_scheduler = 0");
      servers.await_fetched("b");
      servers.await_fetched("d");
      servers["a"].kill9();
      const auto foreseen = [&](const char* name) {
        topo::refactor::OperationRequest dry;
        dry.dry_run = true;
        const auto plan = servers.refactoring().run("make-master", {servers.key(name)}, dry).plan;
        return servers.library().with_names(topo::describe(plan));
      };
      const auto catches_up = Contains(" has logged, then stop replication");
      CHECK_THAT(foreseen("c"), Contains("c: execute all that ") && catches_up);
      // It has received all, and will execute it.
      CHECK_THAT(foreseen("b"), Contains("chosen: b") && !catches_up);
      make_master("b")();
      CHECK(servers.standing() == "c below b, fetches, executes\nd below b, fetches, executes\n");
      const auto is_read_only = [&](const char* name) {
        return servers[name].query("select @@global.read_only as it")[0].number_or("it", -1);
      };
      CHECK(is_read_only("b") == 0);
      CHECK(is_read_only("c") == 1);
      servers.write("b", 1'000'000);
      check_rows(servers.topology(), {"b", "c", "d"});
    }
  }
}

TEST_CASE("make-local-master promotes a replica of a dead intermediate master", "[pgtid][regroup]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      MatchedServers servers("a > b > c, b > d, b > e", options_with_entries(flavour));
      sandbox::Writer writer(servers["a"]);
      for (const char* name : {"c", "e"}) {
        more_writes(writer);
        say(servers[name], "stop", "io_thread");
      }
      more_writes(writer);
      servers["b"].kill9();
      CHECK_THAT(
          servers.refused([&] { servers.refactoring().run("make-local-master", {servers.key("c")}, {}); }),
          Contains(" has executed more than " + servers.key("c").display()) && EndsWith("All is as it was"));
      const auto report = servers.refactoring().run("make-local-master", {servers.key("d")}, {});
      CHECK(report.outcome.moved.size() == 3);
      CHECK(servers.is_below("d", "a"));
      CHECK(servers.is_below("c", "d"));
      CHECK(servers.is_below("e", "d"));
      more_writes(writer);
      writer.stop();
      check_rows(servers.topology(), {"a", "c", "d", "e"});
    }
  }
}

TEST_CASE("replicas are matched below a server as soon as it has drained its relay log", "[pgtid][regroup]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      MatchedServers servers("a > b, a > c, a > d", options_with_entries(flavour));
      sandbox::Writer writer(servers["a"]);
      more_writes(writer);
      auto busy = servers["b"].connect();
      busy.query("lock tables sandbox_load.writes read");
      lose_master(servers, writer, {"d", "c", "b"});
      servers.await_executed_whole("c");
      // The table is unlocked as soon as the log of b is read.
      const auto looks = [&] {
        return servers["b"].query("show global status like 'Com_show_binlog_events'")[0].number_or("Value",
                                                                                                   -1);
      };
      const auto before = looks();
      auto frees = std::async(std::launch::async, [&] {
        sandbox::wait_until([&] { return looks() > before; }, patience, "a look into the log of b");
        busy.query("unlock tables");
      });
      const auto report =
          servers.refactoring().run("multi-match-slaves", {servers.key("a"), servers.key("b")}, {});
      frees.get();
      CHECK(sorted(report.outcome.moved) == sorted({servers.key("c"), servers.key("d")}));
      CHECK(report.outcome.failed.empty());
      CHECK(servers.is_below("c", "b"));
      CHECK(servers.is_below("d", "b"));
      servers.promote("b");
      check_rows(servers.topology(), {"b", "c", "d"});
    }
  }
}

TEST_CASE("when the candidate dies during the regroup, the others can be regrouped again",
          "[pgtid][regroup]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      MatchedServers servers("a > b, a > c, a > d, a > e", options_with_entries(flavour));
      sandbox::Writer writer(servers["a"]);
      lose_master(servers, writer, {"e", "d", "c", "b"});
      auto& regroups = servers.refactoring();
      const auto regroup = [&] { return regroups.run("regroup-slaves", {servers.key("a")}, {}); };
      // No other replica starts to replicate from b before b is dead.
      std::mutex mutex;
      bool is_killed = false;
      regroups.on_step([&](const std::string& step) {
        const std::lock_guard lock(mutex);
        if (is_killed || !step.ends_with(": start replication")) return;
        is_killed = true;
        servers["b"].kill9();
      });
      std::string words;
      try {
        words = topo::refactor::describe(regroup());
      } catch (const topo::Error& error) {
        words = error.what();
      }
      regroups.on_step(nullptr);
      INFO(words);
      CHECK(is_killed);
      for (const char* name : {"c", "d", "e"}) {
        INFO(name);
        const bool is_named = words.find(servers.key(name).display() + " is left") != std::string::npos;
        CHECK((is_named || servers.master(name) == "a"));
      }
      CHECK(servers.library().context().store().maintenance().active().empty());
      const auto report = regroup();
      CHECK(report.plan.candidate == servers.key("c"));
      CHECK(report.outcome.moved.size() == 2);
      CHECK(servers.is_below("d", "c"));
      CHECK(servers.is_below("e", "c"));
      servers.promote("c");
      check_rows(servers.topology(), {"c", "d", "e"});
    }
  }
}
