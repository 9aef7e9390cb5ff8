#include "system/support/failures.h"

#include <fmt/format.h>

#include <map>

#include "sandbox/wait.h"
#include "system/support/library_fixture.h"
#include "system/support/pseudo_gtid.h"
#include "system/support/refactoring_fixture.h"
#include "topo/base/error.h"
#include "topo/recovery/recovery.h"
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

namespace {

bool lifts_delays(sandbox::Flavour flavour, bool gtid) {
  if (flavour == sandbox::Flavour::mysql_5_6) return !gtid;
  return gtid || sandbox::says_replica(flavour);
}

}  // namespace

bool is_possible(const FailureScenario& scenario, sandbox::Flavour flavour, bool gtid) {
  if (scenario.needs_gtid && !gtid) return false;
  // GTID needs log_slave_updates there.
  return !gtid || flavour != sandbox::Flavour::mysql_5_6 || scenario.options_of_c != no_log;
}

namespace {

class FailureRun {
 public:
  FailureRun(const FailureScenario& scenario, sandbox::Flavour flavour, bool gtid)
      : scenario_(scenario),
        expected_(scenario.needs_delay_lifted && !lifts_delays(flavour, gtid) ? Expected::refused
                                                                              : scenario.expected),
        servers_(scenario.tree, options_of_scenario(scenario, flavour, gtid)),
        moves_(servers_, configured(scenario, servers_)),
        history_(servers_, "a"),
        scene_{servers_, history_, moves_.library.context(), {}} {
    moves_.library.discover("a");
  }

  FailureResult run() {
    if (scenario_.act != nullptr) scenario_.act(scene_);
    for (const auto& server : servers_.servers())
      if (server->running() && !server->paused()) static_cast<void>(moves_.library.refresh(server->name()));
    note_before();
    die();
    operate();
    scene_.blocker.reset();
    check();
    for (const auto& server : servers_.servers())
      if (server->paused()) server->resume();
    return std::move(result_);
  }

 private:
  static sandbox::Options options_of_scenario(const FailureScenario& scenario, sandbox::Flavour flavour,
                                              bool gtid) {
    auto options = options_of(flavour);
    options.gtid = gtid;
    options.pseudo_gtid = !gtid;
    options.servers["c"].extra_options = scenario.options_of_c;
    if (scenario.tree.find('c') == std::string_view::npos) options.servers.clear();
    return options;
  }
  static topo::Configuration configured(const FailureScenario& scenario, const sandbox::Topology& servers) {
    auto configuration = with_pseudo_gtid(configuration_for(servers));
    // A busy machine executes what was received more slowly.
    configuration.instance_bulk_operations_wait_timeout = scenario.expected == Expected::refused ? 2s : 10s;
    configuration.mysql_connect_timeout = 1s;
    configuration.mysql_discovery_read_timeout = 2s;
    return configuration;
  }

  [[nodiscard]] bool answers(const sandbox::Server& server) const {
    auto& mutable_server = servers_.server(server.name());
    return mutable_server.running() && !mutable_server.paused();
  }
  template <typename Visit>
  void for_each_survivor(const Visit& visit) {
    for (const auto& server : servers_.servers())
      if ((server->name() != "a" || lives()) && answers(*server)) visit(*server);
  }
  // The former master is none of the dead.
  [[nodiscard]] bool lives() const { return scenario_.operation == Operation::take_over; }
  void complain(std::string text) { result_.problems += std::move(text) + "\n"; }

  void note_before() {
    for_each_survivor([this](sandbox::Server& server) { ran_[server.name()] = server.replicates(); });
  }

  void die() {
    if (lives()) return;
    if (scenario_.hangs) {
      servers_.server("a").pause();
      return;
    }
    servers_.server("a").kill9();
    for_each_survivor([this](sandbox::Server& server) {
      const auto status = server.replication_status();
      if (status && status->master == servers_.server("a").key())
        sandbox::wait_until([&] { return server.replication_status()->io != "Yes"; }, patience,
                            "the replicas to notice");
    });
    for_each_survivor([this](sandbox::Server& server) {
      const auto status = server.replication_status();
      if (!status || status->master != servers_.server("a").key()) return;
      received_[server.name()] = history_.received_by(server.name(), "a");
    });
  }

  void recover() {
    topo::recovery::Recovery recovery(
        moves_.library.context(), moves_.refactoring, topo::NodeIdentity::make("test", "0"),
        [this](const auto& key) { return moves_.library.discovery().refresh(key); });
    const auto report = recovery.recover(servers_.server("a").key(), {});
    result_.successor = report.successor;
    result_.outcome = report.outcome;
    for (const auto& error : report.errors) result_.outcome += "; " + error;
  }

  void refactor() {
    const bool takes_over = scenario_.operation == Operation::take_over;
    topo::refactor::OperationArguments arguments;
    const auto successor = scenario_.successor.empty()
                               ? std::nullopt
                               : std::optional(servers_.server(scenario_.successor).key());
    arguments.instance = takes_over ? servers_.server("a").key() : successor.value();
    if (takes_over) arguments.target = successor;
    topo::refactor::OperationRequest request;
    request.owner = "test";
    const auto report = moves_.refactoring.run(takes_over ? "graceful-master-takeover-auto" : "make-master",
                                               arguments, request);
    result_.successor = takes_over ? report.plan.candidate : successor;
    result_.outcome = describe(report);
    for (const auto& failure : report.outcome.failed)
      result_.outcome += fmt::format("; {}: {}", failure.replica.display(), failure.reason);
    for (const auto& [key, refusal] : report.plan.refused)
      result_.outcome += fmt::format("; {} is not moved: {}", key.display(), refusal.reason);
  }

