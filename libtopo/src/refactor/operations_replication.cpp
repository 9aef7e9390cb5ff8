// Operations on the replication of one instance, and on whether it accepts writes.
#include <fmt/format.h>

#include "refactor/operation_groups.h"

namespace topo::refactor {
namespace {

using Section = MenuEntry::Section;

template <Plan (*MakePlan)(const Topology&, const InstanceKey&)>
Plan plan_by(const PlanInput& in) {
  return MakePlan(in.topology, in.arguments.instance);
}

template <bool ReadOnly>
Plan plan_read_only(const PlanInput& in) {
  return plan_set_read_only(in.topology, in.arguments.instance, ReadOnly);
}

std::string describe_read_only(const OperationReport& report) {
  return fmt::format("set as {}", report.subject.read_only);
}

bool tries_to_replicate(const KnownInstance& known) {
  const auto* channel = known.instance.replication();
  return is_replica(known) &&
         (channel->io_thread == ThreadState::running || channel->sql_thread == ThreadState::running);
}

// The SQL thread has stopped with an error.
bool has_failed(const KnownInstance& known) {
  const auto* channel = known.instance.replication();
  return is_replica(known) && channel->sql_thread != ThreadState::running && !channel->last_sql_error.empty();
}

Operation stop_slave() {
  return {
      .name = "stop-slave",
      .aliases = {"stop-replica"},
      .summary = "Stop the replication of an instance",
      .help = R"(As STOP SLAVE does.

  orchestrator -c stop-slave -i db2.example.com
)",
      .group = OperationGroup::replication,
      .menu = MenuEntry{Section::replication, "Stop replication",
                        "Stops both threads where they are. The instance begins to lag.", tries_to_replicate},
      .plan = plan_by<plan_stop_replication>,
      .answer =
          [](const OperationReport& report) {
            return changed(report, fmt::format("Replica stopped: {}", report.plan.subject.display()));
          },
  };
}

Operation stop_slave_nice() {
  return {
      .name = "stop-slave-nice",
      .aliases = {"stop-replica-nice"},
      .summary = "Stop a replica where it has executed all that it has received",
      .help =
          R"(The replica stops its IO thread, executes what it has received, and stops. If this takes longer than
InstanceBulkOperationsWaitTimeoutSeconds, the command fails and the replica runs as before.

  orchestrator -c stop-slave-nice -i db2.example.com
)",
      .group = OperationGroup::replication,
      .menu =
          MenuEntry{Section::replication, "Stop replication nicely",
                    "Stops the IO thread, executes what has been received, then stops.", tries_to_replicate},
      .plan = plan_by<plan_stop_nicely>,
      .answer =
          [](const OperationReport& report) {
            return changed(report, fmt::format("Replica stopped nicely: {}", report.plan.subject.display()));
          },
  };
}

Operation start_slave() {
  return {
      .name = "start-slave",
      .aliases = {"start-replica"},
      .summary = "Start the replication of an instance",
      .help = R"(As START SLAVE does. It fails when a thread ends at once, and says why.

  orchestrator -c start-slave -i db2.example.com
)",
      .group = OperationGroup::replication,
      .menu = MenuEntry{Section::replication, "Start replication", "Starts both threads of replication.",
                        [](const KnownInstance& known) {
                          return is_replica(known) && !known.instance.replica_running() &&
                                 !is_detached(known.instance);
                        },
                        Danger::none},
      .plan = plan_by<plan_start_replication>,
      .answer =
          [](const OperationReport& report) {
            return changed(report, fmt::format("Replica started: {}", report.plan.subject.display()));
          },
  };
}

Operation restart_slave() {
  return {
      .name = "restart-slave",
      .aliases = {"restart-replica"},
      .summary = "Stop the replication of an instance and start it",
      .help = R"(Its threads connect to the master again.

  orchestrator -c restart-slave -i db2.example.com
)",
      .group = OperationGroup::replication,
      .menu = MenuEntry{Section::replication, "Restart replication", "Stops replication and starts it again.",
                        tries_to_replicate},
      .plan = plan_by<plan_restart_replication>,
      .answer =
          [](const OperationReport& report) {
            return changed(report, fmt::format("Replica restarted: {}", report.plan.subject.display()));
          },
  };
}

Operation skip_query() {
  return {
      .name = "skip-query",
      .summary = "Skip the transaction that broke the replication of an instance",
      .help =
          R"(Only for a replica whose SQL thread has stopped with an error. What is skipped is missing on the replica.

Refused when gtid_mode is ON, because sql_slave_skip_counter cannot be used then. Instead, commit an empty transaction with
the GTID of the failed one on the replica yourself, then start replication (start-slave):

  SET GTID_NEXT = 'UUID:NUMBER'; BEGIN; COMMIT; SET GTID_NEXT = 'AUTOMATIC';

  orchestrator -c skip-query -i db2.example.com
)",
      .group = OperationGroup::replication,
      .menu = MenuEntry{Section::replication, "Skip query",
                        "Skips the transaction that replication failed at, and resumes behind it.",
                        has_failed, Danger::confirm,
                        "What is skipped is missing on this instance, and on all that replicate from it."},
      .plan = plan_by<plan_skip_query>,
      .answer =
          [](const OperationReport& report) {
            return changed(report, fmt::format("Query skipped on {}", report.plan.subject.display()));
          },
  };
}

