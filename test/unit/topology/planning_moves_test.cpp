#include "unit/topology/planning_test.h"

namespace planning_test {

TEST_CASE("a replica with an invalid master name is not moved, and the name is shown",
          "[topology][planning]") {
  const auto topology = changed("a > b > c, a > d", "b", [](KnownInstance& known) {
    known.instance.channels.front().set_master("bad;host=1", 3306);
  });
  const auto limits = planning_limits;
  const std::function<topo::Plan()> plannings[] = {
      [&] { return topo::plan_move_up(topology, key("b"), limits); },
      [&] { return topo::plan_move_up(topology, key("c"), limits); },
      [&] { return topo::plan_enslave_master(topology, key("c"), limits); },
      [&] { return topo::plan_match_up(topology, key("c"), limits); },
      [&] { return topo::plan_make_local_master(topology, key("c"), limits); },
      [&] { return topo::plan_move_up_replicas(topology, key("b"), {}, limits); },
      [&] { return topo::plan_match_up_replicas(topology, key("b"), {}, limits); },
      [&] { return topo::plan_repoint(topology, key("b"), std::nullopt, limits, false); },
      [&] { return topo::plan_repoint(topology, key("b"), key("a"), limits, false); },
      [&] { return topo::plan_match_below(topology, key("b"), key("a"), limits); },
  };
  for (const auto& planning : plannings) {
    CHECK_THAT(refusal(planning),
               Catch::StartsWith("b replicates from \"bad;host=1\", which names no server"));
  }
  CHECK_NOTHROW(topo::plan_stop_replication(topology, key("b")));
}

TEST_CASE("move up: the plan", "[topology][planning]") {
  const auto plan = topo::plan_move_up(picture::topology("a > b > c"), key("c"), planning_limits);
  CHECK(shown(plan) ==
        "b: stop replication\n"
        "c: stop replication\n"
        "c: replicate until the end of b's binary log, then stop\n"
        "c: replicate from a, beginning at what b has executed\n"
        "c: start replication, with the threads it had running\n"
        "b: start replication, with the threads it had running");
  CHECK(plan.result == std::vector{std::pair{key("c"), key("a")}});
  CHECK(topo::touched_by(plan) == std::vector{key("b"), key("c")});
}

TEST_CASE("a move below a server with replication filters says what it costs", "[topology][planning]") {
  const auto note = [](bool is_filtered, const std::function<topo::Plan(const Topology&)>& planning) {
    const auto topology = changed("a > b > e, a > c, a > d", "b", [&](auto& known) {
      known.instance.channels.front().has_filters = is_filtered;
    });
    auto plan = planning(topology);
    topo::note_filters(topology, plan);
    return plan.shortcomings.empty() ? "" : short_text(plan.shortcomings.front());
  };
  const auto below_b = [](const auto& topology) {
    return topo::plan_move_below(topology, key("c"), key("b"), planning_limits);
  };
  CHECK(note(true, below_b) == "b has replication filters: c will not get what they leave out");
  CHECK(note(false, below_b).empty());
  CHECK(note(true, [](const auto& topology) {
          return topo::plan_move_up(topology, key("e"), planning_limits);
        }).empty());
  CHECK(note(true, [](const auto& topology) {
          return topo::plan_repoint(topology, key("e"), std::nullopt, planning_limits, false);
        }).empty());
}

TEST_CASE("move up by GTID uses no coordinates", "[topology][planning]") {
  const auto topology = changed(
      "a > b > c", "c", [](auto& known) { known.instance.channels.front().using_mariadb_gtid = true; });
  CHECK_THAT(shown(topo::plan_move_up(topology, key("c"), planning_limits)),
             Catch::Contains("c: replicate from a, by GTID"));
}

TEST_CASE("repoint below another server executes first what only the replica may have",
          "[topology][planning]") {
  const auto steps = [](bool connected, const char* to) {
    const auto topology = changed("a > b, a > c", "c", [&](auto& known) {
      known.instance.channels.front().using_mariadb_gtid = true;
      if (!connected) known.instance.channels.front().io_thread = topo::ThreadState::stopped;
    });
    return shown(topo::plan_repoint(topology, key("c"), key(to), planning_limits, false));
  };
  CHECK_THAT(steps(true, "b"), Catch::StartsWith("c: stop replication\n"));
  CHECK_THAT(steps(false, "b"), Catch::StartsWith("c: execute all that was received"));
  // Its master sends it again.
  CHECK_THAT(steps(false, "a"), Catch::StartsWith("c: stop replication\n"));
}

TEST_CASE("move up: refusals", "[topology][planning]") {
  const auto up = [](const Topology& topology, const char* name) {
    return refusal([&] { return topo::plan_move_up(topology, key(name), planning_limits); });
  };
  CHECK(up(picture::topology("a > b"), "b") == "a, the master of b, is not a replica itself");
  CHECK(up(picture::topology("a > b"), "a") == "a is not a replica");
  CHECK(up(picture::topology("a > b"), "x") == "Instance not found: x");
  CHECK(up(picture::topology("(a) > b"), "b") == "the master of b, a, is not known");
  CHECK(up(picture::topology("a > b > a"), "b") == "b and a are co-masters: there is nothing above them");
  CHECK(up(changed("a > b > c", "c", stop_sql), "c") == "the SQL thread of c is not running");
  // The master need not replicate.
  CHECK(up(changed("a > b > c", "b", stop_sql), "c").empty());
  // Its version must fit the grandparent, too.
  CHECK(up(changed("a > b > c", "a", [](auto& known) { known.instance.version = "11.8.2-MariaDB"; }), "c") ==
        "c (10.11.6-MariaDB-log) is of an older release series than a (11.8.2-MariaDB)");
  // An unknown grandparent is not checked.
  CHECK(up(picture::topology("(a) > b > c"), "c").empty());
}

TEST_CASE("move up several: the master is stopped once, and refused replicas are named",
          "[topology][planning]") {
  const auto topology = changed("a > b > c, b > d, b > e", "d", stop_sql);
  const auto plan = topo::plan_move_up_replicas(topology, key("b"), {}, planning_limits);
  CHECK(shown(plan) ==
        "d: not moved: the SQL thread of d is not running\n"
        "b: stop replication\n"
        "c: stop replication\n"
        "c: replicate until the end of b's binary log, then stop\n"
        "c: replicate from a, beginning at what b has executed\n"
        "c: start replication, with the threads it had running\n"
        "e: stop replication\n"
        "e: replicate until the end of b's binary log, then stop\n"
        "e: replicate from a, beginning at what b has executed\n"
        "e: start replication, with the threads it had running\n"
        "b: start replication, with the threads it had running");
  const auto only_e = [](const topo::InstanceKey& candidate) { return candidate == key("e"); };
  CHECK(topo::plan_move_up_replicas(topology, key("b"), only_e, planning_limits).replica_steps.size() == 1);
  const auto none = [](const topo::InstanceKey&) { return false; };
  const auto nothing = topo::plan_move_up_replicas(topology, key("b"), none, planning_limits);
  CHECK(nothing.replica_steps.empty());
  CHECK(shown(nothing).empty());
  const auto only_d = [](const topo::InstanceKey& candidate) { return candidate == key("d"); };
  CHECK(refusal([&] { return topo::plan_move_up_replicas(topology, key("b"), only_d, planning_limits); }) ==
        "the SQL thread of d is not running");
}

TEST_CASE("move below: the plan", "[topology][planning]") {
  const auto plan =
      topo::plan_move_below(picture::topology("a > b, a > c"), key("b"), key("c"), planning_limits);
  CHECK(shown(plan) ==
        "b: stop replication\n"
        "c: stop replication\n"
        "c: if behind, replicate until the most advanced of b is reached, then stop\n"
        "b: replicate until what c has executed, then stop\n"
        "b: replicate from c, beginning at the end of c's binary log\n"
        "b: start replication, with the threads it had running\n"
        "c: start replication, with the threads it had running");
}

TEST_CASE("move below: refusals", "[topology][planning]") {
  const auto below = [](const Topology& topology, const char* one, const char* other) {
    return refusal([&] { return topo::plan_move_below(topology, key(one), key(other), planning_limits); });
  };
  CHECK(below(picture::topology("a > b > c"), "c", "b") ==
        "c and b are not siblings: they replicate from b and a");
  CHECK(below(picture::topology("(old) > b, a > c"), "c", "b") ==
        "c and b are not siblings: they replicate from a and old; `discover` both replicas "
        "to find out whether these are names of one server");
  CHECK(below(picture::topology("a > b"), "b", "a") == "a is not a replica");
  CHECK(below(picture::topology("a > b, a > c"), "b", "b") == "b cannot be moved below itself");
  CHECK(below(changed("a > b, a > c", "c", stop_sql), "b", "c") == "the SQL thread of c is not running");
  CHECK(below(changed("a > b, a > c", "b", stop_sql), "b", "c") == "the SQL thread of b is not running");
  CHECK(below(changed("a > b, a > c", "b", [](auto& k) { k.instance.binlog_format = "STATEMENT"; }), "b",
              "c") == "b logs in STATEMENT format and cannot replicate from c, which logs in ROW format");
  CHECK(below(changed("a > b, a > c", "c", [](auto& k) { k.instance.log_slave_updates = false; }), "b",
              "c") == "c does not log what it replicates (log_slave_updates is off)");
}

TEST_CASE("enslave siblings: all move below at once", "[topology][planning]") {
  const auto plan = topo::plan_enslave_siblings(changed("a > b, a > c, a > d, a > e", "e", stop_sql),
                                                key("b"), planning_limits);
  CHECK(shown(plan) ==
        "e: not moved: the SQL thread of e is not running\n"
        "c: stop replication\n"
        "d: stop replication\n"
        "b: stop replication\n"
        "b: if behind, replicate until the most advanced of c, d is reached, then stop\n"
        "c: replicate until what b has executed, then stop\n"
        "c: replicate from b, beginning at the end of b's binary log\n"
        "c: start replication, with the threads it had running\n"
        "d: replicate until what b has executed, then stop\n"
        "d: replicate from b, beginning at the end of b's binary log\n"
        "d: start replication, with the threads it had running\n"
        "b: start replication, with the threads it had running");
  CHECK(shown(topo::plan_enslave_siblings(picture::topology("a > b"), key("b"), planning_limits)).empty());
}

TEST_CASE("enslave master: the two swap", "[topology][planning]") {
  const auto plan =
      topo::plan_enslave_master(picture::topology("a > b > c, b > d, c > e"), key("c"), planning_limits);
  CHECK(shown(plan) ==
        "b: stop replication\n"
        "c: stop replication\n"
        "c: replicate until the end of b's binary log, then stop\n"
        "c: replicate from a, beginning at what b has executed\n"
        "b: replicate from c, beginning at the end of c's binary log\n"
        "c: start replication, with the threads it had running\n"
        "b: start replication, with the threads it had running");
  CHECK_THAT(refusal([&] {
               return topo::plan_enslave_master(picture::topology("a > b"), key("b"), planning_limits);
             }),
             Catch::Contains("a, the master of b, is not a replica itself"));
  CHECK(refusal([&] {
          return topo::plan_enslave_master(picture::topology("a > b > a"), key("b"), planning_limits);
        }) == "a and b are co-masters: none of their replicas can take the place of one");
}

}  // namespace planning_test
