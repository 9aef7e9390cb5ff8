// A replica that cannot or must not be matched by Pseudo-GTID stays as it was, running, also when servers
// die.
#include <fmt/format.h>

#include <atomic>
#include <catch2/catch.hpp>

#include "sandbox/wait.h"
#include "system/support/matching.h"
#include "topo/store/store.h"

namespace {

using namespace std::chrono_literals;
using Catch::Contains;
using Catch::EndsWith;
using sandbox::Flavour;
using sandbox::patience;
using system_test::check_rows;
using system_test::inject;
using system_test::MatchedServers;
using system_test::no_log_of_updates;
using system_test::say;
using topo::Code;

constexpr const char* as_it_was = "All is as it was";

// a > b > c, and siblings of b of all kinds. Written to only by hand, so that the end of each log is known.
class InjectionFixture : public MatchedServers {
 public:
  explicit InjectionFixture(Flavour flavour)
      : MatchedServers("a > b > c, a > d, a > n, a > o", options_for(flavour)) {
    {
      sandbox::Writer writer((*this)["a"]);
      system_test::more_writes(writer);
    }
    go_on();
  }

  // Injects an entry and writes a row, so that matching is possible again.
  void go_on() {
    inject((*this)["a"]);
    write();
    repair();
  }
  void write() { MatchedServers::write("a", next_id_++); }
  void write_on(const char* name) { MatchedServers::write(name, next_id_++); }
  void repair() { topology().wait_for_replication(patience); }
  [[nodiscard]] auto matching(const char* name, const char* other) {
    return [this, name, other] { refactoring().run("match-below", {key(name), key(other)}, {}); };
  }
  // Matches `name` below `other`, then writes a row and waits until all replicas have it.
  void matches(const char* name, const char* other) {
    INFO(name << " below " << other);
    CHECK(refactoring().run("match-below", {key(name), key(other)}, {}).outcome.moved.size() == 1);
    write();
    repair();
    CHECK(is_below(name, other));
  }
  // Waits until `name` has the last row that was written by hand.
  void await_row(const char* name) {
    const auto select = fmt::format("select 1 from sandbox_load.writes where id = {}", next_id_ - 1);
    sandbox::wait_until([&] { return !(*this)[name].query(select).empty(); }, patience, "a row");
  }
  // Removes all binary logs but the newest, as soon as no reader uses them any more.
  void purge(const char* name) {
    auto& server = (*this)[name];
    server.execute("flush binary logs");
    const auto is_purged = [&] {
      server.execute(fmt::format("purge binary logs to '{}'", server.binlog_position().file));
      return server.query("show binary logs").size() == 1;
    };
    sandbox::wait_until(is_purged, patience, "binary logs to be removed");
  }
  // A relay log is removed when a part of the next one is executed and another one begins.
  void purge_relay_logs(const char* name) {
    auto& server = (*this)[name];
    const auto status = server.query(sandbox::replica_statement(server.flavour(), "show") + " status");
    const auto file = status[0].string_or("Relay_Log_File");
    const auto is_gone = [&] {
      server.execute("flush relay logs");
      write();
      await_row(name);
      try {
        server.query(fmt::format("show relaylog events in '{}' limit 1", file));
        return false;
      } catch (const topo::mysql::SqlError&) {
        return true;
      }
    };
    sandbox::wait_until(is_gone, patience, "a relay log to be removed");
  }

 private:
  static sandbox::Options options_for(Flavour flavour) {
    auto options = system_test::options_of(flavour);
    options.servers["n"].extra_options = {no_log_of_updates(flavour)};
    options.servers["o"].extra_options = {no_log_of_updates(flavour), "--skip-log-bin"};
    return options;
  }
  int next_id_ = 1'000'000;
};

}  // namespace

TEST_CASE("a match that is not allowed is refused, and replication continues", "[pgtid][matching]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      InjectionFixture stage(flavour);
      const auto key = [&](const char* name) { return stage.key(name); };
      const auto name_of = [&](const char* name) { return key(name).display(); };
      CHECK_THAT(stage.refused(stage.matching("b", "b")), Contains("cannot be matched below itself"));
      CHECK_THAT(
          stage.refused(stage.matching("b", "c")),
          Contains(name_of("c") + " replicates from " + name_of("b")) && Contains("would create a loop"));
      CHECK_THAT(stage.refused(stage.matching("a", "b")), Contains("is not a replica"));
      CHECK_THAT(stage.refused([&] { stage.refactoring().run("match-up", {key("b")}, {}); }),
                 Contains(name_of("a") + ", the master of ") && Contains("is not a replica itself"));
      CHECK_THAT(stage.refused(stage.matching("c", "n")), Contains("does not log what it replicates"));
      CHECK_THAT(stage.refused(stage.matching("c", "o")), Contains(name_of("o") + " has no binary log"));

      const auto& servers = stage.topology();
      const auto with = [&](const char* pattern) {
        auto configuration = system_test::configuration_for(servers);
        configuration.pseudo_gtid_pattern = pattern;
        system_test::RefactoringFixture moves(servers, configuration);
        moves.library.discover("a");
        return stage.refused([&] { moves.refactoring.run("match-below", {key("c"), key("d")}, {}); });
      };
      CHECK_THAT(with(""), Contains("PseudoGTIDPattern is not set"));
      CHECK_THAT(with("no such text"),
                 Contains("it has no Pseudo-GTID entry in binlog.") && EndsWith(as_it_was));

      auto& maintenance = stage.library().context().store().maintenance();
      const auto held = maintenance.begin(
          std::vector<topo::MaintenanceRequest>{{key("d"), "memory is changed"}}, "ann", 600s);
      CHECK_THAT(stage.refused(stage.matching("c", "d"), Code::locked),
                 Contains("is locked by ann") && Contains("memory is changed"));
      maintenance.end(held.front());

      stage["d"].stop();
      CHECK_THAT(stage.refused(stage.matching("c", "d")), Contains(name_of("d") + " could not be read"));
      stage["d"].start();
      sandbox::wait_until([&] { return stage["d"].replicates(); }, patience, "d to replicate again");
      stage.library().refresh_all();
      stage.matches("c", "d");
      check_rows(stage.topology(), {"a", "b", "c", "d", "n", "o"});
    }
  }
}

