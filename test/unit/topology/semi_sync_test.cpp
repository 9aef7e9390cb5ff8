// What becomes of semi-synchronous replication when a master is replaced.
#include "unit/topology/planning_test.h"

namespace semi_sync_plan_test {
namespace {

using namespace planning_test;
using topo::Instance;

topo::SemiSync off() {
  return {.has_source = true, .has_replica = true, .timeout = std::chrono::seconds(10), .wait_count = 1};
}

// Master a waits for `wait_count` replicas; `acknowledging` have their replica side on.
std::vector<KnownInstance> servers(std::string_view drawn, std::uint32_t wait_count,
                                   const std::string& acknowledging) {
  auto instances = picture::instances(drawn);
  for (auto& known : instances) {
    auto& instance = known.instance;
    instance.version = "8.0.36";
    instance.gtid_mode = "OFF";
    instance.read_only = instance.key != key("a");
    instance.semi_sync = off();
    instance.semi_sync->replica_enabled = acknowledging.find(instance.key.hostname()) != std::string::npos;
    if (instance.key != key("a")) continue;
    instance.semi_sync->source_enabled = true;
    instance.semi_sync->timeout = std::chrono::seconds(3);
    instance.semi_sync->wait_count = wait_count;
  }
  return instances;
}

Instance& find(std::vector<KnownInstance>& instances, const char* name) {
  for (auto& known : instances)
    if (known.instance.key == key(name)) return known.instance;
  throw std::out_of_range(name);
}

// The lines of the plan about semi-sync.
std::string about_semi_sync(const topo::Plan& plan) {
  std::string lines, text = shown(plan) + "\n";
  for (std::size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    const auto line = text.substr(begin, end - begin);
    if (line.find("semi-sync") != std::string::npos) lines += (lines.empty() ? "" : "\n") + line;
  }
  return lines;
}

std::string takeover(std::vector<KnownInstance> instances, bool starts_demoted = true) {
  return about_semi_sync(topo::plan_takeover(Topology(std::move(instances)), key("a"), key("b"),
                                             {.starts_demoted = starts_demoted}, planning_limits));
}

// Of the promotion of b instead of a, which is dead.
topo::Plan promoted(std::vector<KnownInstance> instances, topo::Promotion promotion) {
  for (auto& known : instances) {
    if (known.instance.key == key("a"))
      silence(known);
    else
      known.instance.channels.front().io_thread = topo::ThreadState::other;
  }
  std::vector<Instance> prepared;
  for (const auto& known : instances)
    if (known.instance.master_key() == key("a")) prepared.push_back(known.instance);
  auto plan = topo::plan_make_master(Topology(std::move(instances)), key("b"), {.promotion = promotion},
                                     {.has_pseudo_gtid = true});
  topo::apply(plan.decide(prepared, {}), plan);
  return plan;
}

const std::string not_on = "careful: semi-sync of b is not switched on as a source, although it was on a: ";
const std::string on = "b: set semi-sync on as a source, timeout 3000 ms, commits wait for ";
const std::string or_without = "; if this fails, the rest goes on";

}  // namespace

TEST_CASE("a takeover passes semi-sync on before the successor is writable",
          "[topology][planning][semi_sync]") {
  const auto plan = topo::plan_takeover(Topology(servers("a > b, a > c", 1, "bc")), key("a"), key("b"),
                                        {.starts_demoted = true}, planning_limits);
  const auto text = shown(plan);
  const auto passed = text.find(on + "1" + or_without);
  REQUIRE(passed != std::string::npos);
  CHECK(passed > text.find("b: execute all that a has logged"));
  CHECK(passed < text.find("b: set read_only off"));
  const auto demoted = text.find("a: set semi-sync off as a source, on as a replica" + or_without);
  REQUIRE(demoted != std::string::npos);
  CHECK(demoted > text.find("b: set read_only off"));
  CHECK(demoted < text.find("a: replicate from b"));
}

TEST_CASE("commits never wait for more replicas than will acknowledge", "[topology][planning][semi_sync]") {
  // c, and a when it replicates.
  CHECK_THAT(takeover(servers("a > b, a > c", 2, "bc")), Catch::StartsWith(on + "2"));
  CHECK_THAT(takeover(servers("a > b, a > c", 2, "bc"), false),
             Catch::StartsWith("careful: commits on b wait for 1 of its replicas, not for 2 as on a") &&
                 Catch::Contains("\n" + on + "1"));
  // b's own replica counts; a does not, as b did not acknowledge.
  CHECK_THAT(takeover(servers("a > b > d, a > c", 3, "cd")), Catch::Contains(on + "2"));
  CHECK_THAT(takeover(servers("a > b, a > c", 2, "b"), false),
             Catch::StartsWith(not_on + "no replica that will be below it is known"));
  // Its own replica that does not receive does not count, nor does a sibling that stays stopped.
  for (const auto* name : {"c", "d"}) {
    auto stopped = servers("a > b > d, a > c", 3, "cd");
    find(stopped, name).channels.front().io_thread = topo::ThreadState::stopped;
    CHECK_THAT(takeover(stopped), Catch::Contains(on + "1"));
  }
  // One that is left behind stays below a.
  auto instances = servers("a > b, a > c, a > d", 2, "cd");
  for (auto& known : instances)
    if (known.instance.key == key("c")) known.locked = "c is locked";
  CHECK_THAT(takeover(instances), Catch::Contains(on + "1"));
  instances = servers("a > b, a > c", 1, "bc");
  find(instances, "c").semi_sync.reset();  // unknown is not on
  CHECK_THAT(takeover(instances, false), Catch::StartsWith(not_on));
}

TEST_CASE("semi-sync is not passed on where it was off, or cannot be", "[topology][planning][semi_sync]") {
  auto instances = servers("a > b, a > c", 1, "bc");
  find(instances, "a").semi_sync->source_enabled = false;
  CHECK(takeover(instances) == "a: set semi-sync on as a replica" + or_without);
  find(instances, "a").semi_sync.reset();
  CHECK(takeover(instances).empty());
  instances = servers("a > b, a > c", 1, "c");
  find(instances, "b").semi_sync->has_source = false;
  CHECK(takeover(instances) ==
        not_on + "its plugin is not loaded there\n" + "a: set semi-sync off as a source" + or_without);
  find(instances, "b").semi_sync.reset();  // the server will tell
  CHECK_THAT(takeover(instances), Catch::StartsWith(on + "1"));
}

TEST_CASE("of two co-masters the demoted one waits no more", "[topology][planning][semi_sync]") {
  auto instances = servers("a > b > a, a > c", 1, "abc");
  CHECK(takeover(instances) == on + "1" + or_without + "\na: set semi-sync off as a source" + or_without);
}

TEST_CASE("the successor of a dead master gets its semi-sync", "[topology][planning][semi_sync]") {
  for (const auto promotion : {topo::Promotion::stopped, topo::Promotion::reset}) {
    const auto plan = promoted(servers("a > b, a > c, a > d", 2, "bcd"), promotion);
    CHECK(about_semi_sync(plan) == on + "2" + or_without);
    const auto text = shown(plan);
    CHECK(text.find(on) < text.find("b: set read_only off"));
    CHECK(text.find("b: set read_only off") != std::string::npos);
    CHECK(plan.shortcomings.empty());
  }
  const auto fewer = promoted(servers("a > b > d, a > c", 3, "bcd"), topo::Promotion::reset);
  CHECK_THAT(about_semi_sync(fewer),
             Catch::Contains("wait for 2 of its replicas, not for 3") && Catch::Contains(on + "2"));
  CHECK(fewer.shortcomings.size() == 1);
  CHECK_THAT(about_semi_sync(promoted(servers("a > b, a > c", 1, "b"), topo::Promotion::reset)),
             Catch::StartsWith(not_on));
}

TEST_CASE("a former master that rejoins waits no more", "[topology][planning][semi_sync]") {
  auto instances = servers("a, b > c", 1, "bc");
  find(instances, "b").semi_sync->source_enabled = true;
  const auto rejoined = [&] {
    return about_semi_sync(
        topo::plan_rejoin(Topology(instances), key("a"), key("b"), {.has_pseudo_gtid = true}));
  };
  CHECK(rejoined() == "a: set semi-sync off as a source, on as a replica" + or_without);
  find(instances, "b").semi_sync->source_enabled = false;
  CHECK(rejoined() == "a: set semi-sync off as a source" + or_without);
}

TEST_CASE("a side of semi-sync is switched alone", "[topology][planning][semi_sync]") {
  using topo::SemiSyncSide;
  auto instances = servers("a > b", 1, "b");
  const auto plan = [&](const char* name, SemiSyncSide side, bool on) {
    return shown(topo::plan_set_semi_sync(Topology(instances), key(name), side, on));
  };
  CHECK(plan("a", SemiSyncSide::source, false) == "a: set semi-sync off as a source");
  CHECK(plan("b", SemiSyncSide::source, true) == "b: set semi-sync on as a source");
  CHECK(plan("a", SemiSyncSide::replica, true) == "a: set semi-sync on as a replica");
  CHECK(
      plan("b", SemiSyncSide::replica, false) ==
      "b: stop replication\nb: set semi-sync off as a replica\nb: start replication, with the threads it had "
      "running");
  CHECK(plan("b", SemiSyncSide::replica, true).empty());
  find(instances, "b").channels.front().io_thread = topo::ThreadState::stopped;
  CHECK(plan("b", SemiSyncSide::replica, false) == "b: set semi-sync off as a replica");
  find(instances, "b").semi_sync->has_replica = false;
  CHECK(refusal([&] {
          return topo::plan_set_semi_sync(Topology(instances), key("b"), SemiSyncSide::replica, true);
        }) ==
        "b has no semi-synchronous replication as a replica: its plugin is not loaded; INSTALL PLUGIN loads "
        "it");
}

}  // namespace semi_sync_plan_test
