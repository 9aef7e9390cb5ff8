#include "topo/refactor/execution.h"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <catch2/catch.hpp>
#include <thread>
#include <unordered_map>

#include "refactor/rehearsal.h"
#include "support/picture.h"
#include "topo/base/error.h"
#include "topo/refactor/refactoring.h"

namespace execution_test {

using fake::Fleet;
using picture::key;
using namespace rehearsal;
using topo::InstanceKey;

namespace {

topo::refactor::ExecutionOptions watched(std::function<void(const std::string&)> on_step) {
  auto options = impatient();
  options.on_step = std::move(on_step);
  return options;
}

// What MariaDB reports by GTID if the master lacks transactions that the replica has executed: first with a
// thread that is still ending, then with a stopped one. After the next start the replica connects.
class LateMaster : public Fleet {
 public:
  using Fleet::Fleet;
  topo::refactor::ReplicationState start(const topo::Instance& server,
                                         topo::mysql::Threads threads) override {
    if (server.key == key("b")) ++starts;
    return early(Fleet::start(server, threads), topo::ThreadState::other);
  }
  topo::refactor::ReplicationState look(const topo::Instance& server,
                                        topo::refactor::WantedState wanted) override {
    return early(Fleet::look(server, wanted), topo::ThreadState::stopped);
  }
  int starts = 0;

 private:
  topo::refactor::ReplicationState early(topo::refactor::ReplicationState stand,
                                         topo::ThreadState thread) const {
    if (!stand.channel || stand.channel->master != key("d") || starts != 1) return stand;
    stand.channel->using_mariadb_gtid = true;
    stand.channel->io_thread = thread;
    stand.channel->last_io_error =
        "connecting slave requested GTID 0-1-75, which is not in the master's binlog";
    return stand;
  }
};

// Replica c executes only what is needed, and gives up at last.
class PatientReplica : public Fleet {
 public:
  using Fleet::Fleet;
  bool gets_there = false;  // just after that
  topo::refactor::ReplicationState resume(const topo::Instance& server,
                                          topo::refactor::WantedState wanted) override {
    auto state = Fleet::resume(server, wanted);
    if (server.key == key("c") && !gets_there && state.channel) state.channel->read.position += 100;
    return state;
  }
  topo::refactor::ReplicationState drain(const topo::Instance& server, topo::refactor::WantedState wanted,
                                         const IsNeedless& is_needless) override {
    if (server.key != key("c")) return Fleet::drain(server, wanted, is_needless);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    while (std::chrono::steady_clock::now() < deadline) {
      if (is_needless(server.replication()->exec)) throw topo::Error(topo::Code::refused, "b has it");
      std::this_thread::yield();
    }
    throw topo::Error(topo::Code::timeout, "it waited in vain");
  }
};

// The SQL thread of c ended with an error, and does again, unless it is mended.
class BrokenReplica : public Fleet {
 public:
  using Fleet::Fleet;
  bool is_mended = false;
  topo::Instance read(const InstanceKey& which) override {
    auto instance = Fleet::read(which);
    if (which == key("c"))
      for (auto& channel : instance.channels) stop_at_error(channel, "duplicate key 7");
    return instance;
  }
  topo::refactor::ReplicationState look(const topo::Instance& server,
                                        topo::refactor::WantedState wanted) override {
    auto state = Fleet::look(server, wanted);
    const bool is_below_other = state.channel && state.channel->master != server.master_key();
    if (server.key == key("c") && is_below_other && !is_mended)
      stop_at_error(*state.channel, "duplicate key 7 again");
    return state;
  }

