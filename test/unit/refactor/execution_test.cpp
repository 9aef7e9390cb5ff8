#include "topo/refactor/execution.h"

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include <catch2/catch.hpp>
#include <numeric>

#include "refactor/fake_fleet.h"
#include "support/picture.h"
#include "topo/base/error.h"
#include "topo/topology/planning.h"

using fake::Fleet;
using picture::key;
using topo::InstanceKey;
using topo::refactor::Outcome;

namespace {

constexpr int transactions = 10;
const topo::RuleLimits limits;

struct Operation {
  const char* name;
  const char* picture;
  std::function<topo::Plan(const topo::Topology&)> plan;
  const char* result;  // "replica<master" of all that replicate, afterwards
};

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all{
      {"move up", "a > b > c, b > d", [](const auto& t) { return topo::plan_move_up(t, key("c"), limits); },
       "b<a c<a d<b"},
      {"move up several", "a > b > c, b > d, b > e",
       [](const auto& t) { return topo::plan_move_up_replicas(t, key("b"), {}, limits); }, "b<a c<a d<a e<a"},
      {"move below one that is ahead", "a > b, a > c, a > d",
       [](const auto& t) { return topo::plan_move_below(t, key("d"), key("b"), limits); }, "b<a c<a d<b"},
      {"move below one that is behind", "a > b, a > c, a > d",
       [](const auto& t) { return topo::plan_move_below(t, key("b"), key("d"), limits); }, "b<d c<a d<a"},
      {"enslave siblings", "a > b, a > c, a > d, a > e",
       [](const auto& t) { return topo::plan_enslave_siblings(t, key("c"), limits); }, "b<c c<a d<c e<c"},
      {"enslave master", "a > b > c > d, b > e",
       [](const auto& t) { return topo::plan_enslave_master(t, key("c"), limits); }, "b<c c<a d<c e<b"},
      {"repoint", "a > b > c",
       [](const auto& t) { return topo::plan_repoint(t, key("c"), std::nullopt, limits); }, "b<a c<b"},
      {"make co-master", "a > b, a > c",
       [](const auto& t) { return topo::plan_make_co_master(t, key("b"), limits); }, "a<b b<a c<a"},
  };
  return all;
}

struct Run {
  Outcome outcome;
  std::map<InstanceKey, topo::Instance> then;
};

Run run(Fleet& fleet, const Operation& operation,
        const std::function<void(const std::string&)>& on_step = {}) {
  const auto then = fleet.all();
  std::vector<topo::KnownInstance> known;
  std::unordered_map<InstanceKey, topo::Instance> read;
  for (const auto& [one, instance] : then) {
    known.push_back(picture::known(instance));
    read[one] = instance;
  }
  const auto plan = operation.plan(topo::Topology(std::move(known)));
  spdlog::logger log("silent", std::make_shared<spdlog::sinks::null_sink_mt>());
  topo::refactor::ExecutionOptions options;
  options.start_wait = options.undo_pause = std::chrono::milliseconds(0);
  options.at_once = 1;  // so that the n-th call is the same each time
  options.on_step = on_step;
  return {topo::refactor::execute(fleet, plan, read, options, log), then};
}

std::string tree(const Fleet& fleet) {
  std::string text;
  for (const auto& [one, instance] : fleet.all()) {
    if (!instance.is_replica()) continue;
    text += fmt::format("{}{}<{}", text.empty() ? "" : " ", one.hostname, instance.master_key().hostname);
  }
  return text;
}

std::vector<int> whole() {
  std::vector<int> all(transactions + 1);
  std::iota(all.begin(), all.end(), 1);
  return all;
}

bool is_named(const Outcome& outcome, const InstanceKey& server) {
  return std::any_of(outcome.left.begin(), outcome.left.end(), [&](const std::string& sentence) {
    return sentence.find(server.display()) != std::string::npos;
  });
}

// Nothing is lost or doubled anywhere, and who ran runs again, but for those that the outcome names or that
// are dead, and those below them.
void check_after(Fleet& fleet, const Run& run, const InstanceKey& dead = {}) {
  fleet.write(key("a"), transactions + 1);
  fleet.settle();
  for (const auto& [one, then] : run.then) {
    INFO(one.display() << " of " << tree(fleet));
    if (one == dead) continue;
    const auto rows = fleet.rows(one);
    const auto all = whole();
    // What is there is right, whatever happened: a beginning of it all.
    CHECK(rows == std::vector<int>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(
                                                                  std::min(rows.size(), all.size()))));
    if (is_named(run.outcome, one)) continue;
    if (then.replica_running()) CHECK(fleet.is_running(one));
    bool is_cut_off = false;
    auto above = one;
    for (std::size_t steps = 0; steps <= run.then.size() && above.valid(); ++steps) {
      is_cut_off = is_cut_off || above == dead || is_named(run.outcome, above);
      above = fleet.master(above);
    }
    if (!is_cut_off) CHECK(rows == all);
    if (then.is_replica()) CHECK(fleet.heartbeat(one) == std::chrono::milliseconds(2500));
  }
}

}  // namespace

