#include "unit/topology/planning_test.h"

namespace planning_test {

TEST_CASE("missing coordinates of a master are not used", "[topology][planning]") {
  const auto forget_all = [](auto& k) {
    auto& channel = k.instance.channels.front();
    channel.read = channel.exec = {};
    channel.io_thread = topo::ThreadState::other;
  };
  const auto topology = changed("a > b > c", "b", forget_all);
  const auto why = "b has never connected to its master, a, and has no coordinates there";
  CHECK(refusal([&] { return topo::plan_move_up(topology, key("c"), planning_limits); }) == why);
  CHECK(refusal([&] { return topo::plan_move_up_replicas(topology, key("b"), {}, planning_limits); }) == why);
  CHECK(refusal([&] { return topo::plan_enslave_master(topology, key("c"), planning_limits); }) == why);
}

TEST_CASE("a delayed sibling is not waited for", "[topology][planning]") {
  const auto delay_by = [](int seconds) {
    return [seconds](auto& k) { k.instance.channels.front().sql_delay = std::chrono::seconds(seconds); };
  };
  const auto topology = changed("a > b, a > c", "b", delay_by(5));
  CHECK_THAT(refusal([&] { return topo::plan_move_below(topology, key("c"), key("b"), planning_limits); }),
             Catch::Contains("b has a configured delay of 5 s"));
  CHECK_THAT(refusal([&] { return topo::plan_enslave_siblings(topology, key("b"), planning_limits); }),
             Catch::Contains("b has a configured delay of 5 s"));
  CHECK(
      refusal([&] { return topo::plan_move_below(topology, key("b"), key("c"), planning_limits); }).empty());
  CHECK_THAT(refusal([&] {
               return topo::plan_move_below(changed("a > b, a > c", "b", delay_by(3600)), key("b"), key("c"),
                                            planning_limits);
             }),
             Catch::Contains("b has a configured delay of 3600 s, more than"));
}

TEST_CASE("a transaction is skipped only when replication stopped with an error", "[topology][planning]") {
  const auto skip = [](const Topology& topology) {
    return refusal([&] { return topo::plan_skip_query(topology, key("b")); });
  };
  const auto fails = [](auto& k) {
    k.instance.channels.front().last_sql_error = "duplicate key";
    k.instance.channels.front().sql_thread = topo::ThreadState::stopped;
  };
  CHECK(skip(changed("a > b", "b", fails)).empty());
  // The error of the last time may still be shown while the thread runs again.
  CHECK_THAT(skip(changed("a > b", "b",
                          [](auto& k) { k.instance.channels.front().last_sql_error = "duplicate key"; })),
             Catch::Contains("the SQL thread of b runs"));
  CHECK_THAT(
      skip(changed("a > b", "b",
                   [](auto& k) { k.instance.channels.front().sql_thread = topo::ThreadState::stopped; })),
      Catch::Contains("has no replication error"));
  CHECK_THAT(skip(changed("a > b", "b",
                          [&](auto& k) {
                            fails(k);
                            k.instance.gtid_mode = "ON";
                          })),
             Catch::Contains("gtid_mode ON"));
}

TEST_CASE("a replica with several channels is not reset", "[topology][planning]") {
  const auto topology = changed("a > b", "b", [](auto& k) {
    auto other = k.instance.channels.front();
    other.name = "other";
    k.instance.channels.push_back(other);
  });
  CHECK(refusal([&] { return topo::plan_reset_replica(topology, key("b")); }) ==
        "b replicates on 2 channels; only a replica of one can be reset");
}

TEST_CASE("a locked instance is not moved, and is no destination", "[topology][planning]") {
  const auto lock = [](auto& k) { k.locked = "c is locked by ann since noon"; };
  const auto topology = changed("a > b, b > c, b > d, b > e", "c", lock);
  const auto several = topo::plan_move_up_replicas(topology, key("b"), {}, planning_limits);
  CHECK(several.result.size() == 2);
  REQUIRE(several.refused.size() == 1);
  CHECK(several.refused.front().second.reason == "c is locked by ann since noon");
  CHECK(topo::plan_repoint_replicas(topology, key("b"), {}, planning_limits).result.size() == 2);
  auto by_gtid = planning_limits;
  by_gtid.has_pseudo_gtid = true;
  CHECK(topo::plan_multi_match(topology, key("b"), key("a"), {}, by_gtid).result.size() == 2);
  CHECK(topo::plan_enslave_siblings(topology, key("d"), planning_limits).result.size() == 1);
  const auto code_of = [](const std::function<topo::Plan()>& make) {
    try {
      (void)make();
    } catch (const topo::Error& error) {
      CHECK(std::string(error.what()) == "c is locked by ann since noon");
      return error.code();
    }
    return topo::Code::sql;
  };
  CHECK(code_of([&] { return topo::plan_move_up(topology, key("c"), planning_limits); }) ==
        topo::Code::locked);
  CHECK(code_of([&] { return topo::plan_move_below(topology, key("d"), key("c"), planning_limits); }) ==
        topo::Code::locked);
  CHECK(code_of([&] { return topo::plan_match_below(topology, key("d"), key("c"), by_gtid); }) ==
        topo::Code::locked);
  CHECK(code_of([&] { return topo::plan_reset_replica(topology, key("c")); }) == topo::Code::locked);
  CHECK(code_of([&] { return topo::plan_repoint(topology, key("c"), std::nullopt, planning_limits); }) ==
        topo::Code::locked);
}

}  // namespace planning_test