 private:
  static void stop_at_error(topo::ReplicationChannel& channel, const char* error) {
    channel.sql_thread = topo::ThreadState::stopped;
    channel.last_sql_error = error;
  }
};

// Replica c has a server id; the binary logs of all servers have the transactions of 1.
class Numbered : public Fleet {
 public:
  using Fleet::Fleet;
  std::uint32_t id = 0;
  topo::Instance read(const InstanceKey& which) override {
    auto instance = Fleet::read(which);
    if (which == key("c")) instance.server_id = id;
    return instance;
  }
};

// Moves c below b, both of which replicate from a.
topo::refactor::OperationReport move_below_sibling(Fleet& fleet, topo::PlanCoordinates::Kind kind) {
  topo::refactor::OperationReport report;
  auto& plan = report.plan;
  plan.operation = "match-below";
  plan.subject = key("c");
  plan.replica_steps = {
      {key("c"),
       {},
       {topo::StopReplication{key("c")}, topo::ChangeMaster{key("c"), key("b"), {kind, key("b")}},
        topo::StartReplication{key("c"), true}}}};
  std::unordered_map<InstanceKey, topo::Instance> read;
  for (const auto* name : {"a", "b", "c"}) read[key(name)] = fleet.read(key(name));
  spdlog::logger log("test");
  report.outcome = topo::refactor::execute(fleet, plan, read, impatient(), log);
  plan.result = {{key("c"), key("b")}};
  return report;
}

// Something keeps the master from becoming read-only.
class BusyMaster : public Fleet {
 public:
  using Fleet::Fleet;
  void set_read_only(const topo::Instance& server, bool read_only, bool for_all) override {
    if (read_only) throw topo::Error(topo::Code::timeout, "a did not become read-only");
    Fleet::set_read_only(server, read_only, for_all);
  }
};

// The account may not see prepared transactions.
class BlindAccount : public Fleet {
 public:
  using Fleet::Fleet;
  std::size_t prepared_transactions(const topo::Instance&) override {
    throw topo::Error(topo::Code::sql, "Access denied");
  }
};

// The account lacks the privilege.
class FixedSemiSync : public Fleet {
 public:
  using Fleet::Fleet;
  void set_semi_sync(const topo::Instance&, const topo::SemiSyncChange&) override {
    throw topo::Error(topo::Code::sql, "Access denied");
  }
};

// The successor does not become writable.
class ReadOnlySuccessor : public Fleet {
 public:
  using Fleet::Fleet;
  void set_read_only(const topo::Instance& server, bool read_only, bool for_all) override {
    if (server.key == key("b") && !read_only) throw topo::Error(topo::Code::sql, "Access denied");
    Fleet::set_read_only(server, read_only, for_all);
  }
};

// "a:source b:replica c:replica": the sides that are on.
std::string sides(const Fleet& fleet) {
  std::string text;
  for (const auto& [one, instance] : fleet.all()) {
    if (!instance.semi_sync) continue;
    const auto& state = *instance.semi_sync;
    text += (text.empty() ? "" : " ") + one.hostname() + ":";
    if (state.source_enabled) text += fmt::format("source/{}/{}", state.timeout.count(), state.wait_count);
    if (state.replica_enabled) text += "replica";
  }
  return text;
}

// Replica c has received more than it can execute in time.
class SlowReplica : public Fleet {
 public:
  using Fleet::Fleet;
  topo::refactor::ReplicationState drain(const topo::Instance& server, topo::refactor::WantedState wanted,
                                         const IsNeedless& is_needless) override {
    if (server.key == key("c")) throw topo::Error(topo::Code::timeout, "it is too slow");
    return Fleet::drain(server, wanted, is_needless);
  }
  topo::refactor::ReplicationState resume(const topo::Instance& server,
                                          topo::refactor::WantedState wanted) override {
    auto state = Fleet::resume(server, wanted);
    if (server.key == key("c") && state.channel) state.channel->read.position += 100;
    return state;
  }
};

}  // namespace

TEST_CASE("each operation ends in the promised topology, with all rows everywhere", "[refactor][execution]") {
  const bool is_lively = GENERATE(false, true);
  for (const auto& operation : scenes()) {
    INFO(operation.name);
    Fleet fleet(operation.picture, transactions);
    prepare(fleet, operation);
    if (is_lively) fleet.be_lively();
    const auto done = run(fleet, operation);
    for (const auto& failure : done.outcome.failed) UNSCOPED_INFO(failure.reason);
    CHECK(done.outcome.failed.empty());
    CHECK(done.outcome.leftovers.empty());
    CHECK(is_result_of(operation, tree(fleet)));
    check_after(fleet, done.then, also_left(operation, done.outcome.leftovers), not_compared(operation));
  }
}

TEST_CASE("a failure at any call leaves all as it was, or reports leftovers",
          "[refactor][execution][one-thread]") {
  const bool is_lively = GENERATE(false, true);
  for (const auto& operation : scenes()) {
    for (const auto fault :
         {Fleet::Fault::before, Fleet::Fault::after, Fleet::Fault::during, Fleet::Fault::late,
          Fleet::Fault::death, Fleet::Fault::torn, Fleet::Fault::lost_relay_logs}) {
      int call = first_call(operation);
      for (;; call += call_stride) {
        INFO(operation.name << ", fault " << static_cast<int>(fault) << " at call " << call);
        Fleet fleet(operation.picture, transactions);
        prepare(fleet, operation);
        const auto before = tree(fleet), sides_before = sides(fleet);
        if (is_lively) fleet.be_lively();
        fleet.fail_at(call, fault);
        const auto done = run(fleet, operation);
        const bool is_dead = fault == Fleet::Fault::death;
        if (!fleet.struck().valid()) {
          CHECK(done.outcome.failed.empty());
          break;
        }
        CHECK(call < 100);
        check_after(fleet, done.then, also_left(operation, told_of(done.outcome)),
                    is_dead ? fleet.struck() : not_compared(operation));
        const bool is_lost = is_forgotten(operation, fleet);
        if (!is_dead && !is_lost) {
          // After one fault the server answers again: everything can be repaired.
          CHECK(done.outcome.leftovers.empty());
          if (done.outcome.moved.empty()) CHECK(tree(fleet) == before);
          if (done.outcome.moved.empty() && !done.outcome.is_promoted) CHECK(sides(fleet) == sides_before);
          if (done.outcome.failed.empty()) CHECK(is_result_of(operation, tree(fleet)));
        }
        for (const auto& failure : done.outcome.failed) CHECK_FALSE(failure.reason.empty());
      }
      CHECK(call >= 1);
    }
  }
}

TEST_CASE("the settings of semi-sync go to the new master", "[refactor][execution][semi_sync]") {
  for (const auto* name : {"make master, with semi-sync", "take over, with semi-sync"}) {
    INFO(name);
    const bool is_takeover = std::string_view(name).starts_with("take over");
    const auto& scene = rehearsal::scene(name);
    Fleet fleet(scene.picture, transactions);
    prepare(fleet, scene);
    const auto done = run(fleet, scene);
    // The former master is dead, or acknowledges now.
    CHECK(sides(fleet) == (is_takeover ? "a:replica b:source/3000/2replica c:replica"
                                       : "a:source/3000/2 b:source/3000/1replica c:replica"));
    CHECK(done.outcome.shortcomings.size() == (is_takeover ? 0 : 1));
    for (const auto& now : done.outcome.now)
      if (now.key == key("b")) CHECK(now.semi_sync == fleet.all().at(key("b")).semi_sync);
  }
}

TEST_CASE("a promotion goes on without semi-sync, and says so", "[refactor][execution][semi_sync]") {
  for (const auto* name : {"make master, with semi-sync", "take over, with semi-sync"}) {
    INFO(name);
    const auto& scene = rehearsal::scene(name);
    FixedSemiSync fleet(scene.picture, transactions);
    prepare(fleet, scene);
    const auto done = run(fleet, scene);
    CHECK(done.outcome.is_promoted);
    CHECK(done.outcome.failed.empty());
    CHECK(done.outcome.leftovers.empty());
    CHECK_FALSE(fleet.all().at(key("b")).read_only);
    REQUIRE_FALSE(done.outcome.shortcomings.empty());
    const auto& last = done.outcome.shortcomings.back();
    CHECK(last.find("set semi-sync") != std::string::npos);
    CHECK(last.ends_with("failed: Access denied"));
  }
}

TEST_CASE("a takeover that is undone returns the settings of semi-sync", "[refactor][execution][semi_sync]") {
  const auto& scene = rehearsal::scene("take over, with semi-sync");
  ReadOnlySuccessor fleet(scene.picture, transactions);
  prepare(fleet, scene);
  const auto before = sides(fleet);
  const auto done = run(fleet, scene);
  CHECK_FALSE(done.outcome.is_promoted);
  CHECK(sides(fleet) == before);
  CHECK_FALSE(fleet.all().at(key("a")).read_only);
  for (const auto& step : done.outcome.steps)
    if (step.text.starts_with("b:3306: set semi-sync"))
      CHECK(step.result == topo::refactor::StepReport::Result::undone);
}

TEST_CASE("errant transactions are injected on the master, or forgotten by the replica",
          "[refactor][execution]") {
  const auto executed = [](const Fleet& fleet, const char* name) {
    return fleet.all().at(key(name)).executed_gtid_set;
  };
  const std::string common = "aaaaaaaa-1111-1111-1111-111111111111:1-10";
  const std::string errant = "cccccccc-2222-2222-2222-222222222222:1-3";
  for (const auto fault : {Fleet::Fault::none, Fleet::Fault::after, Fleet::Fault::torn}) {
    for (int call = 0; call < 10; ++call) {
      INFO("fault " << static_cast<int>(fault) << " at call " << call);
      const auto& injection = rehearsal::scene("inject empty transactions");
      Fleet fleet(injection.picture, transactions);
      prepare(fleet, injection);
      fleet.fail_at(call, fault);
      CHECK(run(fleet, injection).outcome.failed.empty());
      CHECK(executed(fleet, "a") == common + "," + errant);
      CHECK(executed(fleet, "c") == common + "," + errant);

      const auto& reset = rehearsal::scene("forget errant transactions");
      Fleet other(reset.picture, transactions);
      prepare(other, reset);
      other.fail_at(call, fault);
      const auto done = run(other, reset);
      CHECK(executed(other, "a") == common);
      // Without the reset, all is as it was.
      CHECK(executed(other, "c") == (done.outcome.failed.empty() ? common : common + "," + errant));
      CHECK(other.is_running(key("c")));
    }
  }
}

TEST_CASE("a replica is not matched where it would skip what it has lost of its own",
          "[refactor][execution]") {
  for (const std::uint32_t id : {0U, 1U, 2U}) {
    CAPTURE(id);
    Numbered fleet("a > b, a > c", transactions);
    fleet.id = id;
    const auto outcome = move_below_sibling(fleet, topo::PlanCoordinates::Kind::matched).outcome;
    CHECK(fleet.master(key("c")) == key(id == 1 ? "a" : "b"));
    CHECK(fleet.is_running(key("c")));
    if (id != 1) continue;
    REQUIRE(outcome.failed.size() == 1);
    CHECK_THAT(outcome.failed.front().reason,
               Catch::Contains("its log ends where that of b:3306 goes on with Query \"entry ") &&
                   Catch::Contains(", of its own server id, 1. It has lost what it had committed itself"));
  }
}

TEST_CASE("a replica that was broken and still is has moved, which is said", "[refactor][execution]") {
  for (const bool is_mended : {false, true}) {
    CAPTURE(is_mended);
    BrokenReplica fleet("a > b, a > c", transactions);
    fleet.is_mended = is_mended;
    const auto report = move_below_sibling(fleet, topo::PlanCoordinates::Kind::log_end);
    CHECK(report.outcome.moved == std::vector{key("c")});
    CHECK(report.outcome.failed.empty());
    const std::vector<std::string> said{"c:3306 is still broken: duplicate key 7 again"};
    CHECK(report.outcome.still_broken == (is_mended ? std::vector<std::string>{} : said));
    CHECK(topo::refactor::describe(report).ends_with("; " + said.front()) != is_mended);
  }
}

TEST_CASE("a takeover is undone while transactions of XA are prepared on the master",
          "[refactor][execution]") {
  const auto& scene = rehearsal::scene("take over");
  Fleet fleet(scene.picture, transactions);
  prepare(fleet, scene);
  const auto before = tree(fleet);
  fleet.prepare_transactions(key("a"), 2);
  const auto done = run(fleet, scene);
  CHECK_FALSE(done.outcome.is_promoted);
  CHECK(tree(fleet) == before);
  CHECK_FALSE(fleet.all().at(key("a")).read_only);
  REQUIRE_FALSE(done.outcome.failed.empty());
  CHECK(
      done.outcome.failed.front().reason ==
      "a:3306 has 2 prepared transactions of XA, which clients could commit there although it is read-only; "
      "XA RECOVER lists them, XA COMMIT or XA ROLLBACK ends each");
  check_after(fleet, done.then, done.outcome.leftovers);

  BlindAccount blind(scene.picture, transactions);
  prepare(blind, scene);
  const auto unknown = run(blind, scene);
  CHECK(unknown.outcome.is_promoted);
  CHECK_THAT(unknown.outcome.shortcomings,
             Catch::VectorContains(std::string(
                 "whether a:3306 has prepared transactions of XA is not known, which clients could commit "
                 "there although it is read-only: Access denied")));
}

TEST_CASE("a takeover that waits in vain for clients says how to end them", "[refactor][execution]") {
  for (const bool ends_clients : {false, true}) {
    const auto& scene = rehearsal::scene("take over");
    BusyMaster fleet(scene.picture, transactions);
    prepare(fleet, scene);
    const auto all = fleet.all();
    auto plan = rehearsal::plan(scene, topo::Topology([&] {
                                  std::vector<topo::KnownInstance> known;
                                  for (const auto& [one, instance] : all)
                                    known.push_back(picture::known(instance));
                                  return known;
                                }()));
    for (auto& step : plan.before)
      if (auto* change = std::get_if<topo::SetReadOnly>(&step)) change->ends_clients = ends_clients;
    spdlog::logger log("test");
    const auto outcome = topo::refactor::execute(
        fleet, plan, std::unordered_map<InstanceKey, topo::Instance>(all.begin(), all.end()), impatient(),
        log);
    REQUIRE_FALSE(outcome.failed.empty());
    CHECK(outcome.failed.front().reason ==
          std::string("a did not become read-only") +
              (ends_clients ? "" : "; -kill ends the connections of clients"));
  }
}

TEST_CASE("one of several replicas fails, and the others move", "[refactor][execution]") {
  const auto& operation = rehearsal::scene("move up several");
  Fleet fleet(operation.picture, transactions);
  fleet.move_behind_the_back(key("d"), key("a"));
  fleet.move_behind_the_back(key("d"), key("b"));
  const auto done = run(fleet, operation, watched([&](const std::string& step) {
                          if (step == "d:3306: stop replication")
                            throw topo::Error(topo::Code::unreachable, "d is gone");
                        }));
  CHECK(tree(fleet) == "b<a c<a d<b e<a");
  REQUIRE(done.outcome.failed.size() == 1);
  CHECK(done.outcome.failed[0].replica == key("d"));
  CHECK(done.outcome.failed[0].reason == "d is gone");
  check_after(fleet, done.then, done.outcome.leftovers);
}

TEST_CASE("a replica that another user moved meanwhile is left alone", "[refactor][execution]") {
  const auto& operation = rehearsal::scene("move up");
  Fleet fleet(operation.picture, transactions);
  const auto done = run(fleet, operation, watched([&](const std::string& step) {
                          if (step == "c:3306: stop replication")
                            fleet.move_behind_the_back(key("c"), key("a"));
                        }));
  REQUIRE(done.outcome.failed.size() == 1);
  CHECK(done.outcome.failed[0].reason ==
        "c:3306 was moved by another client meanwhile: it replicates from a:3306, no longer from b:3306");
  CHECK(fleet.master(key("c")) == key("a"));
  CHECK(fleet.is_running(key("c")));
  CHECK(fleet.is_running(key("b")));
}

// For example after a long pause of this process. The new owner of the lock has stopped the server.
TEST_CASE("a server that others have locked by now is left as it is", "[refactor][execution]") {
  const auto& operation = rehearsal::scene("move up");
  for (const char* when :
       {"c:3306: stop replication", "c:3306: start replication, with the threads it had running"}) {
    CAPTURE(when);
    Fleet fleet(operation.picture, transactions);
    bool is_over = false;
    auto options = watched([&](const std::string& step) { is_over = is_over || step == when; });
    options.require_held = [&](const InstanceKey& server, const InstanceKey&) {
      if (is_over && server == key("c")) throw topo::Error(topo::Code::locked, "its lock has ended");
    };
    options.was_taken = [&](const InstanceKey& server) { return is_over && server == key("c"); };
    const auto done = run(fleet, operation, options);
    REQUIRE(done.outcome.failed.size() == 1);
    REQUIRE(done.outcome.leftovers.size() == 1);
    CHECK(done.outcome.leftovers[0].sentence ==
          "c:3306 is left as it is: the lock of this operation has ended, and another owner has locked "
          "c:3306 since");
    CHECK_FALSE(fleet.is_running(key("c")));
    CHECK(fleet.is_running(key("b")));
  }
}

TEST_CASE("a relay log is not deleted while the new master may lack what it holds", "[refactor][execution]") {
  const Scene scene{.name = "match siblings",
                    .picture = "a > b, a > c, a > d",
                    .operation = "multi-match-slaves",
                    .arguments = {key("a"), key("b")},
                    .result = ""};
  for (const bool is_dead : {false, true}) {
    CAPTURE(is_dead);
    SlowReplica fleet(scene.picture, transactions);
    if (is_dead) fleet.refuse_logins(key("a"));
    const auto done = run(fleet, scene, impatient());
    CHECK(done.outcome.leftovers.empty());
    CHECK(tree(fleet) == (is_dead ? "b<a c<a d<b" : "b<a c<b d<b"));
    if (!is_dead) continue;
    REQUIRE(done.outcome.failed.size() == 1);
    CHECK(done.outcome.failed[0].replica == key("c"));
    CHECK_THAT(
        done.outcome.failed[0].reason,
        Catch::StartsWith("c:3306 has received events of a:3306, from ") &&
            Catch::EndsWith("and has not executed them: it is too slow; b:3306 may lack them, so that c:3306 "
                            "keeps its master and its relay log"));
  }
}

TEST_CASE("a replica is not waited for when a fit one has executed what it has received",
          "[refactor][execution]") {
  for (const bool is_fit : {true, false}) {
    CAPTURE(is_fit);
    PatientReplica fleet("a > b, a > c", transactions);
    topo::Plan plan;
    plan.operation = "regroup-slaves";
    plan.replica_steps = {{key("b"), {topo::DrainRelayLog{key("b"), true, false, is_fit ? 1U : 0U}}, {}},
                          {key("c"), {topo::DrainRelayLog{key("c"), true, false, 1}}, {}}};
    std::string why_not;
    plan.decide = [&](const std::vector<topo::Instance>& prepared, const std::vector<topo::LeftReplica>&) {
      for (const auto& one : prepared)
        if (one.key == key("c")) why_not = one.replication()->why_not_drained;
      return topo::Decision{};
    };
    const auto all = fleet.all();
    const std::unordered_map<InstanceKey, topo::Instance> read(all.begin(), all.end());
    spdlog::logger log("test");
    (void)topo::refactor::execute(fleet, plan, read, impatient(), log);
    CHECK(why_not == (is_fit ? "b has it" : "it waited in vain"));
  }
}

TEST_CASE("a server does not become writable when its lock was ended", "[refactor][execution]") {
  Fleet fleet("a > b", transactions);
  const auto all = fleet.all();
  std::unordered_map<InstanceKey, topo::Instance> read(all.begin(), all.end());
  fleet.set_read_only(read.at(key("b")), true, false);
  read.at(key("b")).read_only = true;
  topo::Plan plan;
  plan.operation = "graceful-master-takeover";
  plan.subject = key("a");
  plan.candidate = key("b");
  plan.promotion = {topo::SetReadOnly{key("b"), false}};
  auto options = impatient();
  options.require_held = [](const InstanceKey& server, const InstanceKey&) {
    if (server == key("b")) throw topo::Error(topo::Code::locked, "the lock was ended");
  };
  spdlog::logger log("test");
  CHECK_FALSE(topo::refactor::execute(fleet, plan, read, options, log).is_promoted);
  CHECK(fleet.all().at(key("b")).read_only);
  options.require_held = {};
  CHECK(topo::refactor::execute(fleet, plan, read, options, log).is_promoted);
  CHECK_FALSE(fleet.all().at(key("b")).read_only);
}

TEST_CASE("a replica that comes to the end when it is no longer waited for can be promoted",
          "[refactor][execution]") {
  PatientReplica fleet("a > b, a > c", transactions);
  fleet.gets_there = true;
  topo::Plan plan;
  plan.operation = "regroup-slaves";
  plan.replica_steps = {{key("b"), {topo::DrainRelayLog{key("b"), true, false, 1}}, {}},
                        {key("c"), {topo::DrainRelayLog{key("c"), true, false, 1}}, {}}};
  plan.decide = [](const std::vector<topo::Instance>& prepared, const std::vector<topo::LeftReplica>&) {
    for (const auto& one : prepared) CHECK(one.replication()->why_not_drained.empty());
    topo::Decision decision;
    decision.candidate = key("c");
    decision.promotion = {topo::ForgetMaster{key("c")}};
    return decision;
  };
  const auto all = fleet.all();
  const std::unordered_map<InstanceKey, topo::Instance> read(all.begin(), all.end());
  spdlog::logger log("test");
  const auto outcome = topo::refactor::execute(fleet, plan, read, impatient(), log);
  CHECK(outcome.shortcomings.empty());
  CHECK(fleet.all().at(key("c")).channels.empty());
}

TEST_CASE("a replica that is ahead of its new master is started again", "[refactor][execution]") {
  const auto& operation = rehearsal::scene("move below one that is behind");
  LateMaster fleet(operation.picture, transactions);
  auto options = impatient();
  options.connect_wait = std::chrono::seconds(30);
  const auto done = run(fleet, operation, options);
  CHECK(done.outcome.failed.empty());
  CHECK(is_result_of(operation, tree(fleet)));
  CHECK(fleet.starts == 2);
}

TEST_CASE("a replica that its new master refuses is moved back", "[refactor][execution]") {
  for (const auto& operation : scenes()) {
    if (std::string(operation.name) != "move up" && std::string(operation.name) != "enslave siblings")
      continue;
    INFO(operation.name);
    Fleet fleet(operation.picture, transactions);
    prepare(fleet, operation);
    const auto before = tree(fleet);
    fleet.refuse_logins(std::string(operation.name) == "move up" ? key("a") : key("c"));
    const auto done = run(fleet, operation);
    CHECK(done.outcome.moved.empty());
    CHECK_FALSE(done.outcome.failed.empty());
    CHECK(done.outcome.leftovers.empty());
    CHECK(tree(fleet) == before);
    for (const auto& failure : done.outcome.failed)
      CHECK_THAT(failure.reason, Catch::EndsWith(": error connecting to master"));
  }
}

TEST_CASE("nothing is matched below a server that commits in another order", "[refactor][execution]") {
  const auto& operation = rehearsal::scene("match below");
  Fleet fleet(operation.picture, transactions);
  const auto before = tree(fleet);
  fleet.commit_out_of_order(key("b"));
  const auto done = run(fleet, operation);
  REQUIRE(done.outcome.failed.size() == 1);
  CHECK_THAT(done.outcome.failed[0].reason,
             Catch::StartsWith("nothing can be matched below b:3306: it may commit in another order"));
  CHECK(tree(fleet) == before);
  check_after(fleet, done.then, done.outcome.leftovers);
}

TEST_CASE("a master that its co-master refuses replicates from no server again", "[refactor][execution]") {
  const auto& operation = rehearsal::scene("make co-master");
  Fleet fleet(operation.picture, transactions);
  fleet.refuse_logins(key("b"));
  const auto done = run(fleet, operation);
  REQUIRE(done.outcome.failed.size() == 1);
  CHECK_THAT(done.outcome.failed[0].reason,
             Catch::Contains(": error connecting to master (set the replication account of a:3306 with"));
  CHECK(done.outcome.leftovers.empty());
  CHECK(tree(fleet) == "b<a c<a");
}

TEST_CASE("a stopped replica is repointed and stays stopped", "[refactor][execution]") {
  const auto& operation = rehearsal::scene("repoint");
  Fleet fleet(operation.picture, transactions);
  static_cast<void>(fleet.stop(fleet.all().at(key("c")), {}));
  const auto done = run(fleet, operation);
  CHECK(done.outcome.failed.empty());
  CHECK(is_result_of(operation, tree(fleet)));
  CHECK_FALSE(fleet.is_running(key("c")));
}

TEST_CASE("a server that was stopped before is not started", "[refactor][execution]") {
  const auto& operation = rehearsal::scene("move up");
  Fleet fleet(operation.picture, transactions);
  static_cast<void>(fleet.stop(fleet.all().at(key("b")), {}));
  const auto done = run(fleet, operation);
  CHECK(done.outcome.failed.empty());
  CHECK(is_result_of(operation, tree(fleet)));
  CHECK_FALSE(fleet.is_running(key("b")));
}

}  // namespace execution_test
