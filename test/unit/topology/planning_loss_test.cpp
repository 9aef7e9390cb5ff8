// Plans by which something could be lost: what a replica of a dead master has, and its new master lacks.
#include <fmt/format.h>

#include "unit/topology/planning_test.h"

namespace planning_test {
namespace {

using std::chrono::seconds;
using topo::Instance;
using topo::Loss;

constexpr topo::RuleLimits by_pseudo_gtid{.has_pseudo_gtid = true};

// Where a prepared replica of "a" is in its log.
struct At {
  std::uint64_t executed = 0, received = 0;
  std::string why_not_drained{};
};

Instance prepared(const char* name, const At& at) {
  auto replica = picture::instance(name, "a");
  auto& channel = replica.channels.front();
  channel.exec = {"binlog.000001", at.executed};
  channel.read = {"binlog.000001", std::max(at.executed, at.received)};
  channel.why_not_drained = at.why_not_drained;
  return replica;
}

Topology dead_master(std::string_view drawn, const char* name) {
  auto instances = picture::instances(drawn);
  for (auto& known : instances) {
    if (known.instance.key == key(name)) silence(known);
    for (auto& channel : known.instance.channels)
      if (channel.master == key(name)) channel.io_thread = topo::ThreadState::other;
  }
  return Topology(std::move(instances));
}

std::string refused(const topo::Plan& plan, const std::vector<Instance>& prepared,
                    const std::vector<topo::LeftReplica>& unprepared = {}) {
  try {
    static_cast<void>(plan.decide(prepared, unprepared));
    return "";
  } catch (const topo::Error& error) {
    CHECK(error.code() == topo::Code::refused);
    return short_text(error.what());
  }
}

std::string reasons(const topo::Decision& decision) {
  std::string text;
  for (const auto& [key, refusal] : decision.refused) text += short_text(refusal.reason) + "\n";
  return text;
}

const At slow{100, 900, "it is delayed by 60 s"};

}  // namespace

TEST_CASE("the replicas of a dead master are not regrouped while one holds what the others lack",
          "[topology][planning]") {
  const auto topology = dead_master("a > b, a > c, a > d", "a");
  const auto regroup = [&](Loss loss) {
    return topo::plan_regroup_replicas(topology, key("a"), {.loss = loss}, by_pseudo_gtid);
  };
  const std::vector servers{prepared("b", {500}), prepared("c", slow), prepared("d", {400})};
  const std::string held =
      "c has received events of a, from binlog.000001:100 to binlog.000001:900, and has not executed "
      "them: it is delayed by 60 s";
  CHECK(
      refused(regroup(Loss::refuse), servers) ==
      "b, the successor, would lack events: " + held +
          ", and b has executed up to binlog.000001:500; nothing is lost if a replica that holds them "
          "executes them first (start-slave, after the cause of an error is removed, or skip-query), or one "
          "that has executed them becomes the master (make-master); with -allow-loss such replicas are left "
          "as they are");
  const auto decision = regroup(Loss::accept).decide(servers, {});
  CHECK(decision.candidate == key("b"));
  CHECK(reasons(decision) == held + "; b lacks them, so that c keeps its master and its relay log\n");
  REQUIRE(decision.moves.size() == 1);
  CHECK(decision.moves.front().replica == key("d"));
}

TEST_CASE("what a replica had received, and none that can be read has, is said", "[topology][planning]") {
  auto instances = picture::instances("a > b, a > c, a > d");
  for (auto& known : instances) {
    if (known.instance.key == key("a")) silence(known);
    for (auto& channel : known.instance.channels) {
      channel.io_thread = topo::ThreadState::other;
      channel.read = channel.exec = {"binlog.000001", 500};
    }
  }
  const auto known = [&](const char* name) -> topo::KnownInstance& {
    return *std::ranges::find(instances, key(name), [](const auto& one) { return one.instance.key; });
  };
  const auto notes = [&](const std::vector<Instance>& servers) {
    std::string text;
    for (const char* operation : {"regroup", "make-master"}) {
      const topo::Replacement how{.promotion = topo::Promotion::reset};
      const Topology topology(instances);
      const auto plan = std::string_view(operation) == "regroup"
                            ? topo::plan_regroup_replicas(topology, key("a"), how, by_pseudo_gtid)
                            : topo::plan_make_master(topology, key("b"), how, by_pseudo_gtid);
      const auto decision = plan.decide(servers, {});
      std::string of_this;
      for (const auto& note : decision.shortcomings) of_this += short_text(note) + "\n";
      if (!text.empty()) CHECK(of_this == text);
      text = of_this;
    }
    return text;
  };
  const std::vector servers{prepared("b", {500}), prepared("c", {500}), prepared("d", {500})};
  CHECK(notes(servers).empty());

  known("c").instance.received_most = {"binlog.000001", 900};
  CHECK(notes(servers) ==
        "c had received events of a up to binlog.000001:900, and has lost them: it has received up to "
        "binlog.000001:500; no replica that can be read is known to have them\n");
  CHECK(notes({prepared("b", {900}), prepared("c", {500}), prepared("d", {500})}).empty());
  known("c").instance.channels.front().read = {"", 4};
  CHECK(
      notes(servers) ==
      "c had received events of a up to binlog.000001:900, and has lost them: it has received nothing since "
      "its relay logs were recreated; no replica that can be read is known to have them\n");

  known("c").instance.received_most = {};
  known("c").instance.channels.front().read = {"binlog.000001", 700};
  silence(known("c"));
  CHECK(notes({prepared("b", {500}), prepared("d", {500})}) ==
        "c, which cannot be read, had received events of a up to binlog.000001:700; no replica that can be "
        "read is known to have them\n");
  CHECK(notes({prepared("b", {700}), prepared("d", {500})}).empty());
}

TEST_CASE("replicas that have executed the same need no Pseudo-GTID to be regrouped",
          "[topology][planning]") {
  const auto topology = dead_master("a > b, a > c, a > d", "a");
  const auto plan = topo::plan_regroup_replicas(topology, key("a"), {}, planning_limits);
  const auto decision = plan.decide({prepared("b", {500}), prepared("c", {500}), prepared("d", {400})}, {});
  CHECK(decision.candidate == key("b"));
  REQUIRE(decision.moves.size() == 1);
  CHECK(decision.moves.front().replica == key("c"));
  CHECK(reasons(decision) ==
        "d is behind b, and cannot be matched: PseudoGTIDPattern is not set in the configuration\n");
}

TEST_CASE("a relay log may go when the successor has executed all of it", "[topology][planning]") {
  const auto topology = dead_master("a > b, a > c", "a");
  const auto plan = topo::plan_regroup_replicas(topology, key("a"), {}, by_pseudo_gtid);
  const auto decision = plan.decide({prepared("b", {900}), prepared("c", slow)}, {});
  CHECK(decision.refused.empty());
  REQUIRE(decision.moves.size() == 1);
  CHECK(std::get<topo::ChangeMaster>(decision.moves.front().steps.front()).drops_received);
  // A transaction that was received in part is executed nowhere.
  CHECK(plan.decide({prepared("b", {500}), prepared("c", {500, 900})}, {}).refused.empty());
}

TEST_CASE("a replica that cannot be a master is not left ahead of the new one without leave",
          "[topology][planning]") {
  const auto topology = dead_master("a > b, a > c", "a");
  auto ahead = prepared("c", {700});
  ahead.log_slave_updates = false;
  const std::vector servers{prepared("b", {500}), ahead};
  const auto regroup = [&](Loss loss) {
    return topo::plan_regroup_replicas(topology, key("a"), {.loss = loss}, by_pseudo_gtid);
  };
  CHECK_THAT(
      refused(regroup(Loss::refuse), servers),
      Catch::StartsWith("b, the successor, would lack events: c has executed events of a up to "
                        "binlog.000001:700 (it does not log what it replicates), and b has executed up to "
                        "binlog.000001:500"));
  CHECK_THAT(reasons(regroup(Loss::accept).decide(servers, {})), Catch::StartsWith("c is ahead of b"));
}

TEST_CASE("only a delay of the replica that has received most is lifted", "[topology][planning]") {
  const auto lifted = [](const At& b, const At& c, seconds delay_of_c, const char* error_of_b = "") {
    auto instances = picture::instances("a > b, a > c, a > d");
    for (auto& known : instances) {
      if (known.instance.key == key("a")) silence(known);
      if (known.instance.key == key("b")) known.instance = prepared("b", b);
      if (known.instance.key == key("c")) known.instance = prepared("c", c);
      if (known.instance.key == key("d")) known.instance = prepared("d", {100});
      if (known.instance.key == key("b")) known.instance.channels.front().last_sql_error = error_of_b;
      if (known.instance.key == key("c")) known.instance.channels.front().sql_delay = delay_of_c;
      known.instance.version = "5.7.44-log";
      for (auto& channel : known.instance.channels) channel.io_thread = topo::ThreadState::other;
    }
    const Topology topology(std::move(instances));
    std::string names;
    for (const auto& steps :
         topo::plan_regroup_replicas(topology, key("a"), {}, by_pseudo_gtid).replica_steps)
      if (std::get<topo::DrainRelayLog>(steps.prepare.front()).lifts_delay) names += steps.replica.hostname();
    return names;
  };
  CHECK(lifted({500}, {100, 900}, seconds(3600)) == "c");
  CHECK(lifted({500, 900}, {100, 900}, seconds(3600)) == "");  // b will execute as much
  CHECK(lifted({500, 900}, {100, 900}, seconds(3600), "duplicate key") == "c");
  CHECK(lifted({500}, {100, 900}, seconds(0)) == "");
}

TEST_CASE("what a locked replica has received counts, too", "[topology][planning]") {
  auto instances = dead_master("a > b, a > c, a > d", "a").instances();
  for (auto& known : instances) {
    if (known.instance.key != key("d")) continue;
    known.locked = "d:3306 is locked";
    known.instance = prepared("d", {100, 900});
    known.instance.channels.front().io_thread = topo::ThreadState::other;
  }
  const auto decided = [&] {
    const auto plan = topo::plan_regroup_replicas(Topology(instances), key("a"), {}, by_pseudo_gtid);
    return refused(plan, {prepared("b", {500}), prepared("c", {500})});
  };
  CHECK_THAT(decided(),
             Catch::StartsWith("b, the successor, would lack events: d has received events of a up to "
                               "binlog.000001:900, and is not moved ("));
  for (auto& known : instances)
    if (known.instance.key == key("d")) known.last_check_valid = false;
  CHECK(decided().empty());  // nobody can tell
}

TEST_CASE("what a replica has received counts also if it could not be prepared", "[topology][planning]") {
  const auto plan =
      topo::plan_regroup_replicas(dead_master("a > b, a > c, a > d", "a"), key("a"), {}, by_pseudo_gtid);
  const std::vector others{prepared("b", {500}), prepared("c", {500})};
  CHECK_THAT(
      refused(plan, others, {{prepared("d", {100, 900}), "it hangs"}}),
      Catch::Contains("d has received events of a up to binlog.000001:900, and is not moved (it hangs)"));
  CHECK(refused(plan, others, {{prepared("d", {100, 500}), "it hangs"}}).empty());
  // A replica that was reset meanwhile has nothing of the master's log.
  auto reset = prepared("d", {900});
  reset.channels.clear();
  CHECK(refused(plan, {others[0], others[1], reset}).empty());
}

TEST_CASE("replicas of a dead intermediate master are regrouped: what they lack is above",
          "[topology][planning]") {
  const auto plan =
      topo::plan_regroup_replicas(dead_master("x > a > b, a > c", "a"), key("a"), {}, by_pseudo_gtid);
  const auto decision = plan.decide({prepared("b", {500}), prepared("c", slow)}, {});
  CHECK(decision.candidate == key("b"));
  CHECK(decision.refused.size() == 1);
  // What a co-master wrote is not above.
  const auto ring =
      topo::plan_regroup_replicas(dead_master("x > a > x, a > b, a > c", "a"), key("a"), {}, by_pseudo_gtid);
  CHECK_THAT(refused(ring, {prepared("b", {500}), prepared("c", slow)}),
             Catch::StartsWith("b, the successor,"));
}

TEST_CASE("a replica is not made master while a sibling has more, unless loss is accepted",
          "[topology][planning]") {
  const auto topology = dead_master("a > b, a > c, a > d", "a");
  const auto make_master = [&](Loss loss) {
    return topo::plan_make_master(topology, key("b"), {.loss = loss}, by_pseudo_gtid);
  };
  const auto held = [&](const At& c) {
    return std::vector{prepared("b", {500}), prepared("c", c), prepared("d", {500})};
  };
  CHECK_THAT(refused(make_master(Loss::refuse), held(slow)),
             Catch::StartsWith("b, the successor, would lack events: c"));
  CHECK_THAT(refused(make_master(Loss::refuse), held({700})),
             Catch::StartsWith("c has executed more than b"));
  for (const auto& c : {slow, At{700}}) {
    const auto decision = make_master(Loss::accept).decide(held(c), {});
    REQUIRE(decision.refused.size() == 1);
    CHECK(decision.refused.front().first == key("c"));
    CHECK(decision.moves.size() == 1);
  }
  CHECK(refused(make_master(Loss::refuse), held({500})).empty());
}

TEST_CASE("a master that may be alive is not replaced, except by force", "[topology][planning]") {
  const auto make_master = [](topo::Evidence evidence, const std::function<void(KnownInstance&)>& change) {
    auto instances = picture::instances("a > b, a > c");
    for (auto& known : instances) {
      if (known.instance.key == key("a")) {
        silence(known);
        known.last_check_error = "no answer";
      } else {
        known.instance.channels.front().io_thread = topo::ThreadState::other;
      }
      change(known);
    }
    const Topology topology(std::move(instances));
    return refusal(
        [&] { return topo::plan_make_master(topology, key("b"), {.evidence = evidence}, by_pseudo_gtid); });
  };
  const auto on = [](const char* name, const std::function<void(KnownInstance&)>& change) {
    return [=](KnownInstance& known) {
      if (known.instance.key == key(name)) change(known);
    };
  };
  const auto reads = on("a", [](auto& known) { known.last_check_valid = true; });
  const auto answers = on("a", [](auto& known) { known.last_check_failure = topo::ReadFailure::answered; });
  const auto connected =
      on("c", [](auto& known) { known.instance.channels.front().io_thread = topo::ThreadState::running; });
  const auto once_connected = on("c", [](auto& known) {
    known.instance.channels.front().io_thread = topo::ThreadState::running;
    known.last_check_valid = false;
  });
  CHECK_THAT(make_master(topo::Evidence::required, reads),
             Catch::StartsWith("a is alive: it was read just now; "));
  CHECK_THAT(make_master(topo::Evidence::required, answers),
             Catch::StartsWith("a is alive: it answers with an error: no answer; "));
  CHECK_THAT(
      make_master(topo::Evidence::required, connected),
      Catch::StartsWith("a may be alive: it does not answer here (no answer), but the IO thread of these is "
                        "connected to it: c; "));
  CHECK(make_master(topo::Evidence::required, once_connected).find("alive") == std::string::npos);
  CHECK(make_master(topo::Evidence::required, [](auto&) {}).empty());
  for (const auto& alive : {answers, connected}) CHECK(make_master(topo::Evidence::waived, alive).empty());
}

TEST_CASE("no second master is made below a master or co-master of the dead one", "[topology][planning]") {
  const auto make_master = [](const Topology& topology, topo::Evidence evidence) {
    return topo::plan_make_master(topology, key("b"), {.evidence = evidence}, by_pseudo_gtid);
  };
  const auto refused_below = [&](std::string_view drawn) {
    return short_text(
        refusal([&] { return make_master(dead_master(drawn, "a"), topo::Evidence::required); }));
  };
  CHECK(
      refused_below("m > a, a > b, a > c") ==
      "a was a replica of m, which answers: b would be a second master; recover -i a decides what becomes of "
      "the replicas of a, and make-local-master -i b puts that one in its place");
  CHECK_THAT(refused_below("a > m > a, a > b, a > c"),
             Catch::StartsWith("a was a co-master of m, which answers and takes writes: b would be a second "
                               "master; recover -i a decides"));
  // b is the co-master itself.
  CHECK(refused_below("a > b > a, a > c").empty());
  const auto topology = dead_master("m > a, a > b, a > c", "a");
  CHECK_THAT(shown(make_master(topology, topo::Evidence::waived)),
             Catch::StartsWith("careful: a was a replica of m, which answers\n"));
  // The whole branch is dead.
  auto instances = topology.instances();
  for (auto& known : instances)
    if (known.instance.key == key("m")) silence(known);
  CHECK(refusal([&] { return make_master(Topology(instances), topo::Evidence::required); }).empty());
}

TEST_CASE("a relay log that may be the only copy is not deleted", "[topology][planning]") {
  const auto topology = [](topo::ThreadState io_thread, std::uint64_t executed) {
    return changed("a > b", "b", [&](KnownInstance& known) {
      auto& channel = known.instance.channels.front();
      channel.io_thread = io_thread;
      channel.read = {"binlog.000001", 900};
      channel.exec = {"binlog.000001", executed};
    });
  };
  const auto lost = topology(topo::ThreadState::other, 100);
  const auto reset = [](const Topology& of, Loss loss) {
    return topo::plan_reset_replica(of, key("b"), loss);
  };
  const auto detach = [](const Topology& of, Loss loss) {
    return topo::plan_detach_replica(of, key("b"), loss);
  };
  for (const auto& plan : {std::function(reset), std::function(detach)}) {
    const auto refused_at = [&](const Topology& of) {
      return refusal([&] { return plan(of, Loss::refuse); });
    };
    CHECK_THAT(
        short_text(refused_at(lost)),
        Catch::StartsWith("b has received events of a, from binlog.000001:100 to binlog.000001:900, that it "
                          "has not executed. It is not connected to a, so"));
    CHECK(refused_at(topology(topo::ThreadState::running, 100)).empty());
    CHECK(refused_at(topology(topo::ThreadState::stopped, 900)).empty());
    CHECK(refusal([&] { return plan(lost, Loss::accept); }).empty());
  }
  // It has never connected.
  const auto unconnected = changed("a > b", "b", [](KnownInstance& known) {
    auto& channel = known.instance.channels.front();
    channel.io_thread = topo::ThreadState::other;
    channel.exec = {"", 0};
    channel.read = {"", 4};
  });
  CHECK(refusal([&] { return reset(unconnected, Loss::refuse); }).empty());
}

TEST_CASE("the successor of a dead master becomes a master", "[topology][planning]") {
  using topo::Promotion;
  const auto topology = dead_master("a > b, a > c", "a");
  const auto promotion_of = [](topo::Plan plan) {
    topo::apply(plan.decide({prepared("b", {500}), prepared("c", {400})}, {}), plan);
    std::string text;
    for (const auto* steps : {&plan.promotion, &plan.after})
      for (const auto& step : *steps) text += short_text(topo::describe(step)) + "\n";
    return text;
  };
  const auto regroup = [&](Promotion promotion) {
    return topo::plan_regroup_replicas(topology, key("a"), {.promotion = promotion}, by_pseudo_gtid);
  };
  const auto make_master = [&](Promotion promotion) {
    return topo::plan_make_master(topology, key("b"), {.promotion = promotion}, by_pseudo_gtid);
  };
  const auto stopped = "b: set read_only off\nb: leave replication stopped\n";
  const auto reset = "b: remove the master and the replication account\nb: set read_only off\n";
  CHECK(promotion_of(regroup(Promotion::none)) == "b: start replication, with the threads it had running\n");
  CHECK(promotion_of(regroup(Promotion::stopped)) == stopped);
  CHECK(promotion_of(regroup(Promotion::reset)) == reset);
  CHECK(promotion_of(make_master(Promotion::none)) == stopped);
  CHECK(promotion_of(make_master(Promotion::reset)) == reset);
  CHECK_FALSE(regroup(Promotion::none).promotes);
  CHECK(regroup(Promotion::reset).promotes);
  // The plan says who was not chosen, and why.
  auto plan = regroup(Promotion::none);
  topo::apply(plan.decide({prepared("b", {500}), prepared("c", {400})}, {}), plan);
  CHECK_THAT(shown(plan), Catch::Contains("\nchosen: b\nnot chosen: c has executed up to "
                                          "binlog.000001:400, b up to binlog.000001:500\n"));
}

TEST_CASE("the successor of a dead master is one that has not purged what the others need by GTID",
          "[topology][planning]") {
  const std::string uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  const auto topology = dead_master("a > b, a > c, a > d", "a");
  const auto plan =
      topo::plan_regroup_replicas(topology, key("a"), {.promotion = topo::Promotion::reset}, by_pseudo_gtid);
  const auto of = [&](const char* name, std::uint64_t executed, const std::string& purged) {
    auto instance = prepared(name, {executed * 100});
    instance.version = "8.0.36";
    instance.executed_gtid_set = fmt::format("{}:1-{}", uuid, executed);
    instance.gtid_purged = purged;
    instance.channels.front().using_oracle_gtid = true;
    return instance;
  };
  const auto b = of("b", 9, uuid + ":1-7"), c = of("c", 5, ""), d = of("d", 9, "");
  CHECK(plan.decide({b, c, d}, {}).candidate == key("d"));
  const auto without = plan.decide({b, c}, {});
  CHECK(without.candidate == key("b"));
  CHECK(reasons(without) == "b has purged 2 transactions (" + uuid + ":6-7) that c has not executed\n");
}

TEST_CASE("a detached replica takes no master's place", "[topology][planning]") {
  const auto with_detached = [](std::string_view drawn, const char* dead) {
    auto instances = dead_master(drawn, dead).instances();
    for (auto& known : instances)
      if (known.instance.key == key("b"))
        known.instance.channels.front().exec = topo::detached_coordinates({"binlog.000001", 100});
    return Topology(std::move(instances));
  };
  CHECK_THAT(refusal([&] {
               return topo::plan_make_master(with_detached("a > b, a > c", "a"), key("b"), {},
                                             by_pseudo_gtid);
             }),
             Catch::StartsWith("b is detached"));
  CHECK_THAT(refusal([&] {
               return topo::plan_make_local_master(with_detached("x > a > b, a > c", "a"), key("b"),
                                                   by_pseudo_gtid);
             }),
             Catch::StartsWith("b is detached"));
}

TEST_CASE("no successor is promoted while the master may be alive", "[topology][planning]") {
  auto instances = picture::instances("a > b, a > c");
  const auto regroup = [&](topo::Promotion promotion, topo::Evidence evidence = topo::Evidence::required) {
    return refusal([&] {
      return topo::plan_regroup_replicas(Topology(instances), key("a"),
                                         {.evidence = evidence, .promotion = promotion}, by_pseudo_gtid);
    });
  };
  CHECK_THAT(regroup(topo::Promotion::reset), Catch::StartsWith("a is alive: it was read just now; "));
  silence(instances.front());
  CHECK_THAT(regroup(topo::Promotion::reset), Catch::StartsWith("a may be alive: "));
  CHECK(regroup(topo::Promotion::reset, topo::Evidence::waived).empty());
  CHECK_THAT(regroup(topo::Promotion::none), Catch::StartsWith("a may be alive: "));
  CHECK(regroup(topo::Promotion::none, topo::Evidence::waived).empty());
}

TEST_CASE("a replica that is not connected executes what it has received before it is matched",
          "[topology][planning]") {
  const auto plan_of = [](topo::ThreadState io_thread, const char* below) {
    const auto topology = changed("a > b > d, a > c", "c", [&](KnownInstance& known) {
      known.instance.channels.front().io_thread = io_thread;
    });
    return shown(topo::plan_match_below(topology, key("c"), key(below), by_pseudo_gtid));
  };
  CHECK_THAT(plan_of(topo::ThreadState::running, "b"), Catch::StartsWith("c: stop replication\n"));
  for (const auto state : {topo::ThreadState::stopped, topo::ThreadState::other}) {
    CHECK_THAT(plan_of(state, "b"),
               Catch::StartsWith("c: execute all that was received, if it can, then stop "
                                 "replication\n"));
  }
}

}  // namespace planning_test
