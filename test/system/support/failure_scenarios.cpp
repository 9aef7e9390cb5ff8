// What may happen before and while a master dies.
#include <fmt/format.h>

#include "sandbox/wait.h"
#include "system/support/failures.h"
#include "topo/store/store.h"

namespace system_test {
namespace {

using sandbox::patience;
using namespace std::chrono_literals;

// c alone has received the last rows.
void only_c_receives(FailureScene& scene) {
  for (const auto* name : {"b", "d"}) scene.say(name, "STOP", "IO_THREAD");
  scene.history.await_more();
  // c may have connected just now.
  const auto others = scene.history.received_by("b", "a").size();
  sandbox::wait_until([&] { return scene.history.received_by("c", "a").size() > others; }, patience,
                      "c to receive more than b");
}

void break_one(FailureScene& scene, std::string_view name) {
  scene.say(name, "STOP", "SQL_THREAD");
  scene.history.await_more();
  // A row that it is still to execute.
  scene[name].execute(
      fmt::format("INSERT INTO history.written VALUES ({})", scene.history.acknowledged().back().id));
  scene.say(name, "START", "SQL_THREAD");
}
void break_c(FailureScene& scene) {
  break_one(scene, "c");
}

// A transaction that no other server has, in a table of its own.
void write_on_c(FailureScene& scene) {
  for (const auto* statement : {"SET GLOBAL super_read_only = 0", "CREATE DATABASE errant"}) {
    try {
      scene["c"].execute(statement);
    } catch (const topo::Error&) {
      if (std::string_view(statement).starts_with("CREATE")) throw;  // not all servers have super_read_only
    }
  }
}

void lock_c(FailureScene& scene) {
  static_cast<void>(scene.context.store().maintenance().begin(
      std::vector<topo::MaintenanceRequest>{{scene["c"].key(), "disk"}}, "ann", 600s));
}

// Its SQL thread does not get on.
void block_c(FailureScene& scene) {
  scene.blocker = scene["c"].connect();
  scene.blocker->query("LOCK TABLES history.written READ");
}

// c has received less than the others, which have what it has.
void c_receives_no_more(FailureScene& scene) {
  scene.say("c", "STOP", "IO_THREAD");
  scene.history.await_more();
}
template <void (*Act)(FailureScene&)>
void act_behind(FailureScene& scene) {
  Act(scene);
  c_receives_no_more(scene);
}

const std::vector<std::string> no_log{"--skip-log-slave-updates"};
constexpr std::string_view three = "a > b, a > c, a > d";

}  // namespace

void FailureScene::say(std::string_view name, std::string_view verb, std::string_view thread) const {
  auto& server = servers.server(name);
  const auto* word = sandbox::says_replica(server.flavour()) ? "REPLICA" : "SLAVE";
  server.execute(fmt::format("{} {} {}", verb, word, thread));
}

void FailureScene::delay(std::string_view name, std::chrono::seconds seconds) const {
  auto& server = servers.server(name);
  const bool is_new = sandbox::says_replica(server.flavour());
  say(name, "STOP", is_new ? "SQL_THREAD" : "");
  server.execute(fmt::format("CHANGE {} {}_DELAY = {}", is_new ? "REPLICATION SOURCE TO" : "MASTER TO",
                             is_new ? "SOURCE" : "MASTER", seconds.count()));
  say(name, "START");
}

const std::vector<FailureScenario>& failure_scenarios() {
  static const std::vector<FailureScenario> all{
      {"all alike", three},
      {"one replica only", "a > b"},
      {"one has received more", three, Expected::promoted, only_c_receives},
      {"one must not be the master, and has received most", three, Expected::promoted,
       [](FailureScene& scene) {
         scene.context.store().instances().register_candidate(scene["c"].key(),
                                                              topo::PromotionRule::must_not);
         only_c_receives(scene);
       }},
      {"one does not execute, and has received most", three, Expected::promoted,
       [](FailureScene& scene) {
         scene.say("c", "STOP", "SQL_THREAD");
         only_c_receives(scene);
       }},
      {"one does not execute", three, Expected::promoted,
       [](FailureScene& scene) { scene.say("c", "STOP", "SQL_THREAD"); }},
      {.name = "one is delayed, and has received most",
       .tree = three,
       .act =
           [](FailureScene& scene) {
             scene.delay("c", 3600s);
             only_c_receives(scene);
           },
       .needs_delay_lifted = true},
      {"one is delayed", three, Expected::promoted, [](FailureScene& scene) { scene.delay("c", 3600s); }},
      {"one is broken, and has received most", three, Expected::refused,
       [](FailureScene& scene) {
         break_c(scene);
         only_c_receives(scene);
       }},
      {"one is broken", three, Expected::promoted, act_behind<break_c>},
      {"one is blocked, and has received most", three, Expected::refused,
       [](FailureScene& scene) {
         block_c(scene);
         only_c_receives(scene);
       }},
      {"one is blocked", three, Expected::promoted, act_behind<block_c>},
      {"one is locked, and has received most", three, Expected::refused,
       [](FailureScene& scene) {
         lock_c(scene);
         only_c_receives(scene);
       }},
      {"one is locked", three, Expected::promoted, act_behind<lock_c>},
      {"one is stopped", three, Expected::promoted, [](FailureScene& scene) { scene.say("c", "STOP"); }},
      {"one is dead", three, Expected::promoted, [](FailureScene& scene) { scene["c"].kill9(); }},
      {"one hangs", three, Expected::promoted, [](FailureScene& scene) { scene["c"].pause(); }},
      {"one filters",
       three,
       Expected::promoted,
       c_receives_no_more,
       {"--replicate-wild-ignore-table=other.%"}},
      {"one filters, and has received most",
       three,
       Expected::refused,
       only_c_receives,
       {"--replicate-wild-ignore-table=other.%"}},
      {"one does not log", three, Expected::promoted, c_receives_no_more, no_log},
      {"one does not log, and has received most", three, Expected::refused, only_c_receives, no_log},
      {"two levels", "a > b > d, a > c"},
      {"one replica of two levels has received more", "a > b > d, a > c", Expected::promoted,
       [](FailureScene& scene) {
         scene.say("c", "STOP", "IO_THREAD");
         scene.history.await_more();
       }},
      {.name = "the master hangs", .tree = three, .expected = Expected::refused, .hangs = true},
      {"two have received most, and one of them is broken", three, Expected::promoted,
       [](FailureScene& scene) {
         break_c(scene);
         scene.say("b", "STOP", "IO_THREAD");
         scene.history.await_more();
       }},
      {.name = "one is delayed, one is broken, and both have received most",
       .tree = three,
       .act =
           [](FailureScene& scene) {
             scene.delay("c", 3600s);
             break_one(scene, "d");
             scene.say("b", "STOP", "IO_THREAD");
             scene.history.await_more();
           },
       .needs_delay_lifted = true},
      {"all but one are dead", three, Expected::promoted,
       [](FailureScene& scene) {
         scene["c"].kill9();
         scene["d"].kill9();
       }},
      {"all are stopped", three, Expected::promoted,
       [](FailureScene& scene) {
         for (const auto* name : {"b", "c", "d"}) scene.say(name, "STOP");
       }},
      {"none executes", three, Expected::promoted,
       [](FailureScene& scene) {
         for (const auto* name : {"b", "c", "d"}) scene.say(name, "STOP", "SQL_THREAD");
         scene.history.await_more();
       }},
      {.name = "all are delayed",
       .tree = three,
       .act =
           [](FailureScene& scene) {
             for (const auto* name : {"b", "c", "d"}) scene.delay(name, 3600s);
             scene.history.await_more();
           },
       .needs_delay_lifted = true},
      {.name = "one has errant transactions", .tree = three, .act = write_on_c, .needs_gtid = true},
      {.name = "one has errant transactions, and has received most",
       .tree = three,
       .act =
           [](FailureScene& scene) {
             write_on_c(scene);
             only_c_receives(scene);
           },
       .needs_gtid = true},
      {"one hangs, and has received most", three, Expected::promoted,
       [](FailureScene& scene) {
         only_c_receives(scene);
         scene["c"].pause();
       }},
      {"three levels", "a > b > d > e, a > c"},
      {"six replicas", "a > b, a > c, a > d, a > e, a > f, a > g"},
      {.name = "one of alike replicas is made the master",
       .tree = three,
       .operation = Operation::make_master,
       .successor = "c"},
      {.name = "one that lacks something is made the master, and gets it first",
       .tree = three,
       .act = only_c_receives,
       .operation = Operation::make_master,
       .successor = "b"},
      {.name = "a delayed one that has received most is made the master",
       .tree = three,
       .act =
           [](FailureScene& scene) {
             scene.delay("c", 3600s);
             only_c_receives(scene);
           },
       .operation = Operation::make_master,
       .successor = "c",
       .needs_delay_lifted = true},
      {.name = "takeover", .tree = three, .operation = Operation::take_over},
      {.name = "takeover by a named replica",
       .tree = three,
       .operation = Operation::take_over,
       .successor = "c"},
      {.name = "takeover, and one is locked",
       .tree = three,
       .act = lock_c,
       .operation = Operation::take_over},
      {.name = "takeover, and one hangs",
       .tree = three,
       .act = [](FailureScene& scene) { scene["c"].pause(); },
       .operation = Operation::take_over},
      {.name = "takeover, and one is broken",
       .tree = three,
       .act = break_c,
       .operation = Operation::take_over},
      {.name = "takeover by one that does not execute",
       .tree = three,
       .expected = Expected::refused,
       .act = block_c,
       .operation = Operation::take_over,
       .successor = "c"},
      {.name = "takeover by one that filters",
       .tree = three,
       .expected = Expected::refused,
       .options_of_c = {"--replicate-wild-ignore-table=other.%"},
       .operation = Operation::take_over,
       .successor = "c"},
  };
  return all;
}

bool is_possible(const FailureScenario& scenario, sandbox::Flavour flavour, bool gtid) {
  if (scenario.needs_gtid && !gtid) return false;
  // GTID needs log_slave_updates there.
  return !gtid || flavour != sandbox::Flavour::mysql_5_6 || scenario.options_of_c != no_log;
}

}  // namespace system_test
