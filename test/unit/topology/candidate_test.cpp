#include "topo/topology/candidate.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "support/picture.h"
#include "topo/base/error.h"

namespace candidate_test {

namespace {

topo::KnownInstance replica(const char* name, std::uint64_t executed) {
  auto known = picture::known(picture::instance(name, "m"));
  known.instance.channels.front().exec = {"binlog.000001", executed};
  return known;
}

topo::InstanceKey choose(const std::vector<topo::KnownInstance>& replicas, const topo::Filter& denied = {},
                         topo::ReplicaProgress progress = topo::ReplicaProgress::executed) {
  return topo::best_of(topo::rank_candidates(replicas, picture::instance("m"), denied, {}, progress),
                       picture::key("m"));
}

std::string refusal(const std::vector<topo::KnownInstance>& replicas, const topo::Filter& denied = {}) {
  try {
    static_cast<void>(choose(replicas, denied));
    return "";
  } catch (const topo::Error& error) {
    CHECK(error.code() == topo::Code::refused);
    return error.what();
  }
}

}  // namespace

TEST_CASE("the candidate has executed the most and can be a master", "[topology]") {
  auto ahead = replica("a", 900);
  auto middle = replica("b", 500);
  auto behind = replica("c", 100);
  const auto chosen = [&](const topo::Filter& denied = {}) {
    return choose({behind, ahead, middle}, denied);
  };
  CHECK(chosen() == picture::key("a"));
  CHECK(chosen([](const auto& key) { return key.hostname() == "a"; }) == picture::key("b"));
  ahead.instance.log_slave_updates = false;
  CHECK(chosen() == picture::key("b"));
  middle.instance.log_bin = false;
  CHECK(chosen() == picture::key("c"));
  behind.instance.channels.front().exec = topo::detached_coordinates({"binlog.000001", 100});
  CHECK(refusal({behind, ahead, middle}) ==
        "No replica of m:3306 can be promoted; c:3306 is detached; a:3306 does not log what it replicates; "
        "b:3306 has no binary log");
  CHECK(refusal({}) == "No replicas found for m:3306");
  CHECK(choose({replica("y", 5), replica("x", 5)}) == picture::key("x"));
}

TEST_CASE("a candidate that can serve the others ranks above one that has executed more", "[topology]") {
  auto newest = replica("a", 900);
  newest.instance.version = "9.7.0";
  const auto ahead = replica("b", 500);
  const auto behind = replica("c", 100);
  CHECK(choose({behind, newest, ahead}) == picture::key("b"));
  // No candidate can serve all; e serves the most.
  auto by_rows = replica("d", 700);
  by_rows.instance.binlog_format = "ROW";
  auto by_statements = replica("e", 100);
  by_statements.instance.binlog_format = "STATEMENT";
  CHECK(choose({newest, by_rows, by_statements}) == picture::key("e"));
}

TEST_CASE("replicas are ranked with the reason why another one is better", "[topology]") {
  const auto master = [] {
    auto made = picture::instance("m");
    made.data_center = "here";
    return made;
  }();
  std::vector<topo::KnownInstance> replicas{
      replica("best", 900),     replica("equal", 900),  replica("far", 900),
      replica("behind", 800),   replica("newer", 950),  replica("errant", 980),
      replica("filtered", 990), replica("leaves", 990), replica("unlogged", 990)};
  for (auto& one : replicas) one.instance.data_center = "here";
  replicas[2].instance.data_center = "there";
  replicas[4].instance.version = "9.7.0";
  replicas[5].instance.errant_gtids = "0-2-7..9";
  replicas[6].instance.channels.front().has_filters = true;
  replicas[7].instance.has_binlog_filters = true;
  replicas[8].instance.log_slave_updates = false;
  const auto ranked_of = [&] {
    std::string text;
    const auto ranked = topo::rank_candidates(replicas, master, {}, {}, topo::ReplicaProgress::executed);
    for (const auto& one : ranked) text += one.key.hostname() + ": " + one.why_not + "\n";
    return text;
  };
  const auto expected =
      "best: \n"
      "equal: equal:3306 is as good as best:3306, which is the first by name\n"
      "far: far:3306 is in another data centre or environment than its master\n"
      "behind: behind:3306 has executed up to binlog.000001:800, best:3306 up to binlog.000001:900\n"
      "newer: newer:3306 can serve 0 of the others, best:3306 can serve 7\n"
      "errant: errant:3306 has errant transactions (0-2-7..9)\n"
      "filtered: filtered:3306 has replication filters\n"
      "leaves: leaves:3306 leaves changes out of its binary log (binlog-do-db, binlog-ignore-db)\n"
      "unlogged: unlogged:3306 does not log what it replicates\n";
  CHECK(ranked_of() == expected);
  std::ranges::reverse(replicas);
  CHECK(ranked_of() == expected);
}

TEST_CASE("received events count for a replica that can execute them", "[topology]") {
  auto slow = replica("a", 100), fast = replica("b", 200);
  slow.instance.channels.front().read = {"binlog.000002", 4};
  fast.instance.channels.front().read = {"binlog.000001", 300};
  const auto chosen = [&](topo::ReplicaProgress progress) { return choose({fast, slow}, {}, progress); };
  CHECK(chosen(topo::ReplicaProgress::executed) == picture::key("b"));
  CHECK(chosen(topo::ReplicaProgress::available) == picture::key("a"));
  slow.instance.channels.front().sql_delay = std::chrono::seconds(3600);
  CHECK(chosen(topo::ReplicaProgress::available) == picture::key("b"));
  slow.instance.channels.front().sql_delay = std::chrono::seconds(0);
  slow.instance.channels.front().sql_thread = topo::ThreadState::stopped;
  CHECK(chosen(topo::ReplicaProgress::available) == picture::key("b"));
}

TEST_CASE("the sibling for the replicas of a dead intermediate master has executed as much and is similar",
          "[topology]") {
  auto instances = picture::instances("a > m > r, a > b, a > c > x, c > y, a > d > z");
  const auto of = [&](const char* name) -> topo::KnownInstance& {
    for (auto& known : instances)
      if (known.instance.key == picture::key(name)) return known;
    throw std::runtime_error(name);
  };
  const auto execute = [&](const char* name, std::uint64_t coordinates) {
    of(name).instance.channels.front().exec = {"binlog.000001", coordinates};
  };
  const auto chosen = [&] {
    const auto key = topo::choose_sibling(topo::Topology(instances), picture::key("m"));
    return key ? key->hostname() : "nobody";
  };
  for (const char* name : {"m", "b", "c", "d"}) execute(name, 500);
  of("m").last_check_valid = false;
  CHECK(chosen() == "c");  // it has the most replicas
  of("c").last_check_valid = false;
  CHECK(chosen() == "d");
  of("d").instance.log_slave_updates = false;
  CHECK(chosen() == "b");
  of("d").instance.log_slave_updates = true;
  of("d").instance.data_center = "elsewhere";
  CHECK(chosen() == "b");
  execute("b", 499);
  CHECK(chosen() == "nobody");  // behind the executed position of the dead one
  execute("b", 501);
  CHECK(chosen() == "b");
  for (const auto& spoil : std::vector<std::function<void(topo::Instance&)>>{
           [](auto& one) { one.log_bin = false; }, [](auto& one) { one.physical_environment = "test"; },
           [](auto& one) { one.is_binlog_server = true; },
           [](auto& one) { one.channels.front().has_filters = true; },
           [](auto& one) { one.channels.front().sql_thread = topo::ThreadState::stopped; }}) {
    const auto before = of("b").instance;
    spoil(of("b").instance);
    CHECK(chosen() == "nobody");
    of("b").instance = before;
  }
  CHECK(chosen() == "b");
  // Among siblings with as many replicas, the most advanced.
  of("c").last_check_valid = true;
  of("d").instance.data_center = "";
  instances.erase(std::remove_if(instances.begin(), instances.end(),
                                 [](const auto& known) { return known.instance.key == picture::key("y"); }),
                  instances.end());
  execute("d", 700);
  CHECK(chosen() == "d");
  execute("c", 701);
  CHECK(chosen() == "c");

  CHECK_FALSE(topo::choose_sibling(topo::Topology(instances), picture::key("a")));
  CHECK_FALSE(topo::choose_sibling(topo::Topology(instances), picture::key("nobody")));
}

}  // namespace candidate_test
