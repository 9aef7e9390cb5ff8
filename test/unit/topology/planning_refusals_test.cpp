// What plans lock and which topology they make, and each of their refusals that has no test elsewhere.
#include <fmt/format.h>

#include "unit/topology/planning_test.h"

namespace planning_refusals_test {

using namespace planning_test;

namespace {

constexpr topo::RuleLimits matching{.has_pseudo_gtid = true};

std::string locks(const topo::Plan& plan) {
  std::string text;
  for (const auto& lock : plan.locks)
    text += fmt::format("{}: {}\n", lock.server.hostname(), short_text(lock.reason));
  return text;
}

void add_channel(KnownInstance& known) {
  auto other = known.instance.channels.front();
  other.name = "other";
  known.instance.channels.push_back(other);
}

void detach(KnownInstance& known) {
  known.instance.channels.front().exec = topo::detached_coordinates({"binlog.000001", 100});
}

void never_connect(KnownInstance& known) {
  auto& channel = known.instance.channels.front();
  channel.read = channel.exec = {};
  channel.io_thread = topo::ThreadState::other;
}

void be_newer(KnownInstance& known) {
  known.instance.version = "11.8.2-MariaDB";
}

}  // namespace

TEST_CASE("plans lock the servers that they change, stop or read", "[topology][planning]") {
  const auto deep = picture::topology("a > b > c, b > d, a > e");
  const auto up = topo::plan_move_up(deep, key("c"), planning_limits);
  CHECK(locks(up) == "c: move up\nb: replica c moves up\n");
  const auto all_up = topo::plan_move_up_replicas(deep, key("b"), {}, planning_limits);
  CHECK(locks(all_up) == "b: move up replicas\nc: c moves up\nd: d moves up\n");
  CHECK(result(all_up) == "c<a d<a ");
  const auto below = topo::plan_move_below(deep, key("c"), key("d"), planning_limits);
  CHECK(locks(below) == "c: move below d\nd: c moves below this\n");
  CHECK(result(below) == "c<d ");
  const auto siblings =
      topo::plan_enslave_siblings(picture::topology("a > b, a > c, a > d"), key("b"), planning_limits);
  CHECK(locks(siblings) == "c: move below b\nd: move below b\nb: 2 siblings move below this\n");
  CHECK(result(siblings) == "c<b d<b ");
  const auto master = topo::plan_enslave_master(deep, key("c"), planning_limits);
  CHECK(locks(master) == "c: take the place of b\nb: c takes the place of this\n");
  CHECK(result(master) == "c<a b<c ");
  const auto repoint = topo::plan_repoint(deep, key("c"), std::nullopt, planning_limits);
  CHECK(locks(repoint) == "c: repoint\n");
  CHECK(result(repoint) == "c<b ");
  CHECK_FALSE(repoint.other_name);
  const auto several = topo::plan_repoint_replicas(deep, key("b"), {}, planning_limits);
  CHECK(locks(several) == "c: repoint\nd: repoint\n");
  CHECK(result(several) == "c<b d<b ");
  const auto co_master = topo::plan_make_co_master(picture::topology("a > b"), key("b"), planning_limits);
  CHECK(locks(co_master) == "b: make co-master of a\na: b becomes co-master of this\n");
  CHECK(result(co_master) == "a<b ");
  const auto local = topo::plan_make_local_master(deep, key("c"), matching);
  CHECK(locks(local) == "c: take the place of b\na: c matches below this\nd: match below c\n");
  const auto passive = topo::plan_move_up(
      changed("a > b > a, b > c", "b", [](auto& known) { known.instance.read_only = true; }), key("c"),
      planning_limits);
  CHECK(locks(passive) == "c: move up\nb: replica c moves up\na: replicas of b, its co-master, move\n");
}

TEST_CASE("a replica goes to another name of its master, which is noted", "[topology][planning]") {
  const auto topology = picture::topology("a > d, x");
  const auto plan = topo::plan_repoint(topology, key("d"), key("x"), planning_limits, true);
  REQUIRE(plan.other_name);
  CHECK(plan.other_name->first == key("x"));
  CHECK(plan.other_name->second == key("a"));
  CHECK_FALSE(topo::plan_repoint(topology, key("d"), key("a"), planning_limits, true).other_name);
}

TEST_CASE("repoint: refusals", "[topology][planning]") {
  const auto repoint = [](const Topology& topology, const char* replica, const char* master) {
    return refusal([&] { return topo::plan_repoint(topology, key(replica), key(master), planning_limits); });
  };
  const char* drawn = "a > b, a > d";
  CHECK(repoint(changed(drawn, "d", add_channel), "d", "a") == "d replicates on 2 channels");
  CHECK(repoint(changed(drawn, "d", detach), "d", "a") == "d is detached; reattach-slave undoes that");
  CHECK(repoint(picture::topology(drawn), "a", "b") == "a is not a replica");
  CHECK(repoint(picture::topology(drawn), "d", "x") == "Instance not found: x");
  CHECK(repoint(picture::topology(drawn), "x", "d") == "Instance not found: x");
  CHECK(repoint(changed(drawn, "a", silence), "d", "a") == "a could not be read: no route");
  // Without a name the present master may be unknown, but a known one must answer.
  const auto again = [](const Topology& topology) {
    return refusal([&] { return topo::plan_repoint(topology, key("d"), std::nullopt, planning_limits); });
  };
  CHECK(again(picture::topology("(a) > d")).empty());
  CHECK(again(changed(drawn, "a", silence)) == "a could not be read: no route");
  // The coordinates of a binlog server are those of its master.
  CHECK(repoint(changed("a > b > d", "b", [](auto& known) { known.instance.is_binlog_server = true; }), "d",
                "a")
            .empty());
  // By GTID there are no coordinates to be known.
  const auto fresh_by_gtid = changed("a > d", "d", [](auto& known) {
    never_connect(known);
    known.instance.channels.front().using_oracle_gtid = true;
  });
  CHECK(again(fresh_by_gtid).empty());
  const auto renamed =
      changed("a > d, x", "d", [](auto& known) { known.instance.channels.front().master_uuid = "u"; });
  auto instances = renamed.instances();
  for (auto& known : instances)
    if (known.instance.key == key("x")) known.instance.server_uuid = "u";
  CHECK_THAT(repoint(Topology(instances), "d", "x"),
             Catch::EndsWith(", or, if x is the new name of a, forget a first"));
  CHECK(refusal([&] {
          return topo::plan_repoint_replicas(changed("a > b", "b", add_channel), key("a"), {},
                                             planning_limits);
        }) == "b replicates on 2 channels");
  CHECK(refusal([&] {
          return topo::plan_repoint_replicas(picture::topology("a > b"), key("x"), {}, planning_limits);
        }) == "Instance not found: x");
}

TEST_CASE("enslave master: refusals", "[topology][planning]") {
  const auto swap = [](const Topology& topology) {
    return refusal([&] { return topo::plan_enslave_master(topology, key("c"), planning_limits); });
  };
  const char* drawn = "a > b > c";
  CHECK(swap(picture::topology(drawn)).empty());
  CHECK(swap(picture::topology("(b) > c")) == "the master of c, b, is not known");
  CHECK(swap(changed(drawn, "b", add_channel)) == "b replicates on 2 channels");
  CHECK(swap(changed(drawn, "b", silence)) == "b could not be read: no route");
  CHECK(swap(changed(drawn, "c", stop_sql)) == "the SQL thread of c is not running");
  CHECK(swap(changed(drawn, "c", [](auto& known) { known.instance.log_slave_updates = false; })) ==
        "c does not log what it replicates (log_slave_updates is off)");
  CHECK(swap(changed(drawn, "c", be_newer)) ==
        "b (10.11.6-MariaDB-log) is of an older release series than c (11.8.2-MariaDB)");
  CHECK(swap(changed(drawn, "a", be_newer)) ==
        "c (10.11.6-MariaDB-log) is of an older release series than a (11.8.2-MariaDB)");
  CHECK(swap(changed(drawn, "b", [](auto& known) { known.instance.binlog_format = "ROW"; })).empty());
  // The master above need not be known, nor alive.
  CHECK(swap(picture::topology("(a) > b > c")).empty());
  CHECK(swap(changed(drawn, "a", silence)).empty());
}

TEST_CASE("make co-master: refusals", "[topology][planning]") {
  const auto make = [](const Topology& topology) {
    return refusal([&] { return topo::plan_make_co_master(topology, key("b"), planning_limits); });
  };
  CHECK(make(changed("a > b", "a", silence)) == "a could not be read: no route");
  CHECK(make(changed("a > b", "b", stop_sql)) == "the SQL thread of b is not running");
  CHECK(make(changed("a > b", "b", [](auto& known) { known.instance.log_bin = false; })) ==
        "b has no binary log");
  CHECK(make(changed("a > b", "b", be_newer)) ==
        "a (10.11.6-MariaDB-log) is of an older release series than b (11.8.2-MariaDB)");
  // A master outside what is known is a master, too.
  CHECK(make(picture::topology("(x) > a > b")) == "a is replicating from x");
  for (const bool io_only : {false, true}) {
    CHECK(make(changed("(x) > a > b", "a", [io_only](KnownInstance& known) {
            auto& channel = known.instance.channels.front();
            (io_only ? channel.sql_thread : channel.io_thread) = topo::ThreadState::stopped;
          })) == "a is replicating from x");
  }
}

TEST_CASE("make-local-master: refusals", "[topology][planning]") {
  const auto make = [](const Topology& topology, const topo::RuleLimits& limits = matching) {
    return refusal([&] { return topo::plan_make_local_master(topology, key("c"), limits); });
  };
  const char* drawn = "a > b > c, b > d";
  CHECK(make(picture::topology(drawn)).empty());
  CHECK(make(changed(drawn, "b", silence)).empty());
  CHECK(make(picture::topology("b > c")) ==
        "b, the master of c, is not a replica itself; make-master takes the place of one that is dead");
  CHECK(make(picture::topology("c > b > c")) == "c and b are co-masters");
  CHECK(make(picture::topology("(b) > c")) == "the master of c, b, is not known");
  CHECK(make(changed(drawn, "a", silence)) == "a could not be read: no route");
  CHECK(make(picture::topology("(a) > b > c")) == "Instance not found: a");
  CHECK(make(changed(drawn, "c", silence)) == "c could not be read: no route");
  CHECK(make(picture::topology(drawn), {}) ==
        "c cannot be matched: PseudoGTIDPattern is not set in the configuration");
  CHECK(
      make(changed(drawn, "c", [](auto& known) { known.instance.channels.front().using_oracle_gtid = true; }),
           {})
          .empty());
  CHECK(make(changed(drawn, "a", be_newer)) ==
        "c (10.11.6-MariaDB-log) is of an older release series than a (11.8.2-MariaDB)");
  CHECK(make(changed(drawn, "a", [](auto& known) { known.locked = "a is locked by ann"; })) ==
        "a is locked by ann");
}

TEST_CASE("make-master and regroup-slaves: refusals", "[topology][planning]") {
  const auto dead = [](std::string_view drawn, const std::function<void(KnownInstance&)>& change) {
    auto instances = picture::instances(drawn);
    for (auto& known : instances) {
      if (known.instance.key == key("a")) silence(known);
      for (auto& channel : known.instance.channels) channel.io_thread = topo::ThreadState::other;
      change(known);
    }
    return Topology(std::move(instances));
  };
  const auto as_is = [](auto&) {};
  const auto make = [&](const Topology& topology) {
    return refusal([&] { return topo::plan_make_master(topology, key("b"), {}, matching); });
  };
  const auto regroup = [&](const Topology& topology, const char* of = "a") {
    return refusal([&] { return topo::plan_regroup_replicas(topology, key(of), {}, matching); });
  };
  CHECK(make(dead("a > b, a > c", as_is)).empty());
  CHECK(make(dead("(a) > b", as_is)) == "the master of b, a, is not known");
  CHECK(make(dead("a > c", as_is)) == "Instance not found: b");
  CHECK(make(dead("a > b, a > c", [](auto& known) {
          if (known.instance.key == key("b")) known.locked = "b is locked by ann";
        })) == "b is locked by ann");
  CHECK(regroup(dead("a > b, a > c", as_is)).empty());
  CHECK(regroup(dead("a > b", as_is), "b") == "No replicas found for b");
  CHECK(regroup(dead("a > b", as_is), "x") == "Instance not found: x");
  CHECK(regroup(dead("a > b, a > c", [](auto& known) {
          if (known.instance.key != key("a"))
            known.locked = known.instance.key.hostname() + " is locked by ann";
        })) == "b is locked by ann; c is locked by ann");
  // A co-master is no replica to be regrouped.
  const auto plan =
      topo::plan_regroup_replicas(dead("a > x > a, a > b, a > c", as_is), key("a"), {}, matching);
  CHECK(locks(plan) == "b: regroup replicas of a\nc: regroup replicas of a\n");
  const auto made = topo::plan_make_master(dead("a > x > a, a > b, a > c", as_is), key("b"),
                                           {.evidence = topo::Evidence::waived}, matching);
  CHECK(locks(made) == "b: siblings match below this, which takes the place of a\nc: match below b\n");
}

}  // namespace planning_refusals_test
