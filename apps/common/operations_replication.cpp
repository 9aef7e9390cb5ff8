// The replication of one instance: stopping, starting, skipping, detaching; and whether it may be written.
#include <fmt/format.h>

#include <charconv>

#include "common/catalogue.h"
#include "common/locate.h"
#include "common/refactoring_reply.h"
#include "common/session.h"
#include "topo/base/error.h"

namespace orchestrator {
namespace {

using topo::InstanceKey;
using topo::refactor::Refactoring;
using topo::refactor::Report;
using topo::refactor::Request;

using Act = std::function<Report(Refactoring&, const InstanceKey&, const Request&)>;

// `message` has a place for the instance.
Handler acting(Act act, std::string_view message) {
  return [act = std::move(act), message](Session& session, const Arguments& arguments) {
    const auto key = find_key_to_change(session, arguments.instance());
    const auto report = act(session.refactoring(), key, request_of(session, arguments));
    if (report.was_dry_run) return dry_run_reply(report);
    auto reply = Reply::with_details(fmt::format(fmt::runtime(message), key.display()), live(report.subject));
    reply.printed = key.display();
    return told(session, report, std::move(reply));
  };
}

Operation replication_operation(std::string_view name, std::string_view alias, std::string_view summary,
                                std::string_view help, std::vector<std::string_view> routes, Act act,
                                std::string_view message) {
  auto operation =
      refactoring_operation(name, summary, help, std::move(routes), acting(std::move(act), message));
  operation.group = Group::replication;
  if (!alias.empty()) operation.aliases = {alias};
  return operation;
}

Operation stop_slave_op() {
  return replication_operation(
      "stop-slave", "stop-replica", "Stop the replication of an instance", R"(As STOP SLAVE does.

  orchestrator -c stop-slave -i db2.example.com
)",
      {"/api/stop-slave/:host/:port?dry-run=:dryRun"},
      [](auto& refactoring, const auto& key, const auto& request) { return refactoring.stop(key, request); },
      "Slave stopped: {}");
}

Operation stop_slave_nice_op() {
  return replication_operation(
      "stop-slave-nice", "stop-replica-nice", "Stop a replica where it has executed all that it has fetched",
      R"(It stops fetching, executes what it has, and stops; within InstanceBulkOperationsWaitTimeoutSeconds, or it
fails and the replica runs as before.

  orchestrator -c stop-slave-nice -i db2.example.com
)",
      {"/api/stop-slave-nice/:host/:port?dry-run=:dryRun"},
      [](auto& refactoring, const auto& key, const auto& request) {
        return refactoring.stop_nicely(key, request);
      },
      "Slave stopped nicely: {}");
}

Operation start_slave_op() {
  return replication_operation(
      "start-slave", "start-replica", "Start the replication of an instance",
      R"(As START SLAVE does. It fails when a thread ends at once, and says why.

  orchestrator -c start-slave -i db2.example.com
)",
      {"/api/start-slave/:host/:port?dry-run=:dryRun"},
      [](auto& refactoring, const auto& key, const auto& request) { return refactoring.start(key, request); },
      "Slave started: {}");
}

Operation restart_slave_op() {
  return replication_operation(
      "restart-slave", "restart-replica", "Stop the replication of an instance and start it",
      R"(Its threads connect to the master anew.

  orchestrator -c restart-slave -i db2.example.com
)",
      {"/api/restart-slave/:host/:port?dry-run=:dryRun"},
      [](auto& refactoring, const auto& key, const auto& request) {
        return refactoring.restart(key, request);
      },
      "Slave restarted: {}");
}

Operation skip_query_op() {
  return replication_operation(
      "skip-query", "", "Leave out the transaction that broke the replication of an instance",
      R"(Only for a replica whose SQL thread has ended with an error. What is left out is missing on the replica.
Where gtid_mode is ON it is refused: an empty transaction has to take its place.

  orchestrator -c skip-query -i db2.example.com
)",
      {"/api/skip-query/:host/:port?dry-run=:dryRun"},
      [](auto& refactoring, const auto& key, const auto& request) {
        return refactoring.skip_query(key, request);
      },
      "Query skipped on {}");
}

