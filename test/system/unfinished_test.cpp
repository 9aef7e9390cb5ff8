// The process that runs an operation is killed at each step: its leftovers are reported, and undone or
// finished.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <set>

#include "system/support/operation_fixture.h"
#include "system/support/program.h"
#include "system/support/seed.h"
#include "topo/base/error.h"
#include "topo/store/store.h"

namespace {

using sandbox::Flavour;
using system_test::carry_out;
using system_test::OperationFixture;
using system_test::staged_matching_operations;
using system_test::staged_operations;
using system_test::StagedOperation;

std::set<std::string> stopped(OperationFixture& fixture) {
  std::set<std::string> names;
  for (const char* name : {"a", "b", "c", "d"}) {
    const auto status = fixture.server(name).replication_status();
    // One that connects may still be on its way.
    if (status && status->master.valid() && (status->io == "No" || status->sql == "No")) names.insert(name);
  }
  return names;
}

// What is left over. Every server that is stopped, before and after it is asked for, must be reported as not
// in order. Another part of the operation may have sent a statement just before the process was killed: its
// server still executes it.
std::vector<topo::refactor::UnfinishedOperation> told(OperationFixture& fixture) {
  const auto before = stopped(fixture);
  auto list = fixture.unfinished().list();
  const auto after = stopped(fixture);
  for (const auto& name : before) {
    if (!after.contains(name)) continue;
    bool is_reported = false;
    for (const auto& one : list) {
      for (const auto& known : one.servers)
        is_reported = is_reported || (known.key == fixture.server(name).key() && !known.is_in_order);
    }
    INFO(name << " is stopped");
    CHECK(is_reported);
  }
  return list;
}

// Returns false if the operation has fewer steps.
bool play(OperationFixture& fixture, const StagedOperation& operation, int step, bool within, bool finishes) {
  fixture.start_writing();
  const auto died = carry_out(fixture, operation, step, within);
  INFO(operation.name << " killed " << (within ? "within" : "before") << " step " << step << ": "
                      << (finishes ? "finished" : "undone"));
  INFO(died.err);
  REQUIRE((died.status == 0 || died.status == 128 + SIGKILL));
  const auto list = within ? fixture.unfinished().list() : told(fixture);
  std::string states;
  for (const auto& one : list) {
    for (const auto& server : one.servers) states += server.state + "\n";
  }
  INFO(states);
  CHECK(list.size() <= 1);
  for (const auto& one : list) CHECK_FALSE(one.operation.is_under_way);
  try {
    if (list.empty()) {
      // The operation did not begin, or completed.
    } else if (finishes) {
      fixture.unfinished().finish(list[0].servers.front().key, {});
    } else {
      fixture.unfinished().undo(list[0].servers.front().key, {});
    }
  } catch (const topo::Error& error) {
    FAIL_CHECK(error.what());
  }
  CHECK(fixture.unfinished().list().empty());
  topo::end_what_came_to_nothing(fixture.library().context().store());
  CHECK(fixture.library().context().store().maintenance().active().empty());
  REQUIRE_NOTHROW(fixture.all_run_with_the_same_rows());
  REQUIRE_NOTHROW(fixture.restore());
  return died.status != 0;
}

// With a number, one of the two endings after each fault, by that number.
void play_all(Flavour flavour, bool by_gtid, std::optional<unsigned> choice = std::nullopt) {
  for (const auto& operation : staged_operations()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour) << (by_gtid ? " by GTID, " : ", ") << operation.name) {
      OperationFixture fixture(flavour, by_gtid);
      bool goes_on = true;
      for (int step = 0; goes_on; ++step) {
        for (const bool within : {false, true}) {
          for (const bool finishes : {false, true}) {
            const auto number = static_cast<unsigned>(step) + (within ? 1U : 0U) + (finishes ? 1U : 0U);
            if (choice && (*choice + number) % 2 != 0) continue;
            goes_on = play(fixture, operation, step, within, finishes) && goes_on;
          }
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("a process is killed at each step of an operation", "[unfinished]") {
  // One flavour per run. All sections, which are runs of this function, need the same one.
  static const auto flavours = system_test::flavours();
  if (flavours.empty()) return;
  static const auto flavour = flavours[system_test::seed() % flavours.size()];
  play_all(flavour, false, system_test::seed());
}

TEST_CASE("an operation that compares logs is finished with the arguments that it had", "[unfinished]") {
  // One flavour in each run, the same for all sections. MySQL 5.6 would need Pseudo-GTID.
  static const auto flavours = [] {
    auto all = system_test::flavours();
    std::erase(all, Flavour::mysql_5_6);
    return all;
  }();
  if (flavours.empty()) return;
  static const auto flavour = flavours[system_test::seed() % flavours.size()];
  for (const auto& operation : staged_matching_operations()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour) << ", " << operation.name) {
      OperationFixture fixture(flavour, true);
      bool goes_on = true;
      for (int step = 0; goes_on; ++step) goes_on = play(fixture, operation, step, false, true);
    }
  }
}

TEST_CASE("a new local master does not take the place of its new master when the operation is finished",
          "[unfinished]") {
  OperationFixture fixture(Flavour::mariadb_10_11, true);
  const auto& operation = system_test::staged_quiet_operations().at(0);
  const auto master_of = [&](const char* name) { return fixture.server(name).replication_status()->master; };
  int finished = 0;
  for (int step = 0;; ++step) {
    CAPTURE(step);
    const auto died = carry_out(fixture, operation, step, false);
    if (died.status == 0) break;
    REQUIRE(died.status == 128 + SIGKILL);
    if (const auto list = fixture.unfinished().list(); !list.empty()) {
      ++finished;
      REQUIRE_NOTHROW(fixture.unfinished().finish(list[0].servers.front().key, {}));
      CHECK(fixture.unfinished().list().empty());
      CHECK(master_of("b") == fixture.server("a").key());
      CHECK(master_of("c") == fixture.server("a").key());
      CHECK(master_of("d") == fixture.server("c").key());
    }
    topo::end_what_came_to_nothing(fixture.library().context().store());
    REQUIRE_NOTHROW(fixture.restore());
  }
  CHECK(finished > 3);
}

TEST_CASE("the locks of an undo that was killed do not keep the next one away", "[unfinished]") {
  OperationFixture fixture(Flavour::mariadb_10_11, true);
  const auto& operation = system_test::staged_quiet_operations().at(1);
  constexpr int d_is_stopped = 1;
  REQUIRE(carry_out(fixture, operation, d_is_stopped, false).status == 128 + SIGKILL);
  const auto list = fixture.unfinished().list();
  REQUIRE(list.size() == 1);
  const auto& died = list.front().operation;
  auto& maintenance = fixture.library().context().store().maintenance();
  maintenance.end_abandoned(died.locks);
  std::vector<topo::MaintenanceRequest> locks;
  for (const auto& server : died.servers)
    locks.push_back(
        {server.key, fmt::format("undo {} of {}", died.operation, died.subject.display()), died.process});
  maintenance.begin(locks, "tests", std::chrono::seconds(600));
  REQUIRE_NOTHROW(fixture.unfinished().undo(died.servers.front().key, {}));
  CHECK(fixture.unfinished().list().empty());
  CHECK(maintenance.active().empty());
  CHECK(fixture.server("d").replicates());
}

TEST_CASE("what was not recorded is not moved when an operation is finished", "[unfinished]") {
  OperationFixture fixture(Flavour::mariadb_10_11, true);
  const auto& operation = system_test::staged_quiet_operations().at(1);
  auto& c = fixture.server("c");
  auto& d = fixture.server("d");
  constexpr int d_is_stopped = 1;
  REQUIRE(carry_out(fixture, operation, d_is_stopped, false).status == 128 + SIGKILL);
  REQUIRE(fixture.unfinished().list().size() == 1);
  // Another operation gives c other siblings meanwhile.
  auto& store = fixture.library().context().store();
  for (const auto& lock : store.maintenance().active()) CHECK(store.maintenance().end(lock.id));
  fixture.refactoring().run("match-below", {c.key(), fixture.server("a").key()}, {});
  CHECK_THROWS_WITH(fixture.unfinished().finish(d.key(), {}),
                    Catch::Contains("which was not recorded: the topology has changed"));
  CHECK(fixture.server("b").replication_status()->master == fixture.server("a").key());
  CHECK(d.replication_status()->master == fixture.server("b").key());
  CHECK(d.replicates());
}

namespace {

// Simulates a crash between the two writes of CHANGE MASTER TO: the executed coordinates are the former ones
// again.
void tear(sandbox::Server& server, const topo::BinlogCoordinates& former) {
  server.execute(
      fmt::format("UPDATE mysql.slave_relay_log_info SET Master_log_name = '{}', Master_log_pos = {}",
                  former.file, former.position));
  server.kill9();
}

// Simulates a crash while CHANGE MASTER TO deletes relay logs: the index lists a file that is gone.
void lose_a_relay_log(sandbox::Server& server) {
  server.execute("FLUSH RELAY LOGS");
  server.kill9();
  std::ifstream index(server.data_folder() / "relay.index");
  std::string first;
  REQUIRE(std::getline(index, first));
  INFO(first);
  REQUIRE(std::filesystem::remove(server.data_folder() / first));
}

}  // namespace

TEST_CASE("a replica that crashed during a change of its master does not continue at wrong coordinates",
          "[unfinished]") {
  for (const auto flavour : system_test::flavours()) {
    // MariaDB starts replication by itself and reads the coordinates at the beginning of the relay log.
    if (sandbox::is_mariadb(flavour)) continue;
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      OperationFixture fixture(flavour, false);
      // Makes the coordinates of b invalid in the log of a.
      fixture.server("a").execute("CREATE DATABASE longer");
      fixture.server("a").execute("FLUSH BINARY LOGS");
      const bool finishes = GENERATE(false, true);
      fixture.start_writing();
      constexpr int when_moved = 4;
      CHECK(carry_out(fixture, staged_operations().front(), when_moved, false).status == 128 + SIGKILL);
      auto& c = fixture.server("c");
      const auto operation = fixture.library().context().store().operations().unended().at(0);
      const auto noted = std::find_if(operation.servers.begin(), operation.servers.end(),
                                      [&](const auto& one) { return one.key == c.key(); });
      REQUIRE(noted != operation.servers.end());
      tear(c, noted->former_coordinates);
      c.start();

      const auto list = fixture.unfinished().list();
      REQUIRE(list.size() == 1);
      std::string told;
      for (const auto& one : list[0].servers) told += one.state + "\n";
      CHECK_THAT(told, Catch::Contains("must not run: it went down"));
      const auto settled =
          finishes ? fixture.unfinished().finish(c.key(), {}) : fixture.unfinished().undo(c.key(), {});
      INFO(fmt::format("{}", fmt::join(settled.repairs, "\n")));
      CHECK(c.replication_status()->master == fixture.server(finishes ? "a" : "b").key());
      REQUIRE_NOTHROW(fixture.all_run_with_the_same_rows());
    }
  }
}

TEST_CASE("undo repairs a replica whose relay logs are gone", "[unfinished]") {
  for (const auto flavour : system_test::flavours()) {
    if (sandbox::is_mariadb(flavour)) {
      WARN(sandbox::to_string(flavour) << ": it says 1201 of that, and undoing does not mend it yet");
      continue;
    }
    for (const bool by_gtid : {false, true}) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << (by_gtid ? " by GTID" : "")) {
        OperationFixture fixture(flavour, by_gtid);
        fixture.start_writing();
        constexpr int when_moved = 4;
        CHECK(carry_out(fixture, staged_operations().front(), when_moved, false).status == 128 + SIGKILL);
        auto& c = fixture.server("c");
        const bool is_of_5_6 = flavour == Flavour::mysql_5_6;
        const std::string change =
            is_of_5_6 ? "CHANGE MASTER TO MASTER_DELAY = " : "CHANGE REPLICATION SOURCE TO SOURCE_DELAY = ";
        c.execute(change + "1");
        lose_a_relay_log(c);
        c.start();
        CHECK_THROWS_WITH(c.start_replication(), Catch::Contains("1872"));
        REQUIRE(fixture.unfinished().list().size() == 1);
        if (is_of_5_6) {
          CHECK_THROWS_WITH(fixture.unfinished().undo(c.key(), {}),
                            Catch::Contains("Shut that server down, delete its relay logs"));
          c.kill9();
          for (const auto& file : std::filesystem::directory_iterator(c.data_folder())) {
            if (file.path().filename().string().starts_with("relay.")) std::filesystem::remove(file);
          }
          c.start();
        }
        const auto undo = [&] {
          if (!fixture.unfinished().list().empty()) fixture.unfinished().undo(c.key(), {});
          CHECK(fixture.unfinished().list().empty());
          CHECK(c.replication_status()->master == fixture.server("b").key());
          CHECK_FALSE(c.replication_status()->account.empty());
          CHECK(c.replication_status()->by_gtid == by_gtid);
          const auto status = c.query(is_of_5_6 ? "SHOW SLAVE STATUS" : "SHOW REPLICA STATUS");
          if (!(is_of_5_6 && by_gtid)) CHECK(status[0].number_or("SQL_Delay") == 1);  // else reported as lost
          c.stop_replication();
          c.execute(change + "0");
          c.start_replication();
        };
        try {
          undo();
        } catch (const topo::Error& error) {
          // MySQL 5.6.24 was seen to go down by itself, twice in some 200 runs, soon after it had begun to
          // replicate without its relay logs. A DBA starts it, and undoes what is left.
          INFO(error.what() << "\n" << c.error_log_tail());
          REQUIRE((is_of_5_6 && !c.running()));
          WARN("the server went down, and is started once more: " << error.what() << "\n"
                                                                  << c.error_log_tail());
          c.start();
          REQUIRE_NOTHROW(undo());
        }
        REQUIRE_NOTHROW(fixture.all_run_with_the_same_rows());
        REQUIRE_NOTHROW(fixture.restore());
      }
    }
  }
}

TEST_CASE("a process is killed at each step of an operation, with all flavours", "[.][all-faults]") {
  for (const auto flavour : system_test::flavours()) {
    for (const bool by_gtid : {false, true}) play_all(flavour, by_gtid);
  }
}
