// Plans for the replication of one instance.
#include <map>

#include "unit/topology/planning_test.h"

namespace planning_one_test {

using namespace planning_test;

namespace {

using One = topo::Plan (*)(const Topology&, const topo::InstanceKey&);

struct Named {
  const char* name;
  One plan;
  const char* steps;  // for the running replica "b" of "a"
};

constexpr Named all[] = {
    {"stop", topo::plan_stop_replication, "b: stop replication"},
    {"stop nicely", topo::plan_stop_nicely, "b: execute all that was received, then stop replication"},
    {"start", topo::plan_start_replication, "b: start replication"},
    {"restart", topo::plan_restart_replication, "b: stop replication\nb: start replication"},
    {"reset",
     [](const Topology& in, const topo::InstanceKey& key) { return topo::plan_reset_replica(in, key); },
     "b: stop replication\nb: remove the master and the replication account"},
    {"detach",
     [](const Topology& in, const topo::InstanceKey& key) { return topo::plan_detach_replica(in, key); },
     "b: stop replication\nb: set impossible coordinates that encode the real ones"},
    {"reattach", topo::plan_reattach_replica, ""},
};

void detach(KnownInstance& known) {
  known.instance.channels.front().exec = topo::detached_coordinates({"binlog.000001", 100});
}

// Of one that has been reset, or never started.
void forget_coordinates(KnownInstance& known) {
  auto& channel = known.instance.channels.front();
  channel.read = channel.exec = channel.relay = {};
  channel.io_thread = channel.sql_thread = topo::ThreadState::stopped;
}

void use_gtid(KnownInstance& known) {
  known.instance.channels.front().using_mariadb_gtid = true;
}

void lock_by_operation(KnownInstance& known) {
  known.locked = "b is locked by ann since noon";
  known.is_locked_by_operation = true;
}

// By name: "refused: …", or the steps.
std::map<std::string, std::string> outcomes(const Topology& topology) {
  std::map<std::string, std::string> texts;
  for (const auto& one : all) {
    const auto refused = refusal([&] { return one.plan(topology, key("b")); });
    texts[one.name] = refused.empty() ? shown(one.plan(topology, key("b"))) : "refused: " + refused;
  }
  return texts;
}

std::map<std::string, std::string> outcomes(const std::function<void(KnownInstance&)>& change) {
  return outcomes(changed("a > b > c", "b", change));
}

std::map<std::string, std::string> usual() {
  std::map<std::string, std::string> texts;
  for (const auto& one : all) texts[one.name] = one.steps;
  return texts;
}

}  // namespace

TEST_CASE("the replication of one replica: steps and locks", "[topology][planning]") {
  CHECK(outcomes([](auto&) {}) == usual());
  for (const auto& one : all) {
    INFO(one.name);
    const auto plan = one.plan(picture::topology("a > b > c"), key("b"));
    CHECK(plan.subject == key("b"));
    if (plan.replica_steps.empty()) continue;
    REQUIRE(plan.locks.size() == 1);
    CHECK(plan.locks.front().server == key("b"));
    const bool changes_master =
        std::string_view(one.name) == "reset" || std::string_view(one.name) == "detach";
    CHECK(plan.locks.front().beside_maintenance != changes_master);
  }
}

TEST_CASE("what is no replica, or does not answer, is not stopped or started", "[topology][planning]") {
  for (const auto& one : all) {
    INFO(one.name);
    CHECK(refusal([&] { return one.plan(picture::topology("a > b"), key("a")); }) == "a is not a replica");
    CHECK(refusal([&] { return one.plan(picture::topology("a > b"), key("x")); }) == "Instance not found: x");
    const auto silent = changed("a > b", "b", [](auto& known) {
      known.last_check_valid = false;
      known.last_check_error = "no route";
    });
    CHECK(refusal([&] { return one.plan(silent, key("b")); }) == "b could not be read: no route");
  }
}

TEST_CASE("a detached replica is reattached, and neither started nor detached again",
          "[topology][planning]") {
  const auto texts = outcomes(detach);
  CHECK(texts.at("detach").empty());
  CHECK(texts.at("reattach") == "b: stop replication\nb: restore the real coordinates\nb: start replication");
  CHECK(texts.at("start") == "refused: b is detached; reattach-slave undoes that");
  CHECK(texts.at("restart") == texts.at("start"));
  CHECK(texts.at("stop") == "b: stop replication");
  CHECK(topo::plan_detach_replica(changed("a > b", "b", detach), key("b")).locks.empty());
}

TEST_CASE("a replica without coordinates is not started", "[topology][planning]") {
  const auto texts = outcomes(forget_coordinates);
  CHECK_THAT(texts.at("start"),
             Catch::StartsWith("refused: b has no coordinates in the log of its master, a, as it was reset"));
  CHECK(texts.at("restart") == texts.at("start"));
  CHECK(texts.at("detach") == "refused: b has never read from its master");
  CHECK(texts.at("reset") == usual().at("reset"));
}

TEST_CASE("a replica by GTID is not detached", "[topology][planning]") {
  auto expected = usual();
  expected["detach"] =
      "refused: b replicates by GTID, and has no coordinates that could be detached; stop-slave stops it";
  CHECK(outcomes(use_gtid) == expected);
  CHECK(outcomes([](auto& known) { known.instance.channels.front().using_oracle_gtid = true; }) == expected);
}

TEST_CASE("an operation under way keeps all others from the replica, a person's lock only some",
          "[topology][planning]") {
  for (const auto& [name, text] : outcomes(lock_by_operation)) {
    INFO(name);
    CHECK(text == (name == "reattach" ? "" : "refused: b is locked by ann since noon"));
  }
  for (const auto& [name, text] :
       outcomes([](auto& known) { known.locked = "b is locked by ann since noon"; })) {
    INFO(name);
    CHECK(text.starts_with("refused: b is locked") == (name == "reset" || name == "detach"));
  }
}

TEST_CASE("an instance is made read-only even while it is locked, and not made writeable",
          "[topology][planning]") {
  const auto set = [](const Topology& topology, bool read_only) {
    return refusal([&] { return topo::plan_set_read_only(topology, key("b"), read_only); });
  };
  const auto locked = changed("a > b", "b", lock_by_operation);
  CHECK(set(locked, true).empty());
  CHECK(set(locked, false) == "b is locked by ann since noon");
  const auto topology = picture::topology("a > b");
  CHECK(shown(topo::plan_set_read_only(topology, key("b"), true)) == "b: set read_only on");
  CHECK(topo::plan_set_read_only(topology, key("b"), true).locks.empty());
  CHECK(shown(topo::plan_set_read_only(topology, key("a"), false)) == "a: set read_only off");
  CHECK(topo::plan_set_read_only(topology, key("a"), false).locks.size() == 1);
  const auto pair = [](bool other_is_read_only, const auto& change) {
    auto instances = picture::instances("a > b > a");
    for (auto& known : instances) {
      if (known.instance.key != key("a")) continue;
      known.instance.read_only = other_is_read_only;
      change(known);
    }
    return topo::plan_set_read_only(Topology(std::move(instances)), key("b"), false).shortcomings;
  };
  CHECK(pair(true, [](auto&) {}).empty());
  CHECK(pair(false, [](auto& known) { known.last_check_valid = false; }).empty());
  REQUIRE(pair(false, [](auto&) {}).size() == 1);
  CHECK(short_text(pair(false, [](auto&) {})[0]) ==
        "b and a are co-masters that both take writes; set-read-only -i b lets only a do so");
  const auto silent = changed("a > b", "b", [](auto& known) { known.last_check_valid = false; });
  CHECK(set(silent, true) == "b could not be read");
  CHECK(shown(topo::plan_kill_query(topology, key("b"), 7)) == "b: kill the statement of process 7");
  CHECK(refusal([&] { return topo::plan_kill_query(silent, key("b"), 7); }) == "b could not be read");
}

}  // namespace planning_one_test