Operation reset_slave() {
  return {
      .name = "reset-slave",
      .aliases = {"reset-replica"},
      .summary = "Make an instance forget its master permanently",
      .help =
          R"(As RESET SLAVE ALL: the account to replicate with is forgotten too, and the relay log is deleted. Refused while that
holds events that were not executed, and the replica is not connected to its master; -allow-loss gives them up.

  orchestrator -c reset-slave -i db2.example.com
)",
      .group = OperationGroup::replication,
      .may_lose = true,
      .menu =
          MenuEntry{
              Section::replication, "Reset replication",
              "Makes the instance forget its master, its coordinates in the master's log, and the account "
              "to replicate with.",
              is_replica, Danger::type_name, "This cannot be undone: the instance leaves the topology."},
      .audit_type = "reset slave",
      .plan =
          [](const PlanInput& in) { return plan_reset_replica(in.topology, in.arguments.instance, in.loss); },
      .audit =
          [](const OperationReport& report) {
            return fmt::format("{} replication reset. Previous master: {}", report.plan.subject.display(),
                               display_of(report.former_master));
          },
      .answer =
          [](const OperationReport& report) {
            return changed(report, fmt::format("Replica reset on {}", report.plan.subject.display()));
          },
  };
}

Operation detach_slave() {
  return {
      .name = "detach-slave",
      .aliases = {"detach-replica"},
      .summary = "Break the replication of an instance reversibly",
      .help =
          R"(The replica gets impossible coordinates that encode the real ones. A replica that is detached is not changed.
Its relay log is deleted: refused while that holds events that were not executed, and the replica is not connected to its
master; -allow-loss gives them up.

  orchestrator -c detach-slave -i db2.example.com
)",
      .group = OperationGroup::replication,
      .may_lose = true,
      .menu =
          MenuEntry{
              Section::replication, "Detach", "Breaks replication so that it can be undone by Reattach.",
              [](const KnownInstance& known) { return is_replica(known) && !is_detached(known.instance); }},
      .audit_type = "detach slave",
      .plan =
          [](const PlanInput& in) {
            return plan_detach_replica(in.topology, in.arguments.instance, in.loss);
          },
      .answer =
          [](const OperationReport& report) {
            return changed(report, fmt::format("Replica detached: {}", report.plan.subject.display()));
          },
  };
}

Operation reattach_slave() {
  return {
      .name = "reattach-slave",
      .aliases = {"reattach-replica"},
      .summary = "Undo detach-slave",
      .help = R"(A replica that is not detached is not changed.

  orchestrator -c reattach-slave -i db2.example.com
)",
      .group = OperationGroup::replication,
      .menu = MenuEntry{Section::replication, "Reattach", "Undoes Detach: replication resumes where it was.",
                        [](const KnownInstance& known) { return is_detached(known.instance); }},
      .audit_type = "reattach slave",
      .plan = plan_by<plan_reattach_replica>,
      .answer =
          [](const OperationReport& report) {
            return changed(report, fmt::format("Replica reattached: {}", report.plan.subject.display()));
          },
  };
}

Operation set_read_only() {
  return {
      .name = "set-read-only",
      .summary = "Turn read_only on",
      .help = R"(SET GLOBAL read_only = 1.

  orchestrator -c set-read-only -i db2.example.com
)",
      .group = OperationGroup::replication,
      .menu =
          MenuEntry{Section::server, "Set read-only", "Turns read_only on: ordinary accounts cannot write.",
                    [](const KnownInstance& known) { return !known.instance.read_only; }, Danger::none},
      .audit_type = "read-only",
      .plan = plan_read_only<true>,
      .audit = describe_read_only,
      .answer = [](const OperationReport& report) { return changed(report, "Server set as read-only"); },
  };
}

Operation set_writeable() {
  return {
      .name = "set-writeable",
      .summary = "Turn read_only off",
      .help = R"(SET GLOBAL read_only = 0.

  orchestrator -c set-writeable -i db2.example.com
)",
      .group = OperationGroup::replication,
      .menu = MenuEntry{Section::server, "Set writeable",
                        "Turns read_only off: ordinary accounts can write to the instance.",
                        [](const KnownInstance& known) { return known.instance.read_only; }, Danger::confirm,
                        "Writes to a replica make it differ from its master."},
      .audit_type = "read-only",
      .plan = plan_read_only<false>,
      .audit = describe_read_only,
      .answer = [](const OperationReport& report) { return changed(report, "Server set as writeable"); },
  };
}

