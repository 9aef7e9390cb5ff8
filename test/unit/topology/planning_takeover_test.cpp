// Plans by which a replica takes the place of its living master, and a former master becomes a replica.
#include "unit/topology/planning_test.h"

namespace planning_takeover_test {
namespace {

using namespace planning_test;

constexpr topo::RuleLimits with_pseudo_gtid{.has_pseudo_gtid = true};

// Servers of MySQL without GTIDs; only the masters of `writable` are writable.
std::vector<KnownInstance> servers(std::string_view drawn, std::string_view writable = "a") {
  auto instances = picture::instances(drawn);
  for (auto& known : instances) {
    known.instance.version = "8.0.36";
    known.instance.gtid_mode = "OFF";
    known.instance.read_only = known.instance.key != key(writable);
  }
  return instances;
}

Topology with(std::vector<KnownInstance> instances, const char* name,
              const std::function<void(KnownInstance&)>& change) {
  for (auto& known : instances)
    if (known.instance.key == key(name)) change(known);
  return Topology(std::move(instances));
}

void use_gtid(std::vector<KnownInstance>& instances) {
  for (auto& known : instances) {
    known.instance.gtid_mode = "ON";
    for (auto& channel : known.instance.channels) channel.using_oracle_gtid = true;
  }
}

std::string takeover_refusal(const Topology& topology, const char* master = "a",
                             const char* successor = "b") {
  return refusal(
      [&] { return topo::plan_takeover(topology, key(master), key(successor), {}, planning_limits); });
}

}  // namespace

TEST_CASE("a takeover first makes the master read-only, and moves servers last", "[topology][planning]") {
  const Topology topology(servers("a > b, a > c > d"));
  const auto plan =
      topo::plan_takeover(topology, key("a"), key("b"), {.starts_demoted = true}, planning_limits);
  CHECK(shown(plan) ==
        "a: set read_only on, and super_read_only where there is one; stop its events\n"
        "b: execute all that a has logged, then stop replication\n"
        "a: check that no transaction is prepared or open that could still be committed\n"
        "b: set read_only off\n"
        "from here on nothing is undone: what fails is said, the rest is done\n"
        "b: start the event scheduler if that of a ran; its events stay disabled until ALTER EVENT … ENABLE\n"
        "b: leave replication stopped\n"
        "b: remove the master and the replication account\n"
        "c: stop replication\n"
        "c: replicate until the end of a's binary log, then stop\n"
        "c: replicate from b, beginning at the end of b's binary log\n"
        "c: start replication, with the threads it had running\n"
        "a: replicate from b, beginning at the end of b's binary log\n"
        "a: start replication, with the threads it had running");
  CHECK(result(plan) == "c<b a<b ");
  CHECK(plan.promotes);
  CHECK(plan.candidate == key("b"));
  CHECK(plan.locks.size() == 3);

  const auto left =
      topo::plan_takeover(topology, key("a"), key("b"), {.ends_clients = true}, planning_limits);
  CHECK(shown(left).find("a: start replication") == std::string::npos);
  CHECK(shown(left).starts_with(
      "a: set read_only on, and super_read_only where there is one; stop its events; end the "
      "connections of clients\n"));
}

TEST_CASE("with GTIDs a takeover compares first, and servers find their positions", "[topology][planning]") {
  auto instances = servers("a > b, a > c");
  use_gtid(instances);
  const auto plan =
      topo::plan_takeover(Topology(std::move(instances)), key("a"), key("b"), {}, planning_limits);
  CHECK(shown(plan) ==
        "b: check by GTID that it has executed nothing that a has not\n"
        "a: set read_only on, and super_read_only where there is one; stop its events\n"
        "b: execute all that a has logged, then stop replication\n"
        "a: check that no transaction is prepared or open that could still be committed\n"
        "b: set read_only off\n"
        "from here on nothing is undone: what fails is said, the rest is done\n"
        "b: start the event scheduler if that of a ran; its events stay disabled until ALTER EVENT … ENABLE\n"
        "b: leave replication stopped\n"
        "b: remove the master and the replication account\n"
        "c: stop replication\n"
        "c: replicate from b, by GTID\n"
        "c: start replication, with the threads it had running\n"
        "a: replicate from b, by GTID");
}

TEST_CASE("a co-master takes over without any change of masters", "[topology][planning]") {
  const Topology topology(servers("a > b > a, a > c"));
  const auto plan = topo::plan_takeover(topology, key("a"), std::nullopt, {}, planning_limits);
  CHECK(shown(plan) ==
        "chosen: b\n"
        "a: set read_only on, and super_read_only where there is one; stop its events\n"
        "b: execute all that a has logged, then stop replication\n"
        "a: check that no transaction is prepared or open that could still be committed\n"
        "b: set read_only off\n"
        "from here on nothing is undone: what fails is said, the rest is done\n"
        "b: start the event scheduler if that of a ran; its events stay disabled until ALTER EVENT … ENABLE");
  CHECK(takeover_refusal(topology, "a", "c") == "a is a co-master of b: only that one can take its place");
  CHECK(takeover_refusal(topology, "b", "a") == "b is not the master of its cluster, a is");
}

TEST_CASE("the best replica that can take over is chosen, with the reasons", "[topology][planning]") {
  const auto topology = with(servers("a > b, a > c, a > d, a > e"), "b", stop_sql);
  const auto plan =
      topo::plan_takeover(topology, key("a"), std::nullopt,
                          {.denied = [](const auto& one) { return one == key("c"); }}, planning_limits);
  CHECK(plan.candidate == key("d"));
  CHECK(
      shown(plan).starts_with("chosen: d\n"
                              "not chosen: the SQL thread of b is not running\n"
                              "not chosen: e is as good as d, which is the first by name\n"
                              "not chosen: c is excluded by DenyAutoPromotionHostnamePattern\n"
                              "a: set read_only on"));
  CHECK(short_text(plan.reasons.at(0)) == "the SQL thread of b is not running");
  CHECK(short_text(plan.reasons.at(1)) == "e is as good as d, which is the first by name");
  CHECK(short_text(plan.reasons.at(2)) == "c is excluded by DenyAutoPromotionHostnamePattern");
  // One that is named may be one that is not chosen.
  CHECK(topo::plan_takeover(topology, key("a"), key("c"), {.denied = [](const auto&) { return true; }},
                            planning_limits)
            .candidate == key("c"));
  CHECK(refusal([&] {
          return topo::plan_takeover(with(servers("a > b"), "b", stop_sql), key("a"), std::nullopt, {},
                                     planning_limits);
        }) == "No replica of a can take its place: the SQL thread of b is not running");
}

TEST_CASE("a successor must not have purged what the others need by GTID", "[topology][planning]") {
  const std::string uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  auto instances = servers("a > b, a > c, a > d");
  use_gtid(instances);
  const auto of = [&](const char* name) -> topo::Instance& {
    return std::ranges::find(instances, key(name), [](const auto& one) { return one.instance.key; })
        ->instance;
  };
  for (const auto* name : {"a", "b", "d"}) of(name).executed_gtid_set = uuid + ":1-9";
  of("c").executed_gtid_set = uuid + ":1-5";
  of("c").channels.front().io_thread = topo::ThreadState::stopped;
  of("b").gtid_purged = uuid + ":1-7";
  of("d").gtid_purged = uuid + ":1-5";
  CHECK(
      takeover_refusal(Topology(instances)) ==
      "b has purged 2 transactions (" + uuid +
          ":6-7) that c has not executed; another successor can serve it, or begin-maintenance on it leaves "
          "it below a");
  CHECK(takeover_refusal(Topology(instances), "a", "d").empty());
  const auto chosen = [&] {
    return topo::plan_takeover(Topology(instances), key("a"), std::nullopt, {}, planning_limits);
  };
  CHECK(chosen().candidate == key("d"));
  CHECK_THAT(chosen().reasons,
             Catch::VectorContains(std::string("b:3306 can serve 1 of the others, d:3306 can serve 2")));
  // Without GTID the position decides, not what was purged by GTID.
  of("c").channels.front().using_oracle_gtid = false;
  CHECK(chosen().candidate == key("b"));

  // Errant transactions that are accepted must still be in the log, for the former master.
  of("b").executed_gtid_set = uuid + ":1-10";
  of("b").gtid_purged = uuid + ":1-10";
  of("d").executed_gtid_set = uuid + ":1-10";
  CHECK(refusal([&] {
          return topo::plan_takeover(Topology(instances), key("a"), key("b"), {.accepts_errant = true},
                                     planning_limits);
        }) == "b has purged 1 transaction (" + uuid + ":10) that a has not executed");
}

TEST_CASE("a takeover is refused for what would lose data, or is not what was meant",
          "[topology][planning]") {
  const auto lags = [](KnownInstance& known) {
    known.instance.channels.front().seconds_behind_master = std::chrono::seconds(900);
  };
  const auto filters = [](KnownInstance& known) { known.instance.has_binlog_filters = true; };
  const auto logs_nothing = [](KnownInstance& known) { known.instance.log_slave_updates = false; };
  const auto is_older = [](KnownInstance& known) { known.instance.version = "5.7.44"; };
  CHECK(takeover_refusal(with(servers("a > b"), "b", lags)) ==
        "b lags 900 s, more than ReasonableMaintenanceReplicationLagSeconds (20)");
  CHECK(takeover_refusal(with(servers("a > b"), "b", filters)) ==
        "b leaves changes out of its binary log (binlog-do-db, binlog-ignore-db): as the master, it or its "
        "replicas would lack data of a");
  CHECK(takeover_refusal(with(servers("a > b"), "b", logs_nothing)) ==
        "b does not log what it replicates (log_slave_updates is off)");
  CHECK(takeover_refusal(with(servers("a > b"), "a", silence)) == "a could not be read: no route");
  CHECK(takeover_refusal(with(servers("a > b"), "b", silence)) == "b could not be read: no route");
  CHECK(takeover_refusal(Topology(servers("a > b", "b"))) ==
        "a is read-only already: there are no writes to take over; move its replicas with other commands, or "
        "set-writeable first");
  CHECK(takeover_refusal(Topology(servers("a > c > b"))) ==
        "b does not replicate from a directly; move it there first, or name one that does");
  CHECK(takeover_refusal(Topology(servers("a, b"))) == "a has no replica that could take its place");
  CHECK(takeover_refusal(with(servers("a > b, a > c"), "c", is_older)) ==
        "c (5.7.44) is of an older release series than b (8.0.36); another successor can serve it, or "
        "begin-maintenance on it leaves it below a");
}

TEST_CASE("replicas in maintenance, and those that do not answer, stay below the former master",
          "[topology][planning]") {
  auto instances = servers("a > b, a > c, a > d");
  for (auto& known : instances) {
    if (known.instance.key == key("c")) known.locked = "c is locked by ann";
    if (known.instance.key == key("d")) silence(known);
  }
  const auto plan =
      topo::plan_takeover(Topology(std::move(instances)), key("a"), key("b"), {}, planning_limits);
  CHECK(result(plan) == "a<b ");
  REQUIRE(plan.refused.size() == 2);
  CHECK(plan.refused[0].second.code == topo::Code::locked);
  CHECK(short_text(plan.refused[1].second.reason) ==
        "d cannot be read, and stays below its master: no route");
  CHECK(takeover_refusal(with(servers("a > b"), "b", [](KnownInstance& known) {
          known.locked = "b is locked by ann";
        })) == "b is locked by ann");
  CHECK(takeover_refusal(with(servers("a > b"), "a", [](KnownInstance& known) {
          known.locked = "a is locked by ann";
        })) == "a is locked by ann");
}

TEST_CASE("the master of a cluster is the topmost instance, or the writable co-master", "[topology]") {
  const auto master_of = [](const Topology& topology, const char* name) {
    std::string found;
    const auto why = refusal([&]() -> topo::Plan {
      found = topo::master_of_cluster(topology, key(name)).instance.key.hostname();
      return {};
    });
    return found.empty() ? why : found;
  };
  const Topology tree(servers("a > b > c"));
  CHECK(master_of(tree, "c") == "a");
  CHECK(master_of(tree, "a") == "a");
  const Topology pair(servers("a > b > a, b > c", "b"));
  CHECK(master_of(pair, "c") == "b");
  CHECK(master_of(pair, "a") == "b");
  CHECK(master_of(Topology(servers("a > b > a", "x")), "a") ==
        "a and b are co-masters, and none of them is writable: which one is the master is not known; "
        "set-read-only on the other one tells");
  CHECK(master_of(picture::topology("a > b > a"), "a").find("both of them are writable") !=
        std::string::npos);
  CHECK(master_of(picture::topology("(x) > b"), "b") == "x, the master of b, is not known: `discover` it");
  CHECK(master_of(picture::topology("a > b > c > a"), "a") == "a is in a ring of masters");
}

TEST_CASE("a former master rejoins by GTID or Pseudo-GTID, read-only", "[topology][planning]") {
  const auto steps = [](const Topology& topology) {
    return shown(topo::plan_rejoin(topology, key("b"), key("a"), with_pseudo_gtid));
  };
  CHECK(steps(Topology(servers("a > c, b"))) ==
        "b: set read_only on, and super_read_only where there is one; stop its events\n"
        "b: stop replication\n"
        "b: replicate from a, beginning at its position in a's binary log by Pseudo-GTID\n"
        "b: start replication");
  CHECK_THAT(steps(Topology(servers("m > a > c, b"))),
             Catch::EndsWith("\na is not the master of its cluster: it replicates from m"));
  auto by_gtid = servers("a > c, b");
  use_gtid(by_gtid);
  CHECK(steps(Topology(by_gtid)).find("b: replicate from a, by GTID\n") != std::string::npos);

  const auto refused = [](const Topology& topology, const topo::RuleLimits& limits = with_pseudo_gtid) {
    return refusal([&] { return topo::plan_rejoin(topology, key("b"), key("a"), limits); });
  };
  CHECK(refused(Topology(servers("a > c, b")), planning_limits) ==
        "b and a cannot be compared: they have no GTIDs that replication uses, and PseudoGTIDPattern is not "
        "set in the configuration");
  CHECK(refused(Topology(servers("a > b"))) == "b is a replica of a already");
  CHECK(refused(with(servers("a > b"), "b", [](KnownInstance& known) {
          known.instance.channels.front().sql_thread = topo::ThreadState::stopped;
        })) == "b is a replica of a already; start-slave -i b starts its replication");
  CHECK(refused(Topology(servers("a > c > b"))) ==
        "b is a replica, of c; match-below and repoint move replicas");
  CHECK(refused(Topology(servers("b > a"))) ==
        "a replicates from b: graceful-master-takeover makes them change places");
  CHECK(refused(with(servers("a > c, b"), "b", silence)) == "b could not be read: no route");
}

TEST_CASE("the results of rejoin have names", "[topology][planning]") {
  const auto result = [](const Topology& topology, const topo::RuleLimits& limits = with_pseudo_gtid) {
    try {
      static_cast<void>(topo::plan_rejoin(topology, key("b"), key("a"), limits));
      return std::string("none");
    } catch (const topo::Error& error) {
      return std::string(error.result());
    }
  };
  CHECK(result(Topology(servers("a > c, b"))) == "none");
  CHECK(result(with(servers("a > c, b"), "b", silence)) == "unreachable");
  CHECK(result(with(servers("a > c, b"), "a", silence)) == "unreachable");
  CHECK(result(Topology(servers("a > c, b")), planning_limits) == "cannot_be_compared");
  CHECK(result(Topology(servers("a > b"))) == "");  // a rule that has no name
}

TEST_CASE("an older copy of a former master with another UUID does not rejoin", "[topology][planning]") {
  const std::string old_uuid = "aaaaaaaa-1111-1111-1111-111111111111";
  auto by_gtid = servers("a > c, b");
  use_gtid(by_gtid);
  const auto refused = [&](const std::string& executed, std::uint32_t server_id) {
    for (auto& known : by_gtid) {
      if (known.instance.key == key("a")) known.instance.executed_gtid_set = old_uuid + ":1-54";
      if (known.instance.key != key("b")) continue;
      known.instance.server_uuid = "bbbbbbbb-2222-2222-2222-222222222222";
      known.instance.server_id = server_id;
      known.instance.executed_gtid_set = executed;
      auto& replaced = known.replaced.emplace();
      replaced.successor = key("a");
      replaced.server_id = 7;
      replaced.server_uuid = old_uuid;
    }
    return refusal(
        [&] { return topo::plan_rejoin(Topology(by_gtid), key("b"), key("a"), with_pseudo_gtid); });
  };
  CHECK(refused(old_uuid + ":1-24", 7).starts_with("b has lost 30 transactions (" + old_uuid + ":25-54)"));
  CHECK(refused(old_uuid + ":1-54", 7).empty());
  CHECK(refused(old_uuid + ":1-24", 8).empty());  // it does not skip them
}

}  // namespace planning_takeover_test