TEST_CASE("each operation ends in the topology that it promises, with all rows everywhere",
          "[refactor][execution]") {
  for (const auto& operation : operations()) {
    INFO(operation.name);
    Fleet fleet(operation.picture, transactions);
    const auto done = run(fleet, operation);
    CHECK(done.outcome.failed.empty());
    CHECK(done.outcome.left.empty());
    CHECK(tree(fleet) == operation.result);
    check_after(fleet, done);
  }
}

TEST_CASE("a failure at any call leaves all as it was, or says what is left", "[refactor][execution]") {
  for (const auto& operation : operations()) {
    for (const auto fault : {Fleet::Fault::before, Fleet::Fault::after, Fleet::Fault::during, Fleet::Fault::death}) {
      int call = 0;
      for (;; ++call) {
        INFO(operation.name << ", fault " << static_cast<int>(fault) << " at call " << call);
        Fleet fleet(operation.picture, transactions);
        const auto before = tree(fleet);
        fleet.fail_at(call, fault);
        const auto done = run(fleet, operation);
        const bool is_dead = fault == Fleet::Fault::death;
        if (!fleet.struck().valid()) {
          CHECK(done.outcome.failed.empty());
          break;
        }
        CHECK(call < 100);
        check_after(fleet, done, is_dead ? fleet.struck() : InstanceKey{});
        if (!is_dead) {
          // One fault, and the server answers again: there is nothing that could not be put right.
          CHECK(done.outcome.left.empty());
          if (done.outcome.moved.empty()) CHECK(tree(fleet) == before);
          if (done.outcome.failed.empty()) CHECK(tree(fleet) == operation.result);
        }
        for (const auto& failure : done.outcome.failed) CHECK_FALSE(failure.reason.empty());
      }
      CHECK(call >= 2);
    }
  }
}

TEST_CASE("of several replicas one fails, and the others move", "[refactor][execution]") {
  const auto& operation = operations()[1];
  Fleet fleet(operation.picture, transactions);
  fleet.move_behind_the_back(key("d"), key("a"));
  fleet.move_behind_the_back(key("d"), key("b"));
  const auto done = run(fleet, operation, [&](const std::string& step) {
    if (step == "d:3306: stop replication") throw topo::Error(topo::Code::unreachable, "d is gone");
  });
  CHECK(tree(fleet) == "b<a c<a d<b e<a");
  REQUIRE(done.outcome.failed.size() == 1);
  CHECK(done.outcome.failed[0].replica == key("d"));
  CHECK(done.outcome.failed[0].reason == "d is gone");
  check_after(fleet, done);
}

TEST_CASE("a replica that somebody else moved meanwhile is left alone", "[refactor][execution]") {
  const auto& operation = operations()[0];
  Fleet fleet(operation.picture, transactions);
  const auto done = run(fleet, operation, [&](const std::string& step) {
    if (step == "c:3306: stop replication") fleet.move_behind_the_back(key("c"), key("a"));
  });
  REQUIRE(done.outcome.failed.size() == 1);
  CHECK(done.outcome.failed[0].reason ==
        "c:3306 was moved by somebody else meanwhile: it replicates from a:3306, no longer from b:3306");
  CHECK(fleet.master(key("c")) == key("a"));
  CHECK(fleet.is_running(key("c")));
  CHECK(fleet.is_running(key("b")));
}

TEST_CASE("a replica that its new master does not let in goes back", "[refactor][execution]") {
  for (const auto& operation : operations()) {
    if (std::string(operation.name) != "move up" && std::string(operation.name) != "enslave siblings")
      continue;
    INFO(operation.name);
    Fleet fleet(operation.picture, transactions);
    const auto before = tree(fleet);
    fleet.refuse_logins(std::string(operation.name) == "move up" ? key("a") : key("c"));
    const auto done = run(fleet, operation);
    CHECK(done.outcome.moved.empty());
    CHECK_FALSE(done.outcome.failed.empty());
    CHECK(done.outcome.left.empty());
    CHECK(tree(fleet) == before);
    for (const auto& failure : done.outcome.failed) CHECK(failure.reason == "error connecting to master");
  }
}

TEST_CASE("who did not run before is not started", "[refactor][execution]") {
  const auto& operation = operations()[0];
  Fleet fleet(operation.picture, transactions);
  static_cast<void>(fleet.stop(fleet.all().at(key("b")), {}));
  const auto done = run(fleet, operation);
  CHECK(done.outcome.failed.empty());
  CHECK(tree(fleet) == operation.result);
  CHECK_FALSE(fleet.is_running(key("b")));
}
