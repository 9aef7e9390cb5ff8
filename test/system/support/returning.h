// A former master that answers again, while another master has taken its place.
#pragma once

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/wait.h"
#include "system/support/matching.h"
#include "topo/context.h"
#include "topo/recovery/recovery.h"
#include "topo/store/store.h"
#include "topo/topology/status.h"

namespace system_test {

// The master `a`, which has died and been recovered, while continuous discovery polls each instance once in
// ten minutes.
struct Returning {
  Returning(sandbox::Flavour flavour, bool gtid, bool makes_read_only = true, bool injects = false)
      : servers("a > b, a > c", options_of(flavour, gtid),
                [&](topo::Configuration& configuration, const sandbox::Topology&) {
                  configuration.instance_poll = std::chrono::minutes(10);
                  configuration.make_returned_masters_read_only = makes_read_only;
                  configuration.auto_pseudo_gtid = injects;
                  configuration.auto_pseudo_gtid_interval = std::chrono::seconds(1);
                  configuration.detect_pseudo_gtid_query = "SELECT 1 FROM meta.pseudo_gtid_status";
                  if (injects) configuration.pseudo_gtid_pattern.clear();
                }),
        recovery(servers.library().context(), servers.refactoring(), topo::NodeIdentity::make("test", "0"),
                 [this](const topo::InstanceKey& key) { return servers.library().discovery().refresh(key); }),
        is_by_gtid(gtid) {
    servers["a"].execute("CREATE DATABASE shop");
    servers["a"].execute("CREATE TABLE shop.orders (id INT PRIMARY KEY)");
    if (!gtid) servers["a"].execute("DROP EVENT meta.create_pseudo_gtid_event");
    servers.topology().wait_for_replication();
    servers.library().start_continuous();
    servers["a"].kill9();
    const auto is_noticed = [&] { return !servers["b"].replicates() && !servers["c"].replicates(); };
    sandbox::wait_until(is_noticed, sandbox::patience, "the replicas to notice");
    const auto report = recovery.recover(servers.key("a"), {});
    REQUIRE(report.successor);
    successor = report.successor == servers.key("b") ? "b" : "c";
  }

  [[nodiscard]] std::int64_t global(const char* variable, const char* name = "a") {
    return servers[name].query(std::string("SELECT @@global.") + variable + " AS v")[0].number_or("v");
  }
  [[nodiscard]] std::optional<topo::KnownInstance> known() { return servers.library().known("a"); }
  [[nodiscard]] topo::Problem problem() {
    return topo::problem_of(*known(), topo::status_limits(servers.library().context().configuration()));
  }
  [[nodiscard]] std::vector<topo::InstanceKey> formers() {
    return servers.library().context().store().former_masters().all();
  }
  void await_read_only() {
    const auto is_done = [&] {
      return global("read_only") == 1 && servers.library().context().store().maintenance().active().empty();
    };
    sandbox::wait_until(is_done, std::chrono::seconds(15), "the former master to be read-only");
  }
  void await_returned() {
    sandbox::wait_until([&] { return problem() == topo::Problem::returned; }, std::chrono::seconds(15),
                        "the former master to be shown as returned");
  }
  // With long poll intervals, only former masters are polled.
  void await_polls(std::uint64_t count) {
    const auto before = servers.library().discovery().statistics().polls;
    const auto are_done = [&] { return servers.library().discovery().statistics().polls >= before + count; };
    sandbox::wait_until(are_done, sandbox::patience, "former masters to be polled");
  }
  topo::refactor::OperationReport rejoin(bool dry_run = false, bool allow_errant = false) {
    topo::refactor::OperationRequest request;
    request.dry_run = dry_run;
    request.allow_errant = allow_errant;
    request.account.emplace();
    request.account->user = sandbox::replication_account.user;
    request.account->password = sandbox::replication_account.password;
    topo::refactor::OperationArguments arguments{servers.key("a"), {}};
    if (names_master) arguments.target = servers.key(successor);
    return servers.refactoring().run("rejoin", arguments, request);
  }
  bool names_master = true;  // where it rejoins
  void take_over(const std::string& next) {
    topo::refactor::OperationRequest request;
    request.account.emplace();
    request.account->user = sandbox::replication_account.user;
    request.account->password = sandbox::replication_account.password;
    servers.refactoring().run("graceful-master-takeover-auto", {servers.key(successor), servers.key(next)},
                              request);
  }
  [[nodiscard]] std::string audit() {
    std::string text;
    for (const auto& entry : servers.library().context().store().audit().read(0, 100))
      text += servers.library().with_names(entry.type + " " + entry.message) + "\n";
    return text;
  }

  MatchedServers servers;
  topo::recovery::Recovery recovery;
  std::string successor;
  bool is_by_gtid;
};

}  // namespace system_test
