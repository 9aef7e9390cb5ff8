// Requirements for every operation of the registry.
#include <catch2/catch.hpp>
#include <set>

#include "refactor/rehearsal.h"
#include "support/picture.h"
#include "topo/base/error.h"
#include "topo/refactor/operation.h"
#include "topo/refactor/refactoring.h"
#include "topo/store/store.h"

namespace operations_test_of_refactoring {

using namespace topo;
using namespace topo::refactor;
using picture::key;

TEST_CASE("Every operation has a unique name, a summary and a help text") {
  std::set<std::string_view> names;
  for (const auto& operation : operations()) {
    INFO(operation.name);
    CHECK(names.insert(operation.name).second);
    CHECK(topo::refactor::find_operation(operation.name) == &operation);
    for (const auto alias : operation.aliases) {
      CHECK(names.insert(alias).second);
      CHECK(topo::refactor::find_operation(alias) == &operation);
    }
    CHECK_FALSE(operation.summary.empty());
    CHECK_FALSE(operation.summary.ends_with('.'));
    CHECK(operation.help.ends_with('\n'));
    CHECK(operation.plan != nullptr);
    CHECK(operation.answer != nullptr);
    if (!operation.on_command_line) continue;
    CHECK(operation.help.find("orchestrator -c " + std::string(operation.name) + " ") !=
          std::string_view::npos);
  }
  CHECK(topo::refactor::find_operation("no-such-operation") == nullptr);
  CHECK_THROWS_AS(operation_named(""), Error);
}

// execution_test.cpp and restoration_test.cpp execute each operation, fail it at every call, undo and finish
// it.
TEST_CASE("Every operation has a rehearsal") {
  for (const auto& operation : operations()) {
    INFO(operation.name);
    const auto& all = rehearsal::scenes();
    CHECK(std::any_of(all.begin(), all.end(), [&](const auto& scene) {
      return topo::refactor::find_operation(scene.operation) == &operation;
    }));
  }
}

namespace {

UnendedOperation interrupted(std::string_view operation) {
  UnendedOperation one;
  one.operation = operation;
  one.subject = key("a");
  return one;
}

}  // namespace

TEST_CASE("Operations are offered where they make sense, with the reason for a refusal") {
  auto known = picture::instances("a > b > c");
  for (auto& one : known) {
    one.instance.replication_depth = one.instance.key == key("c") ? 2 : one.instance.key == key("b") ? 1 : 0;
    if (one.instance.key == key("b")) one.locked = "b is locked by ann";
  }
  const Topology topology(std::move(known));
  const auto refusal_of = [&](const char* name, std::string_view operation) -> std::optional<std::string> {
    for (const auto& action : actions_on(topology, key(name), {})) {
      if (action.operation->name == operation) return action.refusal;
    }
    return std::nullopt;
  };
  CHECK(refusal_of("c", "stop-slave") == "");
  CHECK(refusal_of("c", "reset-slave") == "");
  CHECK(refusal_of("c", "move-up") == "b is locked by ann");
  CHECK_FALSE(refusal_of("b", "move-up"));  // nothing is above its master
  CHECK_FALSE(refusal_of("c", "start-slave"));
  CHECK_FALSE(refusal_of("c", "reattach-slave"));
  CHECK_FALSE(refusal_of("c", "skip-query"));
  CHECK_FALSE(refusal_of("c", "move-below"));  // it needs a second instance
  CHECK_FALSE(refusal_of("a", "stop-slave"));
  CHECK(refusal_of("a", "set-read-only").has_value());
  CHECK_THROWS_AS(actions_on(topology, key("x"), {}), Error);
}

TEST_CASE("Rejoin is offered on a returned former master, below the master in its place") {
  auto known = picture::instances("a, n > b > c");
  for (auto& one : known) {
    one.instance.cluster_name = one.instance.key == key("a") ? "a:3306" : "n:3306";
    if (one.instance.key != key("a")) continue;
    one.replaced = ReplacedMaster{.successor = key("b"),
                                  .at = "2026-05-04 03:02:01",
                                  .age = std::chrono::seconds(60),
                                  .server_id = one.instance.server_id,
                                  .server_uuid = "",
                                  .successor_cluster_name = "n:3306"};
  }
  const auto offered = [](const std::vector<KnownInstance>& instances) {
    std::string names;
    for (const auto& action : actions_on(Topology(instances), key("a"), {.has_pseudo_gtid = true}))
      if (action.operation->name == "rejoin") names += display_of(action.target) + action.refusal;
    return names;
  };
  CHECK(offered(known) == "n:3306");
  auto without_successor = known;
  std::erase_if(without_successor, [](const auto& one) { return one.instance.key == key("b"); });
  CHECK(offered(without_successor) == "");
  known.front().replaced.reset();
  CHECK(offered(known) == "");
}

TEST_CASE("Mending errant transactions is offered on a replica that has some") {
  auto known = picture::instances("a > b > c, a > d, a > e");
  for (auto& one : known) {
    one.instance.version = "9.7.0";
    one.instance.gtid_mode = "ON";
    one.instance.read_only = one.instance.is_replica();
    if (one.instance.key != key("d")) one.instance.errant_gtids = "cccccccc-2222-2222-2222-222222222222:1-3";
    if (one.instance.key == key("e")) one.instance.version = "10.11.6-MariaDB";
  }
  const Topology topology(std::move(known));
  const auto offered = [&](const char* name) {
    std::string names;
    for (const auto& action : actions_on(topology, key(name), {})) {
      if (action.operation->name.starts_with("gtid-"))
        names += std::string(action.operation->name) + (action.refusal.empty() ? " " : ": refused ");
    }
    return names;
  };
  CHECK(offered("c") == "gtid-errant-inject-empty gtid-errant-reset-master ");
  CHECK(offered("b") == "gtid-errant-inject-empty gtid-errant-reset-master: refused ");
  CHECK(offered("e") == "gtid-errant-reset-master ");
  CHECK(offered("d").empty());
  CHECK(offered("a").empty());
}

TEST_CASE("The replicas of a replica can be matched below its siblings that can be read and can serve them") {
  auto known = picture::instances("a > b > c, a > d, a > e, a > f, a > g, b > h");
  for (auto& one : known) {
    auto& instance = one.instance;
    instance.using_pseudo_gtid = true;
    if (instance.key == key("b")) {
      instance.replica_hosts = {key("c"), key("h")};
      one.last_check_valid = false;
    }
    if (instance.key == key("e")) one.last_check_valid = false;
    if (instance.key == key("f")) instance.log_slave_updates = false;
    if (instance.key == key("g")) one.since_last_checked = std::chrono::hours(1);
    if (instance.key == key("a")) instance.replica_hosts = {key("b"), key("d")};
  }
  const Topology topology(std::move(known));
  RuleLimits limits;
  limits.has_pseudo_gtid = true;
  const auto targets_of = [&](const char* name) {
    std::vector<InstanceKey> targets;
    for (const auto& action : actions_on(topology, key(name), limits)) {
      if (action.operation->name != "multi-match-slaves") continue;
      CHECK(action.refusal == "");
      targets.push_back(action.target.value());
    }
    return targets;
  };
  CHECK(targets_of("b") == std::vector{key("d")});
  CHECK(targets_of("a").empty());
  CHECK(targets_of("c").empty());
}

TEST_CASE("An interrupted operation is finished with its original arguments") {
  auto record = interrupted("match-below");
  CHECK_FALSE(repetition_of(record, {}, {}));  // written by a release that did not store them
  record.target = key("b");
  const auto again = repetition_of(record, {}, {});
  REQUIRE(again);
  CHECK(again->operation == "match-below");
  CHECK(again->arguments.instance == key("a"));
  CHECK(again->arguments.target == key("b"));
  CHECK_FALSE(again->always);

  record = interrupted("match-up-slaves");
  record.pattern = "^db";
  CHECK(repetition_of(record, {}, {})->arguments.pattern == "^db");
  CHECK_FALSE(repetition_of(interrupted("of a later release"), {}, {}));
}

TEST_CASE("Once a successor has been chosen, finishing does not choose another") {
  auto record = interrupted("regroup-slaves");
  CHECK(repetition_of(record, {}, {})->operation == "regroup-slaves");
  record.moves = {{key("c"), key("b")}};
  const auto again = repetition_of(record, {}, {});
  CHECK(again->operation == "multi-match-slaves");
  CHECK(again->arguments.instance == key("a"));
  CHECK(again->arguments.target == key("b"));
}

TEST_CASE("A new master is promoted even if all replicas have moved already, and only once") {
  auto record = interrupted("make-master");
  CHECK(repetition_of(record, {}, {})->always);
  const auto repair_of = [](const char* name, ServerOutcome outcome) {
    Repair repair;
    repair.server.noted.key = key(name);
    repair.server.outcome = outcome;
    return repair;
  };
  CHECK(must_be_repeated(record, {repair_of("a", ServerOutcome::as_before)}));
  CHECK_FALSE(must_be_repeated(record, {repair_of("a", ServerOutcome::forgotten)}));
  record.moves = {{key("c"), key("a")}};
  CHECK(must_be_repeated(
      record, {repair_of("a", ServerOutcome::forgotten), repair_of("c", ServerOutcome::as_before)}));
  // Then only its siblings are left to be moved.
  OperationServer noted;
  noted.key = key("a");
  noted.master = key("x");
  record.servers = {noted};
  const auto again = repetition_of(record, {}, key("a"));
  REQUIRE(again);
  CHECK(again->operation == "multi-match-slaves");
  CHECK(again->arguments.instance == key("x"));
  CHECK(again->arguments.target == key("a"));
}

TEST_CASE("A local master that is in its place does not take the place of its new master") {
  auto record = interrupted("make-local-master");  // of a, which was below b
  CHECK(repetition_of(record, {}, {})->operation == "make-local-master");
  OperationServer noted;
  noted.key = key("a");
  noted.master = key("b");
  record.servers = {noted};
  record.moves = {{key("c"), key("a")}, {key("a"), key("top")}};
  const std::vector not_moved{key("c")};
  const auto again = repetition_of(record, not_moved, {});
  CHECK(again->operation == "multi-match-slaves");
  CHECK(again->arguments.instance == key("b"));
  CHECK(again->arguments.target == key("a"));
  const std::vector both{key("c"), key("a")};
  CHECK(repetition_of(record, both, {})->operation == "make-local-master");
}

}  // namespace operations_test_of_refactoring
