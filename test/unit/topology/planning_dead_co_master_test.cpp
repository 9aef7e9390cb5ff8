// Which server is the only master when one of two co-masters is dead, and where the replicas go. In these
// topologies "m" is the dead one, "a" the living one, and "b" and "c" are replicas of "m".
#include "topo/topology/candidate.h"
#include "unit/topology/planning_test.h"

namespace planning_test {
namespace {

using topo::Evidence;
using topo::Instance;
using topo::Loss;
using topo::Promotion;

constexpr topo::RuleLimits pseudo_gtid{.has_pseudo_gtid = true};

// Where a prepared replica of "m" is in its log.
Instance drained(const char* name, std::uint64_t executed, std::uint64_t received = 0,
                 std::string why_not_drained = {}) {
  auto replica = picture::instance(name, "m");
  auto& channel = replica.channels.front();
  channel.exec = {"binlog.000001", executed};
  channel.read = {"binlog.000001", std::max(executed, received)};
  channel.why_not_drained = std::move(why_not_drained);
  return replica;
}

Instance co_master(std::uint64_t executed, bool read_only) {
  auto living = drained("a", executed);
  living.read_only = read_only;
  return living;
}

Instance with_gtids(Instance instance, const char* gtids) {
  instance.version = "9.7.0";
  instance.gtid_mode = "ON";
  instance.executed_gtid_set = gtids;
  instance.channels.front().using_oracle_gtid = true;
  return instance;
}

// "m" is dead, and no replica is connected to it. `change`: of all instances.
Topology dead_co_master(const std::function<void(KnownInstance&)>& change = {},
                        std::string_view drawn = "a > m > a, m > b, m > c, a > s") {
  auto instances = picture::instances(drawn);
  for (auto& known : instances) {
    if (known.instance.key == key("m")) silence(known);
    for (auto& channel : known.instance.channels)
      if (channel.master == key("m")) channel.io_thread = topo::ThreadState::other;
    if (change) change(known);
  }
  return Topology(std::move(instances));
}

topo::Plan recovery_plan(const Topology& topology, Loss loss = Loss::refuse,
                         Promotion promotion = Promotion::reset, Evidence evidence = Evidence::required) {
  return topo::plan_regroup_replicas(
      topology, key("m"), {.loss = loss, .evidence = evidence, .promotion = promotion}, pseudo_gtid);
}

// All that was decided, as text: a line for the promotion, the moves, the servers that are left, the outcome.
std::string decided(const topo::Plan& plan, const std::vector<Instance>& prepared,
                    const std::vector<topo::LeftReplica>& unprepared = {}) {
  try {
    const auto decision = plan.decide(prepared, unprepared);
    std::string text;
    for (const auto* steps : {&decision.catch_up, &decision.promotion, &decision.after})
      for (const auto& step : *steps) text += topo::describe(step) + "\n";
    for (const auto& move : decision.moves) text += topo::describe(move.steps.front()) + "\n";
    for (const auto& [key, refusal] : decision.refused)
      text += key.hostname() + " is left: " + refusal.reason + "\n";
    return short_text(text + decision.outcome);
  } catch (const topo::Error& error) {
    CHECK(error.code() == topo::Code::refused);
    return short_text(error.what());
  }
}

const std::string matched_below_a =
    "b: replicate from a, beginning at its position in a's binary log by Pseudo-GTID\n"
    "c: replicate from a, beginning at its position in a's binary log by Pseudo-GTID\n";

}  // namespace

TEST_CASE("dead co-master: a read-only one that has all becomes the master", "[topology][co_master]") {
  const std::vector servers{co_master(500, true), drained("b", 500), drained("c", 400)};
  const std::string outcome = "a becomes the master of the cluster: it has all that they have";
  CHECK(decided(recovery_plan(dead_co_master()), servers) ==
        "a: remove the master and the replication account\n"
        "a: set read_only off\n" +
            matched_below_a + outcome);
  // One is the only master in any case; only the reset depends on the configuration.
  const auto unset = topo::plan_recover_co_master(dead_co_master(), key("m"), {}, pseudo_gtid);
  for (const auto& plan : {recovery_plan(dead_co_master(), Loss::refuse, Promotion::stopped), unset}) {
    CHECK(decided(plan, servers) ==
          "a: set read_only off\n"
          "a: leave replication stopped\n" +
              matched_below_a + outcome);
  }
  CHECK(recovery_plan(dead_co_master()).promotes);
}

TEST_CASE("dead co-master: one that takes writes and has all remains the master", "[topology][co_master]") {
  const std::vector servers{co_master(500, false), drained("b", 500), drained("c", 400)};
  const std::string outcome =
      "a takes writes and remains the master of the cluster: it has all that they have";
  CHECK(decided(recovery_plan(dead_co_master()), servers) ==
        "a: remove the master and the replication account\n" + matched_below_a + outcome);
  CHECK(decided(recovery_plan(dead_co_master(), Loss::refuse, Promotion::stopped), servers) ==
        "a: start replication, with the threads it had running\n" + matched_below_a + outcome);
}

TEST_CASE("dead co-master: without replicas the other one is the only master", "[topology][co_master]") {
  const auto topology = dead_co_master({}, "a > m > a");
  CHECK(decided(recovery_plan(topology), {co_master(500, true)}) ==
        "a: remove the master and the replication account\n"
        "a: set read_only off\n"
        "a becomes the master of the cluster: it has all that they have");
}

TEST_CASE("dead co-master: a replica that has more than the read-only one becomes the master",
          "[topology][co_master]") {
  const std::vector servers{co_master(400, true), drained("b", 500), drained("c", 450)};
  const auto plan = recovery_plan(dead_co_master());
  CHECK(decided(plan, servers) ==
        "b: remove the master and the replication account\n"
        "b: set read_only off\n"
        "c: replicate from b, beginning at its position in b's binary log by Pseudo-GTID\n"
        "a: replicate from b, beginning at its position in b's binary log by Pseudo-GTID\n"
        "b becomes the master of the cluster");
  const auto decision = plan.decide(servers, {});
  CHECK(decision.candidate == key("b"));
  std::vector<std::string> reasons;
  for (const auto& reason : decision.reasons) reasons.push_back(short_text(reason));
  CHECK(std::count(reasons.begin(), reasons.end(),
                   "a, the other co-master, lacks events: b has executed events of m up to "
                   "binlog.000001:500, a up to binlog.000001:400; c has executed events of m up to "
                   "binlog.000001:450, a up to binlog.000001:400") == 1);
}

TEST_CASE("dead co-master: what the living one lacks is said by GTID", "[topology][co_master]") {
  const char* all = "00000000-0000-0000-0000-000000000001:1-9";
  const char* less = "00000000-0000-0000-0000-000000000001:1-7";
  const std::vector servers{with_gtids(co_master(400, false), less), with_gtids(drained("b", 500), all),
                            with_gtids(drained("c", 400), less)};
  const std::string lacking =
      "b has 2 transactions (00000000-0000-0000-0000-000000000001:8-9) that a lacks: it has executed events "
      "of "
      "m up to binlog.000001:500, a up to binlog.000001:400";
  CHECK(decided(recovery_plan(dead_co_master()), servers) ==
        "a, the other co-master, takes writes and remains the master, but lacks events: " + lacking +
            "; with -allow-loss replicas that have them are left as they are, and the others move below a");
  // Coordinates in the log of the dead one may be old, as a co-master skips its own events.
  CHECK(decided(recovery_plan(dead_co_master()),
                {with_gtids(co_master(400, false), all), with_gtids(drained("b", 500), all)}) ==
        "a: remove the master and the replication account\n"
        "b: replicate from a, by GTID\n"
        "a takes writes and remains the master of the cluster: it has all that they have");
}

TEST_CASE("dead co-master: one that takes writes and lacks events is the master only if loss is accepted",
          "[topology][co_master]") {
  const std::vector servers{co_master(400, false), drained("b", 500), drained("c", 400)};
  const std::string lacking = "b has executed events of m up to binlog.000001:500, a up to binlog.000001:400";
  CHECK(decided(recovery_plan(dead_co_master()), servers) ==
        "a, the other co-master, takes writes and remains the master, but lacks events: " + lacking +
            "; with -allow-loss replicas that have them are left as they are, and the others move below a");
  CHECK(decided(recovery_plan(dead_co_master(), Loss::accept), servers) ==
        "a: remove the master and the replication account\n"
        "c: replicate from a, beginning at its position in a's binary log by Pseudo-GTID\n"
        "b is left: " +
            lacking +
            "; a lacks them, so that b keeps its master and its relay log\n"
            "a takes writes and remains the master of the cluster, but lacks events: " +
            lacking);
}

TEST_CASE("dead co-master: events that a replica holds and cannot execute count", "[topology][co_master]") {
  const auto slow = drained("b", 100, 900, "it is delayed by 60 s");
  for (const bool read_only : {false, true}) {
    CAPTURE(read_only);
    CHECK_THAT(
        decided(recovery_plan(dead_co_master()), {co_master(500, read_only), slow, drained("c", 500)}),
        Catch::Contains("lack") &&
            Catch::Contains("b has received events of m, from binlog.000001:100 to binlog.000001:900"));
  }
  // One that could not be stopped, too.
  CHECK_THAT(
      decided(recovery_plan(dead_co_master()), {co_master(500, false), drained("c", 500)},
              {{slow, "no answer"}}),
      Catch::Contains("b has received events of m up to binlog.000001:900, and is not moved (no answer)"));
}

TEST_CASE("dead co-master: a read-only one that has more than the new master is left",
          "[topology][co_master]") {
  // It has all, and may not be a master.
  const auto topology = dead_co_master([](KnownInstance& known) {
    if (known.instance.key == key("a")) known.promotion_rule = topo::PromotionRule::must_not;
  });
  CHECK(decided(recovery_plan(topology), {co_master(500, true), drained("b", 500), drained("c", 400)}) ==
        "b: remove the master and the replication account\n"
        "b: set read_only off\n"
        "c: replicate from b, beginning at its position in b's binary log by Pseudo-GTID\n"
        "a: replicate from b, beginning at its position in b's binary log by Pseudo-GTID\n"
        "b becomes the master of the cluster");
  // It has committed something itself.
  const char* all = "00000000-0000-0000-0000-000000000001:1-9";
  CHECK(
      decided(recovery_plan(topology),
              {with_gtids(co_master(500, true),
                          "00000000-0000-0000-0000-000000000001:1-9,00000000-0000-0000-0000-00000000000a:1"),
               with_gtids(drained("b", 500), all)}) ==
      "b: remove the master and the replication account\n"
      "b: set read_only off\n"
      "a is left: a has 1 transaction (00000000-0000-0000-0000-00000000000a:1) that b lacks\n"
      "b becomes the master of the cluster");
  // Nothing of the dead one is lost with it, as a replica gets it there first.
  CHECK_THAT(decided(recovery_plan(topology), {co_master(500, true), drained("b", 400)}),
             Catch::StartsWith("b: replicate from a, beginning at its position in a's binary log"));
}

TEST_CASE("dead co-master: without Pseudo-GTID only the end of a read-only log is a position",
          "[topology][co_master]") {
  const auto plan = topo::plan_recover_co_master(dead_co_master(), key("m"), {.promotion = Promotion::reset},
                                                 planning_limits);
  CHECK_THAT(decided(plan, {co_master(500, true), drained("b", 500)}),
             Catch::Contains("b: replicate from a, beginning at the end of a's binary log"));
  const std::string left =
      "b is left: b cannot be matched below a: PseudoGTIDPattern is not set in the configuration";
  CHECK_THAT(decided(plan, {co_master(500, true), drained("b", 400)}), Catch::Contains(left));
  CHECK_THAT(decided(plan, {co_master(500, false), drained("b", 500)}), Catch::Contains(left));
}

TEST_CASE("dead co-master: the other one cannot be read", "[topology][co_master]") {
  const auto silent = [](topo::ReadFailure failure) {
    return dead_co_master([failure](KnownInstance& known) {
      if (known.instance.key != key("a") && known.instance.key != key("s")) return;
      if (known.instance.key == key("s")) {
        known.instance.channels.front().io_thread = topo::ThreadState::other;
        return;
      }
      silence(known);
      known.last_check_failure = failure;
    });
  };
  const std::vector servers{drained("b", 400), drained("c", 500)};
  const auto both_dead = silent(topo::ReadFailure::no_answer);
  CHECK_THAT(
      decided(recovery_plan(both_dead), servers),
      Catch::Contains("c: set read_only off") && Catch::EndsWith("c becomes the master of the cluster"));
  const auto alive = silent(topo::ReadFailure::answered);
  CHECK_THAT(refusal([&] { return recovery_plan(alive); }), Catch::Contains("a is alive"));
  const auto forced = recovery_plan(alive, Loss::refuse, Promotion::reset, Evidence::waived);
  CHECK_THAT(forced.caution, Catch::Contains("a:3306 is alive"));
}

TEST_CASE("dead co-master: the other one takes part, or nothing is changed", "[topology][co_master]") {
  const auto locked = dead_co_master([](KnownInstance& known) {
    if (known.instance.key == key("a")) known.locked = "disk";
  });
  CHECK(refusal([&] { return recovery_plan(locked); }) == "disk");
  CHECK(decided(recovery_plan(dead_co_master()), {drained("b", 500), drained("c", 500)}) ==
        "a could not be stopped");
  CHECK(refusal([] {
          return topo::plan_recover_co_master(picture::topology("a > b"), key("a"), {}, planning_limits);
        }) == "a is not a co-master");
}

}  // namespace planning_test
