#include "system/support/lost_master.h"

#include <fmt/format.h>

#include <random>
#include <stdexcept>
#include <thread>

#include "sandbox/topology.h"
#include "sandbox/wait.h"
#include "system/support/load.h"
#include "system/support/pseudo_gtid.h"
#include "system/support/refactoring_fixture.h"

namespace system_test {
namespace {

const std::vector<std::string> direct{"b", "c", "d"};
const std::vector<std::string> replicas{"b", "c", "d", "e", "f"};

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}

class Round {
 public:
  explicit Round(const LostMasterOptions& options)
      : options_(options),
        random_(options.seed),
        servers_("a > b, a > c, a > d, b > e, c > f", sandbox_options()) {}

  LostMasterResult run() {
    auto moves =
        std::make_unique<RefactoringFixture>(servers_, with_pseudo_gtid(configuration_for(servers_)));
    LostMasterResult result;
    {
      Load load(servers_.server("a"), 3, options_.seed);
      moves->library.discover("a");
      disturb(load);
      servers_.server("a").kill9();
      load.stop();
      result.transactions = load.committed();
    }
    const auto began = std::chrono::steady_clock::now();
    const auto report = moves->refactoring.run("regroup-slaves", {moves->library.key("a")}, {});
    result.regrouping = std::chrono::steady_clock::now() - began;
    check(report);
    for (const auto& strand : report.plan.replica_steps) {
      if (strand.move.empty()) continue;
      const auto& change = std::get<topo::ChangeMaster>(strand.move.front());
      ++(change.from.kind == topo::PlanCoordinates::Kind::matched ? result.matched : result.equal);
    }
    promote(*moves, report.plan.candidate.value());
    return result;
  }

 private:
  sandbox::Options sandbox_options() const {
    auto made = options_of(options_.flavour);
    made.format = options_.format;
    made.pseudo_gtid = true;
    made.extra_server_options = {"--max-binlog-size=1048576", "--max-relay-log-size=1048576"};
    return made;
  }

  // Under write load: lets some transactions pass, then stops threads of a replica, and so on.
  void disturb(Load& load) {
    const std::string word = sandbox::says_replica(options_.flavour) ? "replica" : "slave";
    const auto some_pass = [&] {
      const auto goal = load.committed() + 50 + random_() % 400;
      sandbox::wait_until([&] { return load.committed() >= goal; }, std::chrono::seconds(60), "transactions");
    };
    some_pass();
    for (const auto& name : direct) {
      some_pass();
      constexpr const char* what[] = {"", " io_thread", " sql_thread"};
      const auto chosen = random_() % 4;
      if (chosen < std::size(what))
        servers_.server(name).execute(fmt::format("stop {}{}", word, what[chosen]));
    }
    some_pass();
  }

  void check(const topo::refactor::OperationReport& report) {
    if (!report.outcome.leftovers.empty()) fail("left: " + report.outcome.leftovers.front().sentence);
    if (!report.outcome.failed.empty()) fail("failed: " + report.outcome.failed.front().reason);
    if (!report.plan.refused.empty()) fail("refused: " + report.plan.refused.front().second.reason);
    for (const auto& name : direct) {
      auto& server = servers_.server(name);
      if (server.key() == report.plan.candidate) continue;
      const auto status = server.replication_status();
      if (!status || status->master != report.plan.candidate) fail(name + " is not below the chosen one");
      if (!server.replicates()) fail(fmt::format("{} does not run: {}", name, status->error));
    }
  }

  void promote(RefactoringFixture& moves, const topo::InstanceKey& candidate) {
    moves.refactoring.run("reset-slave", {candidate}, {});
    moves.refactoring.run("set-writeable", {candidate}, {});
    sandbox::Server* master = nullptr;
    for (const auto& name : direct) {
      if (servers_.server(name).key() == candidate) master = &servers_.server(name);
    }
    for (int i = 0; i < 20; ++i)
      master->execute(fmt::format("insert into load_one.orders values ({}, 1, 'after')", -1 - i));
    servers_.wait_for_replication(std::chrono::seconds(60));
    const auto expected = checksums_of_load(*master);
    for (const auto& name : replicas) {
      if (const auto found = checksums_of_load(servers_.server(name)); found != expected)
        fail(fmt::format("the rows of {} differ from those of {}:\n{}\n{}", name, master->name(), found,
                         expected));
    }
  }

  const LostMasterOptions options_;
  std::mt19937_64 random_;
  sandbox::Topology servers_;
};

}  // namespace

LostMasterResult lose_master(const LostMasterOptions& options) {
  return Round(options).run();
}

}  // namespace system_test
