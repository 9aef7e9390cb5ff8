#include <algorithm>
#include <vector>

#include "unit/topology/planning_test.h"

namespace planning_test {

TEST_CASE("make co-master: the master replicates from its replica", "[topology][planning]") {
  const auto passive = changed("a > b", "b", [](auto& known) { known.instance.read_only = true; });
  CHECK(shown(topo::plan_make_co_master(passive, key("b"), planning_limits)) ==
        "a: replicate from b, beginning at the end of b's binary log\n"
        "a: start replication, with the threads it had running");
  const auto warnings = [](const char* read_only) {
    auto instances = picture::instances("a > b");
    for (auto& known : instances) known.instance.read_only = known.instance.key == key(read_only);
    return topo::plan_make_co_master(Topology(std::move(instances)), key("b"), planning_limits).shortcomings;
  };
  CHECK(warnings("a").empty());
  CHECK(warnings("b").empty());
  REQUIRE(warnings("x").size() == 1);
  CHECK(short_text(warnings("x")[0]) ==
        "b and a are co-masters that both take writes; set-read-only -i b lets only a do so");
  const auto make = [](const Topology& topology, const char* name) {
    return refusal([&] { return topo::plan_make_co_master(topology, key(name), planning_limits); });
  };
  CHECK(make(picture::topology("a > b"), "a") == "a is not a replica");
  CHECK(make(picture::topology("a > b > a"), "b") == "b and a are co-masters already");
  CHECK(make(picture::topology("a > b > c"), "c") ==
        "b replicates from a; only a master that is at the top can be made a co-master");
  CHECK(make(picture::topology("a > b > a, a > c"), "c") ==
        "a replicates from b; only a master that is at the top can be made a co-master");
}

namespace {

topo::KnownInstance& of(std::vector<KnownInstance>& instances, const char* name) {
  return *std::find_if(instances.begin(), instances.end(),
                       [&](const auto& known) { return known.instance.key == key(name); });
}

}  // namespace

TEST_CASE("co-masters: the passive one gets its own writes back before replicas move",
          "[topology][planning]") {
  const auto make_passive = [](auto& known) { known.instance.read_only = true; };
  const auto passive = changed("a > b > a, b > c, b > d, a > e", "b", make_passive);
  const auto up = topo::plan_move_up(passive, key("c"), planning_limits);
  CHECK(shown(up) ==
        "a: wait until it reaches the end of b's binary log\n"
        "b: wait until it reaches the end of a's binary log\n"
        "b: stop replication\n"
        "c: stop replication\n"
        "c: replicate until the end of b's binary log, then stop\n"
        "c: replicate from a, beginning at what b has executed\n"
        "c: start replication, with the threads it had running\n"
        "b: start replication, with the threads it had running");
  // Its co-master is also its replica, but is not moved.
  const auto all_up = topo::plan_move_up_replicas(passive, key("b"), {}, planning_limits);
  CHECK(all_up.result == std::vector{std::pair{key("c"), key("a")}, std::pair{key("d"), key("a")}});
  CHECK(all_up.refused.empty());
  CHECK(shown(topo::plan_move_below(passive, key("e"), key("b"), planning_limits)) ==
        "e: stop replication\n"
        "a: wait until it reaches the end of b's binary log\n"
        "b: wait until it reaches the end of a's binary log\n"
        "b: stop replication\n"
        "b: if behind, replicate until the most advanced of e is reached, then stop\n"
        "e: replicate until what b has executed, then stop\n"
        "e: replicate from b, beginning at the end of b's binary log\n"
        "e: start replication, with the threads it had running\n"
        "b: start replication, with the threads it had running");
  const auto siblings = topo::plan_enslave_siblings(passive, key("e"), planning_limits);
  CHECK(siblings.replica_steps.empty());
  CHECK(siblings.refused.empty());
}

TEST_CASE("co-masters: refusals", "[topology][planning]") {
  const auto make_passive = [](auto& known) { known.instance.read_only = true; };
  const char* drawn = "a > b > a, b > c, a > e, e > f";
  const auto passive = changed(drawn, "b", make_passive);
  const auto writable = picture::topology(drawn);
  const auto up = [](const Topology& topology, const char* name) {
    return refusal([&] { return topo::plan_move_up(topology, key(name), planning_limits); });
  };
  const auto below = [](const Topology& topology, const char* one, const char* other) {
    return refusal([&] { return topo::plan_move_below(topology, key(one), key(other), planning_limits); });
  };
  const std::string a_writes =
      "a is a writable co-master (read_only is off): its coordinates in the log of b do not "
      "cover its own writes";
  const std::string b_writes =
      "b is a writable co-master (read_only is off): its coordinates in the log of a do not "
      "cover its own writes";
  CHECK(up(passive, "e") == a_writes + "; use move-below b");
  CHECK(up(writable, "e") == a_writes);
  CHECK(up(writable, "c") == b_writes);
  CHECK(below(writable, "e", "b") == b_writes);
  CHECK(below(passive, "e", "b").empty());
  // Two levels below it does not matter.
  CHECK(up(writable, "f").empty());
  // By GTID, servers find the coordinates themselves.
  const auto by_gtid = [](auto& known) { known.instance.channels.front().using_oracle_gtid = true; };
  CHECK(up(changed(drawn, "c", by_gtid), "c").empty());
  CHECK(shown(topo::plan_move_up(changed(drawn, "c", by_gtid), key("c"), planning_limits)).find("wait") ==
        std::string::npos);
  // Writes must be able to come back.
  auto stopped = picture::instances(drawn);
  make_passive(of(stopped, "b"));
  stop_sql(of(stopped, "a"));
  CHECK(up(Topology(stopped), "c") == "the SQL thread of a is not running");
  // Only rings of two are supported.
  CHECK(below(passive, "b", "e") ==
        "e replicates from b, directly or through others: moving it there would create a loop");
  CHECK(refusal([&] { return topo::plan_enslave_master(passive, key("e"), planning_limits); }) ==
        "a and b are co-masters: none of their replicas can take the place of one");
}

TEST_CASE("a ring of three or more is neither repointed, broken, nor joined", "[topology][planning]") {
  // y and z are below x, a replica of the ring member b.
  auto limits_for_all = planning_limits;
  limits_for_all.has_pseudo_gtid = true;
  const auto topology = picture::topology("a > b > c > a, b > x > y, x > z, c > w");
  using Make = std::function<topo::Plan(const Topology&, const topo::RuleLimits&)>;
  const std::pair<const char*, Make> moves[] = {
      {"move-up b", [](auto& t, auto& l) { return topo::plan_move_up(t, key("b"), l); }},
      {"move-up x", [](auto& t, auto& l) { return topo::plan_move_up(t, key("x"), l); }},
      {"move-up y", [](auto& t, auto& l) { return topo::plan_move_up(t, key("y"), l); }},
      {"move-up-slaves a", [](auto& t, auto& l) { return topo::plan_move_up_replicas(t, key("a"), {}, l); }},
      {"move-up-slaves b", [](auto& t, auto& l) { return topo::plan_move_up_replicas(t, key("b"), {}, l); }},
      {"move-up-slaves x", [](auto& t, auto& l) { return topo::plan_move_up_replicas(t, key("x"), {}, l); }},
      {"move-below x c", [](auto& t, auto& l) { return topo::plan_move_below(t, key("x"), key("c"), l); }},
      {"move-below c x", [](auto& t, auto& l) { return topo::plan_move_below(t, key("c"), key("x"), l); }},
      {"enslave-siblings c", [](auto& t, auto& l) { return topo::plan_enslave_siblings(t, key("c"), l); }},
      {"enslave-siblings x", [](auto& t, auto& l) { return topo::plan_enslave_siblings(t, key("x"), l); }},
      {"enslave-master b", [](auto& t, auto& l) { return topo::plan_enslave_master(t, key("b"), l); }},
      {"enslave-master x", [](auto& t, auto& l) { return topo::plan_enslave_master(t, key("x"), l); }},
      {"enslave-master y", [](auto& t, auto& l) { return topo::plan_enslave_master(t, key("y"), l); }},
      {"repoint b", [](auto& t, auto& l) { return topo::plan_repoint(t, key("b"), std::nullopt, l); }},
      {"repoint b c", [](auto& t, auto& l) { return topo::plan_repoint(t, key("b"), key("c"), l, true); }},
      {"repoint x a", [](auto& t, auto& l) { return topo::plan_repoint(t, key("x"), key("a"), l, true); }},
      {"repoint-slaves a", [](auto& t, auto& l) { return topo::plan_repoint_replicas(t, key("a"), {}, l); }},
      {"make-co-master b", [](auto& t, auto& l) { return topo::plan_make_co_master(t, key("b"), l); }},
      {"make-co-master x", [](auto& t, auto& l) { return topo::plan_make_co_master(t, key("x"), l); }},
      {"match-below x a", [](auto& t, auto& l) { return topo::plan_match_below(t, key("x"), key("a"), l); }},
      {"match-below b c", [](auto& t, auto& l) { return topo::plan_match_below(t, key("b"), key("c"), l); }},
      {"match-below b w", [](auto& t, auto& l) { return topo::plan_match_below(t, key("b"), key("w"), l); }},
      {"match-up b", [](auto& t, auto& l) { return topo::plan_match_up(t, key("b"), l); }},
      {"match-up x", [](auto& t, auto& l) { return topo::plan_match_up(t, key("x"), l); }},
      {"match-up y", [](auto& t, auto& l) { return topo::plan_match_up(t, key("y"), l); }},
      {"rematch b", [](auto& t, auto& l) { return topo::plan_rematch(t, key("b"), l); }},
      {"multi-match-slaves x a",
       [](auto& t, auto& l) { return topo::plan_multi_match(t, key("x"), key("a"), {}, l); }},
      {"match-up-slaves x",
       [](auto& t, auto& l) { return topo::plan_match_up_replicas(t, key("x"), {}, l); }},
      {"regroup-slaves a", [](auto& t, auto& l) { return topo::plan_regroup_replicas(t, key("a"), {}, l); }},
      {"make-local-master x", [](auto& t, auto& l) { return topo::plan_make_local_master(t, key("x"), l); }},
      {"make-local-master y", [](auto& t, auto& l) { return topo::plan_make_local_master(t, key("y"), l); }},
      {"make-local-master b", [](auto& t, auto& l) { return topo::plan_make_local_master(t, key("b"), l); }},
      {"reset-slave b", [](auto& t, auto&) { return topo::plan_reset_replica(t, key("b")); }},
      {"detach-slave b", [](auto& t, auto&) { return topo::plan_detach_replica(t, key("b")); }},
  };
  for (const auto& move : moves) {
    INFO(move.first);
    CHECK_THAT(refusal([&] { return move.second(topology, limits_for_all); }),
               Catch::Contains("ring") || Catch::Contains("replicates from"));
  }
  CHECK(refusal([&] { return topo::plan_move_up(topology, key("b"), planning_limits); }) ==
        "b is in a ring of 3 masters, a > b > c > a, which no operation changes; to end the ring, run STOP "
        "SLAVE and RESET SLAVE ALL (STOP REPLICA and RESET REPLICA ALL since MySQL 8.4) on one of them");
  CHECK_THAT(refusal([&] { return topo::plan_regroup_replicas(topology, key("b"), {}, limits_for_all); }),
             Catch::StartsWith("b is in a ring"));
  CHECK(refusal([&] { return topo::plan_move_up(topology, key("x"), planning_limits); }) ==
        "a is in a ring of 3 masters, a > b > c > a: no instance can be moved below it");
  // If the member is dead, its replicas outside the ring move.
  const auto dead = changed("a > b > c > a, b > x, b > y", "b", silence);
  const auto regrouped =
      topo::plan_regroup_replicas(dead, key("b"), {.evidence = topo::Evidence::waived}, limits_for_all);
  CHECK(regrouped.replica_steps.size() == 2);
  REQUIRE(regrouped.refused.size() == 1);
  CHECK(regrouped.refused.front().first == key("c"));
  // Below a ring member, but not involving it.
  CHECK(
      refusal([&] { return topo::plan_move_below(topology, key("y"), key("z"), planning_limits); }).empty());
}

}  // namespace planning_test
