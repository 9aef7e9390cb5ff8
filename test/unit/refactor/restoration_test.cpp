// The process that runs an operation dies at each call, and another process undoes or finishes the operation.
#include "refactor/restoration.h"

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <catch2/catch.hpp>

#include "refactor/rehearsal.h"
#include "support/picture.h"
#include "topo/base/error.h"

namespace restoration_test {

using fake::Fleet;
using picture::key;
using namespace rehearsal;
using namespace topo::refactor;
using topo::FoundServer;
using topo::InstanceKey;
using topo::Repair;
using topo::RepairMode;

namespace {

spdlog::logger silent_log() {
  return {"silent", std::make_shared<spdlog::sinks::null_sink_mt>()};
}

// What the backend would store.
class Record {
 public:
  ExecutionOptions noting() {
    auto options = impatient();
    options.note = [this](const topo::OperationServer& server) { servers_[server.key] = server; };
    return options;
  }
  topo::UnendedOperation operation(const topo::Plan& plan) const {
    topo::UnendedOperation all;
    all.operation = plan.operation;
    all.subject = plan.subject;
    all.moves = plan.result;
    all.elapsed = std::chrono::seconds(60);
    for (const auto& [server_key, server] : servers_) all.servers.push_back(server);
    return all;
  }

 private:
  std::map<InstanceKey, topo::OperationServer> servers_;
};

struct Recovery {
  std::vector<Repair> repairs;
  Restored restored;
  std::vector<InstanceKey> not_moved;
};

Recovery recover(Fleet& fleet, const topo::UnendedOperation& operation, RepairMode mode) {
  auto log = silent_log();
  Recovery recovery;
  end_connections(fleet, operation, impatient(), log);
  recovery.repairs = repairs(find_servers(fleet, operation, impatient()), mode);
  recovery.not_moved = not_moved(operation, recovery.repairs);
  recovery.restored = restore(fleet, recovery.repairs, operation.operation, impatient(), log);
  return recovery;
}

// After a promotion, what has not moved remains to be moved by a repetition.
std::vector<topo::Leftover> left_behind(const Fleet& fleet, const Scene& scene, const Recovery& recovery) {
  std::vector<topo::Leftover> left;
  if (!scene.successor || !is_forgotten(scene, fleet)) return left;
  for (const auto& key : recovery.not_moved) left.push_back({key, "not moved"});
  return left;
}

}  // namespace

TEST_CASE("an operation whose process died at any call is undone, or prepared for a repetition",
          "[refactor][restoration][one-thread]") {
  const auto mode = GENERATE(RepairMode::undo, RepairMode::finish);
  // Whether running servers continue before they are examined.
  const bool goes_on = GENERATE(false, true);
  const bool is_lively = GENERATE(false, true);
  const auto fault = GENERATE(Fleet::Fault::before, Fleet::Fault::after, Fleet::Fault::during,
                              Fleet::Fault::late, Fleet::Fault::torn, Fleet::Fault::lost_relay_logs);
  for (const auto& operation : scenes()) {
    int call = first_call(operation);
    for (;; call += call_stride) {
      INFO(operation.name << ", died " << static_cast<int>(fault) << " at call " << call << ", aim "
                          << static_cast<int>(mode) << (goes_on ? ", servers went on" : "")
                          << (is_lively ? ", lively" : ""));
      Fleet fleet(operation.picture, transactions);
      prepare(fleet, operation);
      const auto before = tree(fleet);
      if (is_lively) fleet.be_lively();
      fleet.die_at(call, fault);
      Record record;
      const auto died = run(fleet, operation, record.noting());
      if (!fleet.struck().valid()) break;
      REQUIRE(call < 100);
      fleet.come_back();
      if (goes_on) fleet.repair();
      const auto recovery = recover(fleet, record.operation(died.plan), mode);
      const bool is_lost = is_forgotten(operation, fleet);
      CHECK((is_lost || recovery.restored.leftovers.empty()));
      check_after(fleet, died.then, also_left(operation, left_behind(fleet, operation, recovery)),
                  not_compared(operation));
      const bool could_go_back =
          std::none_of(recovery.repairs.begin(), recovery.repairs.end(),
                       [](const Repair& repair) { return has_executed_there(repair.server); });
      if (mode == RepairMode::undo && could_go_back && !is_lost) CHECK(tree(fleet) == before);
      // The list of unmoved replicas is correct.
      for (const auto& [replica, master] : died.plan.result) {
        const bool is_unmoved = std::find(recovery.not_moved.begin(), recovery.not_moved.end(), replica) !=
                                recovery.not_moved.end();
        CHECK(fleet.master(replica) == (is_unmoved ? died.then.at(replica).master_key() : master));
      }
      for (const auto& repair : recovery.repairs) {
        const auto found = find_servers(fleet, record.operation(died.plan), impatient());
        for (const auto& server : found) {
          INFO(describe(server));
          CHECK((is_lost || is_in_order(server)));
        }
        CHECK_FALSE(describe(repair).empty());
      }
      if (recovery.not_moved.empty() && !died.plan.result.empty())
        CHECK(is_result_of(operation, tree(fleet)));
    }
    CHECK(call >= 1);
  }
}

TEST_CASE("a restoration dies at any call, too, and the next one succeeds",
          "[refactor][restoration][one-thread]") {
  const auto first = GENERATE(Fleet::Fault::after, Fleet::Fault::torn, Fleet::Fault::lost_relay_logs);
  const auto second = GENERATE(Fleet::Fault::before, Fleet::Fault::after, Fleet::Fault::torn);
  for (const auto& operation : scenes()) {
    for (int call = first_call(operation);; call += call_stride) {
      bool is_struck = false;
      constexpr int stride = 4;  // every `later` occurs with some `call`; sanitizers are slow
      for (int later = call / call_stride % stride;; later += stride) {
        INFO(operation.name << ", died " << static_cast<int>(first) << " at call " << call << ", then "
                            << static_cast<int>(second) << " at call " << later);
        REQUIRE(later < 200);
        Fleet fleet(operation.picture, transactions);
        prepare(fleet, operation);
        const auto before = tree(fleet);
        fleet.die_at(call, first);
        Record record;
        const auto died = run(fleet, operation, record.noting());
        is_struck = fleet.struck().valid();
        if (!is_struck) break;
        fleet.come_back();
        fleet.die_at(later, second);
        static_cast<void>(recover(fleet, record.operation(died.plan), RepairMode::undo));
        const bool was_over = fleet.calls() <= later;
        fleet.come_back();
        const auto recovery = recover(fleet, record.operation(died.plan), RepairMode::undo);
        const bool is_lost = is_forgotten(operation, fleet);
        CHECK((is_lost || recovery.restored.leftovers.empty()));
        const bool could_go_back =
            std::none_of(recovery.repairs.begin(), recovery.repairs.end(),
                         [](const Repair& repair) { return has_executed_there(repair.server); });
        if (could_go_back && !is_lost) CHECK(tree(fleet) == before);
        check_after(fleet, died.then, also_left(operation, left_behind(fleet, operation, recovery)),
                    not_compared(operation));
        if (was_over) break;
      }
      if (!is_struck) break;
    }
  }
}

namespace {

// c was being moved from b up to a when the process died at call number `call`.
std::vector<FoundServer> found_after(Fleet& fleet, int call, Fleet::Fault fault) {
  fleet.die_at(call, fault);
  Record record;
  const auto died = run(fleet, scene("move up"), record.noting());
  fleet.come_back();
  return find_servers(fleet, record.operation(died.plan), impatient());
}

// The same operation, for a second examination.
topo::UnendedOperation again(const std::vector<FoundServer>& found) {
  topo::UnendedOperation operation;
  for (const auto& server : found) operation.servers.push_back(server.noted);
  operation.moves = {{key("c"), key("a")}};
  return operation;
}

std::vector<std::string> told(const std::vector<FoundServer>& found) {
  std::vector<std::string> sentences;
  for (const auto& server : found) sentences.push_back(describe(server));
  return sentences;
}

}  // namespace

TEST_CASE("the state of each server is reported", "[refactor][restoration]") {
  using Sentences = std::vector<std::string>;
  Fleet fleet("a > b > c, b > d", transactions);
  SECTION("stopped, not moved") {
    CHECK(told(found_after(fleet, 1, Fleet::Fault::after)) ==
          Sentences{"b:3306 is left stopped, at a-bin.000001:190 of a:3306, its master as before",
                    "c:3306 is left stopped, at b-bin.000001:170 of b:3306, its master as before"});
  }
  SECTION("moved, and stopped") {
    CHECK(told(found_after(fleet, 4, Fleet::Fault::after)) ==
          Sentences{"b:3306 is left stopped, at a-bin.000001:190 of a:3306, its master as before",
                    "c:3306 was moved and is left stopped, at a-bin.000001:190 of a:3306"});
  }
  SECTION("moved, and running") {
    CHECK(told(found_after(fleet, 5, Fleet::Fault::after))[1] ==
          "c:3306 was moved and runs, at a-bin.000001:190 of a:3306");
  }
  SECTION("half moved") {
    CHECK(told(found_after(fleet, 4, Fleet::Fault::torn))[1] ==
          "c:3306 is left stopped, and must not run: it went down while its master was changed to a:3306, "
          "and is still at b-bin.000001:190 in the binary log of b:3306");
  }
  SECTION("without its replication settings") {
    const auto found = found_after(fleet, 4, Fleet::Fault::lost_relay_logs);
    fleet.forget_master(found[1].now);
    const auto later = find_servers(fleet, again(found), impatient());
    CHECK(describe(later[1]) ==
          "c:3306 no longer replicates; before the operation it replicated from b:3306, and stood at "
          "b-bin.000001:190. Unless it was reset on purpose, the server went down while its master was "
          "changed and has lost its settings: set its master and the replication account again with CHANGE "
          "MASTER TO");
    CHECK_FALSE(is_in_order(later[1]));
    CHECK(repairs(later, RepairMode::undo)[1].what == Repair::Action::leave_as_it_is);
  }
  SECTION("without coordinates") {
    const auto found = found_after(fleet, 4, Fleet::Fault::lost_relay_logs);
    topo::mysql::MasterChange change;
    change.master = key("b");
    fleet.die_at(1, Fleet::Fault::before);
    CHECK_THROWS(fleet.renew_relay_logs(found[1].now, change));
    fleet.come_back();
    const auto later = find_servers(fleet, again(found), impatient());
    CHECK(describe(later[1]) ==
          "c:3306 is left stopped, at the beginning of b:3306; before, it was at b-bin.000001:190");
    CHECK(repairs(later, RepairMode::undo)[1].what == Repair::Action::put_back);
  }
  SECTION("moved by another user") {
    const auto found = found_after(fleet, 1, Fleet::Fault::after);
    fleet.move_behind_the_back(key("c"), key("d"));
    const auto later = find_servers(fleet, again(found), impatient());
    CHECK(describe(later[1]).starts_with("c:3306 was moved by another client meanwhile: it is left stopped"));
    CHECK(repairs(later, RepairMode::undo)[1].what == Repair::Action::leave_as_it_is);
    // Finishing does not move it again.
    const auto operation = again(found);
    const auto recovery = recover(fleet, operation, RepairMode::finish);
    CHECK(recovery.not_moved.empty());
    CHECK(recovery.restored.leftovers.empty());
    CHECK(fleet.master(key("c")) == key("d"));
  }
  SECTION("unreachable") {
    fleet.fail_at(1, Fleet::Fault::death);
    Record record;
    const auto died = run(fleet, scene("move up"), record.noting());
    const auto recovery = recover(fleet, record.operation(died.plan), RepairMode::undo);
    REQUIRE(recovery.restored.leftovers.size() == 1);
    CHECK(recovery.restored.leftovers[0].sentence ==
          "c:3306 does not answer: c:3306: the connection is lost");
    CHECK(fleet.is_running(key("b")));
  }
}

}  // namespace restoration_test