TEST_CASE("a match that the logs cannot determine is refused, and replication continues",
          "[pgtid][matching]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      InjectionFixture stage(flavour);
      const auto refused = [&] { return stage.refused(stage.matching("c", "d")); };
      const auto goes_on = [&] {
        stage.go_on();
        stage.matches("c", "d");
        stage.matches("c", "b");
      };

      say(stage["d"], "stop", "sql_thread");
      stage.write();
      stage.await_row("c");
      CHECK_THAT(refused(), Contains("it is ahead: it has ") && Contains(", where the other's log ends") &&
                                EndsWith(as_it_was));
      inject(stage["a"]);
      stage.write();
      stage.await_row("c");
      CHECK_THAT(refused(), Contains("it is ahead: the other server lacks the Pseudo-GTID entry at"));
      say(stage["d"], "start", "sql_thread");
      goes_on();

      stage.go_on();
      stage.purge("d");
      CHECK_THAT(refused(), Contains("by its binary logs its last Pseudo-GTID entry, at binlog.") &&
                                Contains(" of the other server; by its relay logs ") && EndsWith(as_it_was));
      goes_on();
      stage.go_on();
      stage.purge("c");
      stage.matches("c", "d");  // by its relay logs
      goes_on();
      stage.go_on();
      stage.purge("c");
      stage.purge_relay_logs("c");
      CHECK_THAT(refused(), Contains("by its binary logs it has no Pseudo-GTID entry in ") &&
                                Contains("by its relay logs it has no Pseudo-GTID entry in "));
      goes_on();

      for (int i = 0; i < 2; ++i) {
        inject(stage["a"], "twice");
        stage.write();
      }
      stage.repair();
      CHECK_THAT(refused(), Contains("is in the logs more than once; entries must be unique"));
      goes_on();
      // The preceding entries make repeated entries distinguishable.
      for (const char* hint : {"again", "between", "again"}) {
        inject(stage["a"], hint);
        stage.write();
      }
      stage.repair();
      stage.matches("c", "d");
      stage.matches("c", "b");

      stage["c"].execute("create table meta.errant (id int primary key)");
      stage.write();
      stage.repair();
      CHECK_THAT(refused(), Contains("it has diverged: it has executed ") && Contains("meta.errant") &&
                                Contains(", where the other has ") && !Contains("cannot be compared") &&
                                EndsWith(as_it_was));
      stage["c"].execute("drop table meta.errant");
      goes_on();
      check_rows(stage.topology(), {"a", "b", "c", "d", "n", "o"});
    }
  }
}

TEST_CASE("statements are matched with statements, also for a replica that logs rows itself",
          "[pgtid][matching]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = system_test::options_of(flavour);
      options.format = "STATEMENT";
      options.servers["r"].format = "ROW";
      options.servers["n"].extra_options = {no_log_of_updates(flavour)};
      MatchedServers servers("a > r, a > s, a > n", options);
      sandbox::Writer writer(servers["a"]);
      inject(servers["a"]);
      system_test::more_writes(writer);
      const auto matching = [&](const char* name, const char* other) {
        return [&servers, name, other] {
          servers.refactoring().run("match-below", {servers.key(name), servers.key(other)}, {});
        };
      };
      CHECK_THAT(servers.refused(matching("s", "r")), Contains("logs in STATEMENT format and cannot"));
      CHECK_THAT(servers.refused(matching("n", "r")),
                 Contains("the events of rows and of statements cannot be compared") && EndsWith(as_it_was));
      matching("r", "s")();
      CHECK(servers.is_below("r", "s"));
      matching("n", "s")();
      CHECK(servers.is_below("n", "s"));
      system_test::more_writes(writer);
      writer.stop();
      check_rows(servers.topology(), {"a", "r", "s", "n"});
    }
  }
}

TEST_CASE("a match is rolled back when its destination dies", "[pgtid][matching]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = system_test::options_of(flavour);
      options.pseudo_gtid = true;
      MatchedServers servers("a > b, a > c, a > d, a > e", options);
      auto& matches = servers.refactoring();
      sandbox::Writer writer(servers["a"]);
      int victim_step = 0;
      for (const char* victim : {"c", "d", "e"}) {
        system_test::more_writes(writer);
        std::atomic<int> steps = 0;
        matches.on_step([&](const std::string&) {
          if (steps++ == victim_step) servers[victim].kill9();
        });
        const auto match = [&] { matches.run("match-below", {servers.key("b"), servers.key(victim)}, {}); };
        std::string words;
        try {
          match();
        } catch (const topo::Error& error) {
          words = error.what();
        }
        matches.on_step(nullptr);
        INFO("killed before step " << victim_step << ": " << words);
        CHECK_FALSE(servers[victim].running());
        CHECK_THAT(words, Contains(servers.key(victim).display()) && EndsWith(as_it_was));
        CHECK(servers.is_below("b", "a"));
        CHECK(servers.library().context().store().maintenance().active().empty());
        CHECK(servers.library().context().store().operations().unended().empty());
        ++victim_step;
      }
      system_test::more_writes(writer);
      writer.stop();
      check_rows(servers.topology(), {"a", "b"});
    }
  }
}
