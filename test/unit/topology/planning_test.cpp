#include "topo/topology/planning.h"

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <random>

#include "support/picture.h"
#include "topo/base/error.h"

using picture::key;
using topo::KnownInstance;
using topo::Topology;

namespace {

const topo::RuleLimits planning_limits;

// Removes the ports, which are all the same.
std::string short_text(std::string text) {
  for (auto at = text.find(":3306"); at != std::string::npos; at = text.find(":3306", at)) text.erase(at, 5);
  return text;
}

std::string shown(const topo::Plan& plan) {
  return short_text(topo::describe(plan));
}

std::string refusal(const std::function<topo::Plan()>& planning) {
  try {
    static_cast<void>(planning());
    return "";
  } catch (const topo::Error& error) {
    CHECK((error.code() == topo::Code::refused || error.code() == topo::Code::not_found));
    return short_text(error.what());
  }
}

// A topology with one instance changed.
Topology changed(std::string_view drawn, const char* name,
                 const std::function<void(KnownInstance&)>& change) {
  auto instances = picture::instances(drawn);
  for (auto& known : instances)
    if (known.instance.key == key(name)) change(known);
  return Topology(std::move(instances));
}

void stop_sql(KnownInstance& known) {
  known.instance.channels.front().sql_thread = topo::ThreadState::stopped;
}

}  // namespace

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

