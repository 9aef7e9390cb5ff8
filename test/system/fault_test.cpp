// Servers are killed or paused during operations: no live server loses or doubles a row, every stopped server
// is reported, and the operation can be done afterwards.
#include <fmt/format.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <span>
#include <thread>

#include "sandbox/wait.h"
#include "system/support/operation_fixture.h"
#include "system/support/seed.h"
#include "topo/base/error.h"
#include "topo/store/store.h"

namespace {

using namespace std::chrono_literals;
using sandbox::Flavour;
using system_test::OperationFixture;
using system_test::staged_operations;
using system_test::StagedOperation;

enum class Fault {
  kill,   // kill -9, started again when the operation is over
  blink,  // SIGSTOP, SIGCONT a moment later
  hang,   // SIGSTOP until the operation is over
};

std::string to_string(Fault fault) {
  switch (fault) {
    case Fault::kill: return "killed";
    case Fault::blink: return "paused for a moment";
    case Fault::hang: return "paused";
  }
  return "";
}

enum class FaultResult { on, over, torn };

// The fault hits the victim before step number `step`, counted from 0. Over: there were fewer steps. Torn:
// the servers are no longer usable.
FaultResult play(OperationFixture& fixture, const StagedOperation& operation, Fault fault, const char* victim,
                 int step) {
  std::atomic<int> steps = 0;
  bool has_happened = false;
  std::jthread resumes;
  auto& server = fixture.server(victim);
  const auto error = fixture.act(operation, [&](const std::string&) {
    if (steps++ != step) return;
    has_happened = true;
    if (fault == Fault::kill) {
      server.kill9();
      return;
    }
    server.pause();
    if (fault == Fault::hang) return;
    resumes = std::jthread([&server, step] {
      std::this_thread::sleep_for(step % 2 == 0 ? 300ms : 2500ms);
      server.resume();
    });
  });
  INFO(operation.name << ", " << victim << " " << to_string(fault) << " at step " << step << ": " << error);
  if (resumes.joinable()) resumes.join();
  if (has_happened && fault == Fault::kill) server.start();
  if (has_happened && fault == Fault::hang) server.resume();
  // MySQL 9.7 seldom, and MariaDB, which overwrites master.info in place, mostly, come back without their
  // master or account when they are killed during a change of these. No operation knows the account.
  const bool is_lost = has_happened && fault == Fault::kill && std::string_view(victim) != "a" &&
                       fixture.has_lost_settings(victim);
  REQUIRE_NOTHROW(fixture.await_all_but(error, fault == Fault::kill ? victim : ""));
  CHECK(fixture.library().context().store().maintenance().active().empty());
  // Every server that could not be put back is listed, and undo repairs it.
  for (const auto& one : fixture.unfinished().list()) {
    CHECK_FALSE(error.empty());
    std::string told;
    for (const auto& known : one.servers) told += known.state + "\n";
    INFO(told);
    try {
      fixture.unfinished().undo(one.servers.front().key, {});
    } catch (const std::exception& failed) {
      INFO(failed.what());
      CHECK_THAT(failed.what(), Catch::Contains(server.key().display()));
      const bool is_of_5_6 =
          server.flavour() == Flavour::mysql_5_6 &&
          std::string_view(failed.what()).find("delete its relay logs") != std::string::npos;
      const bool is_of_mariadb =
          std::string_view(failed.what()).find("Could not initialize master info") != std::string::npos;
      REQUIRE((is_lost || is_of_5_6 || is_of_mariadb));
      WARN(victim << " lost what was needed when it was killed: " << failed.what());
      return FaultResult::torn;
    }
  }
  if (is_lost) {
    WARN(victim << " lost its master or account when it was killed after its part");
    return FaultResult::torn;
  }
  CHECK(fixture.unfinished().list().empty());
  REQUIRE_NOTHROW(fixture.all_run_with_the_same_rows());
  REQUIRE_NOTHROW(fixture.restore());
  return has_happened ? FaultResult::on : FaultResult::over;
}

void play_all(Flavour flavour, Fault fault, int first, int stride,
              std::span<const StagedOperation> operations = staged_operations()) {
  for (const auto& operation : operations) {
    DYNAMIC_SECTION(sandbox::to_string(flavour) << ", " << operation.name << ", " << to_string(fault)) {
      std::optional<OperationFixture> fixture;
      for (const char* victim : operation.victims) {
        auto played = FaultResult::on;
        for (int step = first; played != FaultResult::over; step += stride) {
          if (!fixture) fixture.emplace(flavour, sandbox::is_mariadb(flavour));
          played = play(*fixture, operation, fault, victim, step);
          if (played == FaultResult::torn) fixture.reset();
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("servers are killed or paused at any step of an operation", "[fault]") {
  // One flavour per run and some of the steps, to save time. All sections, which are runs of this function,
  // need the same ones.
  static std::mt19937 random(system_test::seed());
  static const auto flavours = system_test::flavours();
  if (flavours.empty()) return;
  static const auto flavour = flavours[random() % flavours.size()];
  static const int first = static_cast<int>(random() % 7);
  play_all(flavour, Fault::kill, first, 7);
  play_all(flavour, Fault::blink, first, 7);
  static const auto one = std::span(staged_operations()).subspan(random() % staged_operations().size(), 1);
  play_all(flavour, Fault::hang, first + 1, 7, one);
}

// Run with: sh test/run.sh system "[all-faults]". Takes an hour.
TEST_CASE("servers are killed or paused at each step of each operation", "[.][all-faults]") {
  for (const auto flavour : system_test::flavours()) {
    for (const auto fault : {Fault::kill, Fault::blink, Fault::hang}) play_all(flavour, fault, 0, 1);
  }
}
