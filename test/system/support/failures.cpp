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

bool lifts_delays(sandbox::Flavour flavour, bool gtid) {
  if (flavour == sandbox::Flavour::mysql_5_6) return !gtid;
  return gtid || sandbox::says_replica(flavour);
}

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
    auto options = options_of(flavour, gtid);
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
