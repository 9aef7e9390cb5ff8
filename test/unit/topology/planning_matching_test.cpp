// Plans that find coordinates by Pseudo-GTID, or leave that to GTID.
#include "unit/topology/planning_test.h"

namespace planning_matching_test {

using namespace planning_test;

namespace {

constexpr topo::RuleLimits matching{.has_pseudo_gtid = true};

void disconnect(KnownInstance& known) {
  known.instance.channels.front().io_thread = topo::ThreadState::other;
}

void use_gtid(KnownInstance& known) {
  known.instance.channels.front().using_mariadb_gtid = true;
}

const topo::ChangeMaster& change_in(const topo::Plan& plan) {
  for (const auto& step : plan.replica_steps.front().move)
    if (const auto* change = std::get_if<topo::ChangeMaster>(&step)) return *change;
  throw std::runtime_error("no change of master");
}

}  // namespace

TEST_CASE("match below: the plan", "[topology][planning]") {
  const auto topology = picture::topology("a > b, a > c > d");
  const auto plan = topo::plan_match_below(topology, key("b"), key("d"), matching);
  CHECK(shown(plan) ==
        "b: stop replication\n"
        "b: replicate from d, beginning at its position in d's binary log by Pseudo-GTID\n"
        "b: start replication");
  CHECK(result(plan) == "b<d ");
  CHECK(plan.subject == key("b"));
  REQUIRE(plan.locks.size() == 2);
  CHECK(plan.locks[0].server == key("b"));
  CHECK(plan.locks[1].server == key("d"));
  CHECK_FALSE(change_in(plan).drops_received);
}

TEST_CASE("match below: refusals", "[topology][planning]") {
  const auto below = [](const Topology& topology, const char* name, const char* other,
                        const topo::RuleLimits& limits = matching) {
    return refusal([&] { return topo::plan_match_below(topology, key(name), key(other), limits); });
  };
  const auto topology = picture::topology("a > b, a > c > d");
  CHECK(below(topology, "b", "b") == "b cannot be matched below itself");
  CHECK(below(topology, "b", "x") == "Instance not found: x");
  CHECK(below(topology, "x", "b") == "Instance not found: x");
  CHECK(below(topology, "a", "b") == "a is not a replica");
  CHECK(below(topology, "c", "d") ==
        "d replicates from c, directly or through others: moving it there would create a loop");
  CHECK(below(changed("a > b, a > c", "c", silence), "b", "c") == "c could not be read: no route");
  CHECK(below(topology, "b", "c", {}) ==
        "b cannot be matched: PseudoGTIDPattern is not set in the configuration");
  CHECK(below(changed("a > b, a > c", "b", use_gtid), "b", "c", {}).empty());
  const auto locked = [](auto& known) { known.locked = "it is locked by ann"; };
  for (const char* name : {"b", "c"})
    CHECK(below(changed("a > b, a > c", name, locked), "b", "c") == "it is locked by ann");
}

TEST_CASE("match up and rematch", "[topology][planning]") {
  const auto topology = picture::topology("a > b > c, a > d");
  const auto up = [](const Topology& known, const char* name) {
    return refusal([&] { return topo::plan_match_up(known, key(name), matching); });
  };
  CHECK(result(topo::plan_match_up(topology, key("c"), matching)) == "c<a ");
  // What an intermediate master sent is above it, too.
  CHECK(change_in(topo::plan_match_up(topology, key("c"), matching)).drops_received);
  CHECK(up(topology, "b") == "a, the master of b, is not a replica itself");
  CHECK(up(topology, "a") == "a is not a replica");
  const auto ring = picture::topology("a > b > a, a > c");
  CHECK(up(ring, "a") == "a and b are co-masters: there is nothing above them");
  // What a co-master wrote may be nowhere else.
  CHECK_FALSE(change_in(topo::plan_match_up(ring, key("c"), matching)).drops_received);
  CHECK(result(topo::plan_rematch(topology, key("c"), matching)) == "c<b ");
  CHECK(change_in(topo::plan_rematch(topology, key("c"), matching)).drops_received);
  CHECK(refusal([&] { return topo::plan_rematch(topology, key("a"), matching); }) == "a is not a replica");
}

TEST_CASE("match several: each executes what it has received, and refusals are named",
          "[topology][planning]") {
  const auto topology = changed("a > b, a > c, a > d", "d", silence);
  const auto plan = topo::plan_multi_match(topology, key("a"), key("b"), {}, matching);
  CHECK(result(plan) == "c<b ");
  CHECK(plan.subject == key("a"));
  REQUIRE(plan.refused.size() == 1);
  CHECK(plan.refused.front().first == key("d"));
  CHECK(shown(plan) ==
        "d: not moved: d could not be read: no route\n"
        "c: execute all that was received, if it can, then stop replication\n"
        "c: replicate from b, beginning at its position in b's binary log by Pseudo-GTID\n"
        "c: start replication");
  REQUIRE(plan.locks.size() == 2);
  CHECK(plan.locks[0].server == key("b"));
  CHECK(plan.locks[1].server == key("c"));
  const auto only = [](const char* name) { return [name](const auto& one) { return one == key(name); }; };
  CHECK(result(topo::plan_multi_match(picture::topology("a > b, a > c, a > d"), key("a"), key("b"), only("d"),
                                      matching)) == "d<b ");
  const auto several = [&](const char* master, const char* below) {
    return refusal([&] { return topo::plan_multi_match(topology, key(master), key(below), {}, matching); });
  };
  CHECK(several("a", "a") == "the replicas of a are below it already");
  CHECK(several("x", "b") == "Instance not found: x");
  CHECK(several("a", "d") == "d could not be read: no route");
  CHECK(topo::plan_multi_match(topology, key("b"), key("a"), {}, matching).replica_steps.empty());
}

TEST_CASE("match up several", "[topology][planning]") {
  const auto plan =
      topo::plan_match_up_replicas(picture::topology("a > b > c, b > d"), key("b"), {}, matching);
  CHECK(result(plan) == "c<a d<a ");
  CHECK(change_in(plan).drops_received);
  const auto ring =
      topo::plan_match_up_replicas(picture::topology("a > b > a, b > d"), key("b"), {}, matching);
  CHECK(result(ring) == "d<a ");
  CHECK_FALSE(change_in(ring).drops_received);
  CHECK(refusal([&] {
          return topo::plan_match_up_replicas(picture::topology("a > b"), key("a"), {}, matching);
        }) == "a is not a replica");
}

TEST_CASE("a replica that lost its connection executes what it has before it is matched",
          "[topology][planning]") {
  const auto plan =
      topo::plan_match_below(changed("a > b, a > c", "b", disconnect), key("b"), key("c"), matching);
  CHECK_THAT(shown(plan), Catch::StartsWith("b: execute all that was received, if it can, then stop"));
}

}  // namespace planning_matching_test