Operation reset_slave_op() {
  return replication_operation(
      "reset-slave", "reset-replica", "Let an instance replicate from nobody, for good",
      R"(As RESET SLAVE ALL: the account to replicate with is forgotten too.

  orchestrator -c reset-slave -i db2.example.com
)",
      {"/api/reset-slave/:host/:port?dry-run=:dryRun"},
      [](auto& refactoring, const auto& key, const auto& request) { return refactoring.reset(key, request); },
      "Slave reset on {}");
}

Operation detach_slave_op() {
  return replication_operation(
      "detach-slave", "detach-replica", "Break the replication of an instance so that it can be undone",
      R"(The replica goes to a place that cannot be, which tells the real one. Nothing is done to one that is detached.

  orchestrator -c detach-slave -i db2.example.com
)",
      {"/api/detach-slave/:host/:port?dry-run=:dryRun"},
      [](auto& refactoring, const auto& key, const auto& request) {
        return refactoring.detach(key, request);
      },
      "Slave detached: {}");
}

Operation reattach_slave_op() {
  return replication_operation(
      "reattach-slave", "reattach-replica", "Undo detach-slave",
      R"(Nothing is done to a replica that is not detached.

  orchestrator -c reattach-slave -i db2.example.com
)",
      {"/api/reattach-slave/:host/:port?dry-run=:dryRun"},
      [](auto& refactoring, const auto& key, const auto& request) {
        return refactoring.reattach(key, request);
      },
      "Slave reattached: {}");
}

Operation set_read_only_op() {
  return replication_operation(
      "set-read-only", "", "Set read_only on an instance", R"(SET GLOBAL read_only = 1.

  orchestrator -c set-read-only -i db2.example.com
)",
      {"/api/set-read-only/:host/:port?dry-run=:dryRun"},
      [](auto& refactoring, const auto& key, const auto& request) {
        return refactoring.set_read_only(key, true, request);
      },
      "Server set as read-only");
}

Operation set_writeable_op() {
  return replication_operation(
      "set-writeable", "", "Set read_only off on an instance", R"(SET GLOBAL read_only = 0.

  orchestrator -c set-writeable -i db2.example.com
)",
      {"/api/set-writeable/:host/:port?dry-run=:dryRun"},
      [](auto& refactoring, const auto& key, const auto& request) {
        return refactoring.set_read_only(key, false, request);
      },
      "Server set as writeable");
}

Reply kill_query(Session& session, const Arguments& arguments) {
  const auto text = arguments.text(Parameter::process);
  std::uint64_t process = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), process);
  if (error != std::errc{} || end != text.data() + text.size() || process == 0) {
    throw topo::Error(topo::Code::invalid_argument,
                      fmt::format("\"{}\" is no process id: expected a number as in the process list", text));
  }
  const auto key = find_key_to_change(session, arguments.instance());
  const auto report = session.refactoring().kill_query(key, process, request_of(session, arguments));
  if (report.was_dry_run) return dry_run_reply(report);
  return Reply::with_details(fmt::format("Query killed on : {}", key.display()), live(report.subject));
}

Operation kill_query_op() {
  auto operation =
      refactoring_operation("kill-query", "End a statement that runs on an instance",
                            "As KILL QUERY with the process id that long-queries tells.\n",
                            {"/api/kill-query/:host/:port/:process?dry-run=:dryRun"}, kill_query);
  operation.group = Group::replication;
  operation.on_command_line = false;
  operation.parameters.push_back({Parameter::process, Need::required});
  return operation;
}

}  // namespace

Catalogue replication_operations() {
  return {stop_slave_op(),    stop_slave_nice_op(), start_slave_op(),  restart_slave_op(),
          skip_query_op(),    reset_slave_op(),     detach_slave_op(), reattach_slave_op(),
          set_read_only_op(), set_writeable_op(),   kill_query_op()};
}

}  // namespace orchestrator