template <SemiSyncSide Side, bool On>
Plan plan_semi_sync(const PlanInput& in) {
  return plan_set_semi_sync(in.topology, in.arguments.instance, Side, On);
}

template <SemiSyncSide Side, bool On>
Answer answer_semi_sync(const OperationReport& report) {
  return changed(
      report, fmt::format("{} semi-sync set to {}", Side == SemiSyncSide::source ? "master" : "replica", On));
}

// The side is available, and not as it would be then.
template <SemiSyncSide Side, bool On>
bool may_switch(const KnownInstance& known) {
  const auto& state = known.instance.semi_sync;
  if (!state) return false;
  if (Side == SemiSyncSide::source) return state->has_source && state->source_enabled != On;
  return state->has_replica && state->replica_enabled != On;
}

template <SemiSyncSide Side, bool On>
Operation semi_sync_operation(std::string_view name, std::string_view summary, std::string_view help,
                              std::string_view label, std::string_view explanation,
                              std::string_view warning) {
  return {
      .name = name,
      .summary = summary,
      .help = help,
      .group = OperationGroup::replication,
      .menu =
          MenuEntry{Side == SemiSyncSide::source ? Section::server : Section::replication, label, explanation,
                    may_switch<Side, On>, warning.empty() ? Danger::none : Danger::confirm, warning},
      .audit_type = "semi-sync",
      .plan = plan_semi_sync<Side, On>,
      .audit = [](const OperationReport& report) { return answer_semi_sync<Side, On>(report).message; },
      .answer = answer_semi_sync<Side, On>,
  };
}

std::vector<Operation> semi_sync_operations() {
  using enum SemiSyncSide;
  return {
      semi_sync_operation<source, true>(
          "enable-semi-sync-master", "Switch on the source side of semi-synchronous replication",
          R"(Commits on the instance then wait for replicas to acknowledge. The other settings stay as they are.

  orchestrator -c enable-semi-sync-master -i db1.example.com
)",
          "Enable semi-sync as master",
          "Commits wait until replicas acknowledge that they have received them.",
          "Without enough replicas that acknowledge, commits wait until the timeout of the server."),
      semi_sync_operation<source, false>(
          "disable-semi-sync-master", "Switch off the source side of semi-synchronous replication",
          R"(Commits on the instance no longer wait for replicas.

  orchestrator -c disable-semi-sync-master -i db1.example.com
)",
          "Disable semi-sync as master", "Commits no longer wait for replicas.",
          "What is committed then may be lost when the instance dies."),
      semi_sync_operation<replica, true>(
          "enable-semi-sync-replica", "Switch on the replica side of semi-synchronous replication",
          R"(Replication is restarted if its IO thread runs, because only then it begins to acknowledge.

  orchestrator -c enable-semi-sync-replica -i db2.example.com
)",
          "Enable semi-sync as replica", "It acknowledges to its master what it has received.", ""),
      semi_sync_operation<replica, false>(
          "disable-semi-sync-replica", "Switch off the replica side of semi-synchronous replication",
          R"(Replication is restarted if its IO thread runs, because only then it stops to acknowledge.

  orchestrator -c disable-semi-sync-replica -i db2.example.com
)",
          "Disable semi-sync as replica", "It no longer acknowledges to its master.",
          "If its master waits for it, commits there wait until the timeout of the server."),
  };
}

Operation kill_query() {
  return {
      .name = "kill-query",
      .summary = "End a statement that runs on an instance",
      .help = "As KILL QUERY with the process id that long-queries shows.\n",
      .group = OperationGroup::replication,
      .process = Use::required,
      .on_command_line = false,
      .menu = MenuEntry{.section = Section::queries,
                        .label = "Kill query",
                        .explanation =
                            "Ends the statement. What it has changed is rolled back, which may take as "
                            "long as the statement has run.",
                        .has_plan = false},
      .plan =
          [](const PlanInput& in) {
            return plan_kill_query(in.topology, in.arguments.instance, in.arguments.process);
          },
      .audit =
          [](const OperationReport& report) {
            const auto& step = std::get<KillQuery>(report.plan.replica_steps.front().move.front());
            return fmt::format("Killed query {}", step.process);
          },
      .answer =
          [](const OperationReport& report) {
            return changed(report, fmt::format("Query killed on : {}", report.plan.subject.display()));
          },
  };
}

}  // namespace

std::vector<Operation> replication_operations() {
  std::vector<Operation> all{stop_slave(),    stop_slave_nice(), start_slave(),  restart_slave(),
                             skip_query(),    reset_slave(),     detach_slave(), reattach_slave(),
                             set_read_only(), set_writeable(),   kill_query()};
  std::ranges::move(semi_sync_operations(), std::back_inserter(all));
  return all;
}

}  // namespace topo::refactor