TEST_CASE("move up by GTID uses no coordinates", "[topology][planning]") {
  const auto topology = changed(
      "a > b > c", "c", [](auto& known) { known.instance.channels.front().using_mariadb_gtid = true; });
  CHECK_THAT(shown(topo::plan_move_up(topology, key("c"), planning_limits)),
             Catch::Contains("c: replicate from a, by GTID"));
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

TEST_CASE("repoint: the same coordinates of the same server", "[topology][planning]") {
  const auto topology = picture::topology("a > b > c, a > d");
  CHECK(shown(topo::plan_repoint(topology, key("c"), std::nullopt, planning_limits)) ==
        "c: stop replication\n"
        "c: replicate from b, beginning at what c has executed\n"
        "c: start replication, with the threads it had running");
  const auto repoint = [](const Topology& all, const char* one, const char* other) {
    return refusal([&] { return topo::plan_repoint(all, key(one), key(other), planning_limits); });
  };
  CHECK_THAT(repoint(topology, "d", "b"),
             Catch::Contains("which are invalid in that of b, unless both are one server"));
  CHECK_THAT(repoint(topology, "b", "c"), Catch::Contains("moving it there would create a loop"));
  CHECK(repoint(changed("a > b, a > d", "b", [](auto& k) { k.instance.is_binlog_server = true; }), "d", "b")
            .empty());
  CHECK(repoint(changed("a > b, a > d", "d",
                        [](auto& k) { k.instance.channels.front().using_mariadb_gtid = true; }),
                "d", "b")
            .empty());
  CHECK_THAT(
      repoint(changed("a > d, x", "d", [](auto& k) { k.master_in_doubt = "it is another"; }), "d", "a"),
      Catch::Contains("it is another"));
  // Reported identity proves nothing: a clone reports the same.
  const auto renamed = changed("a > d, x", "x", [](auto& k) {
    k.instance.server_id = picture::instance("a").server_id;
    k.instance.reported_hostname = "a";
  });
  CHECK_THAT(repoint(renamed, "d", "x"), Catch::Contains("which could not be proven"));
  CHECK(refusal([&] {
          return topo::plan_repoint(renamed, key("d"), key("x"), planning_limits, true);
        }).empty());
  const auto fresh = changed("a > d", "d", [](auto& k) {
    auto& channel = k.instance.channels.front();
    channel.read = channel.exec = {};
    channel.io_thread = topo::ThreadState::other;
  });
  CHECK_THAT(refusal([&] { return topo::plan_repoint(fresh, key("d"), std::nullopt, planning_limits); }),
             Catch::Contains("d has no coordinates yet, as it has never connected to its master, a"));
  CHECK(topo::plan_repoint_replicas(topology, key("a"), {}, planning_limits).replica_steps.size() == 2);
}

// The master's instance was forgotten and rediscovered under another name; or it is another server.
TEST_CASE("repoint: the former master is compared with the new one", "[topology][planning]") {
  struct Case {
    const char* what;
    std::optional<bool> is_same;  // nullopt: no server answers under the old name
    std::uint32_t reported_id;
    const char* reported_uuid;
    const char* refusal;  // "": none
  };
  const Case cases[] = {
      {"a server_id in common", std::nullopt, 7, "", "old does not answer, and d does not report"},
      {"by its UUID", std::nullopt, 7, "new-uuid", ""},
      {"another server_id", std::nullopt, 8, "", "old does not answer, and d does not report"},
      {"another UUID", std::nullopt, 7, "old-uuid", "old does not answer, and d does not report"},
      {"nothing is told", std::nullopt, 0, "", "old does not answer, and d does not report"},
      {"the old one answers, and is another", false, 7, "new-uuid",
       "old answers, and was not proven to be new"},
      {"the old one answers, and is the same", true, 0, "", ""},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    auto instances = picture::instances("(old) > d, new");
    for (auto& known : instances) {
      auto& instance = known.instance;
      if (instance.key == key("d")) {
        instance.channels.front().master_server_id = c.reported_id;
        instance.channels.front().master_uuid = c.reported_uuid;
      } else {
        instance.server_id = 7;
        instance.server_uuid = "new-uuid";
      }
    }
    const Topology topology(std::move(instances));
    const auto said = refusal(
        [&] { return topo::plan_repoint(topology, key("d"), key("new"), planning_limits, c.is_same); });
    if (std::string_view(c.refusal).empty())
      CHECK(said.empty());
    else
      CHECK_THAT(said, Catch::Contains(c.refusal));
  }
}

TEST_CASE("make co-master: the master replicates from its replica", "[topology][planning]") {
  CHECK(shown(topo::plan_make_co_master(picture::topology("a > b"), key("b"), planning_limits)) ==
        "a: replicate from b, beginning at the end of b's binary log\n"
        "a: start replication, with the threads it had running");
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

namespace {

// A random forest of n instances; some are stopped, read-only, without log_slave_updates, or in another
// format. In some forests the first instance is a co-master.
std::vector<KnownInstance> random_instances(std::mt19937& random, unsigned n) {
  std::string drawn;
  std::vector<KnownInstance> made;
  for (unsigned i = 0; i < n; ++i) {
    const auto name = "n" + std::to_string(i);
    const bool is_root = i == 0 || random() % 8 == 0;
    auto instance = picture::instance(name, is_root ? "" : "n" + std::to_string(random() % i));
    instance.log_slave_updates = random() % 8 != 0;
    instance.read_only = random() % 2 == 0;
    if (random() % 8 == 0) instance.binlog_format = "STATEMENT";
    if (!is_root && random() % 8 == 0) instance.channels.front().io_thread = topo::ThreadState::stopped;
    made.push_back(picture::known(std::move(instance)));
  }
  if (random() % 2 == 0 && made[1].instance.is_replica()) {
    made[0].instance.channels = picture::instance("n0", "n1").channels;
    made[1].instance.log_slave_updates = true;
  }
  return made;
}

// A root, or one of two co-masters.
bool reaches_a_top(const std::map<topo::InstanceKey, topo::InstanceKey>& masters, topo::InstanceKey key) {
  for (std::size_t steps = 0; steps <= masters.size(); ++steps) {
    const auto master = masters.find(key);
    if (master == masters.end()) return true;
    const auto above = masters.find(master->second);
    if (above != masters.end() && above->second == key) return true;
    key = master->second;
  }
  return false;
}

}  // namespace

TEST_CASE("every plan keeps the topology a forest, apart from co-masters", "[topology][planning]") {
  std::mt19937 random(20261124);
  unsigned planned = 0;
  for (int round = 0; round < 400; ++round) {
    const auto n = static_cast<unsigned>(2 + random() % 10);
    const Topology topology(random_instances(random, n));
    const auto any = [&] { return key("n" + std::to_string(random() % n)); };
    const auto one = any();
    const auto other = any();
    const std::vector<std::function<topo::Plan()>> plannings{
        [&] { return topo::plan_move_up(topology, one, planning_limits); },
        [&] { return topo::plan_move_up_replicas(topology, one, {}, planning_limits); },
        [&] { return topo::plan_move_below(topology, one, other, planning_limits); },
        [&] { return topo::plan_enslave_siblings(topology, one, planning_limits); },
        [&] { return topo::plan_enslave_master(topology, one, planning_limits); },
        [&] { return topo::plan_repoint(topology, one, other, planning_limits); },
    };
    for (const auto& planning : plannings) {
      topo::Plan plan;
      try {
        plan = planning();
      } catch (const topo::Error&) {
        continue;
      }
      ++planned;
      std::map<topo::InstanceKey, topo::InstanceKey> masters;
      for (const auto& known : topology.instances())
        if (known.instance.is_replica()) masters[known.instance.key] = known.instance.required_master();
      const auto before = masters.size();
      for (const auto& [replica, master] : plan.result) masters[replica] = master;
      CHECK(masters.size() == before);  // no instance became a master or a replica
      for (const auto& [replica, master] : masters) CHECK(reaches_a_top(masters, replica));
      // Every touched server is locked.
      for (const auto& touched : topo::touched_by(plan)) {
        const bool locked = std::any_of(plan.locks.begin(), plan.locks.end(),
                                        [&](const auto& lock) { return lock.server == touched; });
        CHECK(locked);
      }
    }
  }
  CHECK(planned > 300);
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
  const auto dead = changed("a > b > c > a, b > x, b > y", "b", [](auto& k) { k.last_check_valid = false; });
  const auto regrouped = topo::plan_regroup_replicas(dead, key("b"), {}, limits_for_all);
  CHECK(regrouped.replica_steps.size() == 2);
  REQUIRE(regrouped.refused.size() == 1);
  CHECK(regrouped.refused.front().first == key("c"));
  // Below a ring member, but not involving it.
  CHECK(
      refusal([&] { return topo::plan_move_below(topology, key("y"), key("z"), planning_limits); }).empty());
}

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