  void operate() {
    const auto begin = std::chrono::steady_clock::now();
    try {
      scenario_.operation == Operation::recover ? recover() : refactor();
    } catch (const topo::Error& error) {
      result_.outcome = fmt::format("refused: {}", error.what());
    }
    result_.outcome = moves_.library.with_names(result_.outcome);
    result_.recovery =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
    if (result_.successor) history_.await_more(20);
    history_.stop();
    result_.without_writes = history_.longest_gap();
  }

  [[nodiscard]] bool is_named(const std::string& name) const {
    const auto& text = result_.outcome;
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
      const bool begins = at == 0 || std::isalnum(static_cast<unsigned char>(text[at - 1])) == 0;
      const auto end = at + name.size();
      if (begins && (end == text.size() || std::isalnum(static_cast<unsigned char>(text[end])) == 0))
        return true;
    }
    return false;
  }
  [[nodiscard]] std::string name_of(const topo::InstanceKey& key) const {
    for (const auto& server : servers_.servers())
      if (server->key() == key) return server->name();
    return key.display();
  }

  void check() {
    const auto writable = history_.writable();
    if (writable.find(' ') != std::string::npos) complain("several servers are writable: " + writable);
    if (expected_ == Expected::promoted && !result_.successor) complain("nobody was promoted");
    if (expected_ == Expected::refused && result_.successor) complain("it was not refused");
    check_audit();
    if (scenario_.hangs) return;
    if (lives()) check_takeover();
    if (result_.successor)
      check_successor(name_of(*result_.successor));
    else
      for_each_survivor([this](sandbox::Server& server) { check_kept(server); });
    for_each_survivor([this](sandbox::Server& server) { check_running(server); });
  }

  void check_takeover() {
    const auto master = result_.successor ? name_of(*result_.successor) : "a";
    if (history_.writable() != master) complain(master + " is not the one that is writable");
    if (const auto missing = history_.missing_on(master); !missing.empty())
      complain(fmt::format("{} lacks {}", master, missing));
  }

  void check_successor(const std::string& master) {
    if (history_.writable() != master) complain(master + " is not the one that is writable");
    for (const auto& [name, rows] : received_) {
      const auto missing = history_.missing_on(master, rows);
      if (missing.empty()) continue;
      if (!is_named(name)) complain(fmt::format("{} had received, and {} lacks: {}", name, master, missing));
      check_kept(servers_.server(name));
    }
    lift_delays();
    for_each_survivor([&](sandbox::Server& server) {
      std::string difference;
      const auto is_equal = [&] {
        difference = is_below(server, master) ? history_.difference(server.name(), master) : "";
        return difference.empty();
      };
      try {
        sandbox::wait_until(is_equal, patience, "the same rows");
      } catch (const topo::Error&) {
        complain(difference);
      }
    });
  }

  // A delayed replica has the same rows when its delay is over.
  void lift_delays() {
    for_each_survivor([this](sandbox::Server& server) {
      const bool is_new = sandbox::says_replica(server.flavour());
      const auto status = server.query(is_new ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS");
      if (!status.empty() && status[0].number_or("SQL_Delay") > 0) scene_.delay(server.name(), 0s);
    });
  }

  // Its replication leads to `master`, through servers that replicate.
  [[nodiscard]] bool is_below(sandbox::Server& server, const std::string& master) {
    auto* at = &server;
    for (std::size_t level = 0; level < servers_.servers().size(); ++level) {
      const auto status = at->replication_status();
      if (!status || !status->running()) return false;
      const auto above = name_of(status->master);
      if (above == master) return true;
      at = &servers_.server(above);
      if (!answers(*at)) return false;
    }
    return false;
  }

  // It still has its master, and what it has received.
  void check_kept(sandbox::Server& server) {
    const auto found = received_.find(server.name());
    if (found == received_.end()) return;
    const auto status = server.replication_status();
    if (!status || status->master != servers_.server("a").key()) {
      complain(server.name() + " has another master, although it has rows that nobody else has");
    } else if (history_.received_by(server.name(), "a").size() < found->second.size()) {
      complain(server.name() + " has lost what it had received");
    }
  }

  void check_running(sandbox::Server& server) {
    if (!ran_[server.name()] || is_named(server.name()) || history_.writable() == server.name()) return;
    const auto status = server.replication_status();
    if (status && status->sql == "No") complain(server.name() + " is left stopped");
  }

  void check_audit() {
    std::string audit;
    for (const auto& entry : moves_.library.context().store().audit().read(0, 100))
      audit += entry.type + "\n";
    const auto* type = scenario_.operation == Operation::recover       ? "recover-dead-master"
                       : scenario_.operation == Operation::make_master ? "make-master"
                                                                       : "graceful-master-takeover";
    if (result_.successor && audit.find(type) == std::string::npos)
      complain("the audit does not tell of the operation");
  }

  const FailureScenario& scenario_;
  const Expected expected_;
  sandbox::Topology servers_;
  RefactoringFixture moves_;
  History history_;
  FailureScene scene_;
  std::map<std::string, bool> ran_;
  std::map<std::string, std::set<std::uint64_t>> received_;
  FailureResult result_;
};

}  // namespace

FailureResult run_failure(const FailureScenario& scenario, sandbox::Flavour flavour, bool gtid) {
  return FailureRun(scenario, flavour, gtid).run();
}

}  // namespace system_test
