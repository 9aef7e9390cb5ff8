// Failed masters: failure analysis, and recovery of their replicas.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/logger.h>

#include <optional>
#include <variant>

#include "common/catalogue.h"
#include "common/locate.h"
#include "common/refactoring_reply.h"
#include "common/session.h"
#include "topo/recovery/recovery.h"

namespace orchestrator {
namespace {

Reply replication_analysis(Session& session, const Arguments&) {
  return Reply::with_details("Analysis", topo::recovery::analyse_all(session.context()));
}

Reply recovery_reply(Session& session, const topo::InstanceKey& key,
                     const topo::recovery::RecoveryReport& report) {
  if (!report.plan.empty())
    return Reply::with_details("Dry run of recover: nothing was done", Text{report.plan});
  if (!report.action_taken) {
    session.log().warn(report.outcome);
    auto reply = Reply::with_details(fmt::format("No action taken: {}", report.outcome), key);
    reply.printed = "";
    if (report.was_refused) reply.failure = topo::Code::refused;
    return reply;
  }
  auto reply =
      Reply::with_details(fmt::format("Action taken: {}", report.outcome), report.successor.value_or(key));
  reply.steps = report.steps;
  reply.printed = report.successor ? report.successor->display() : "true";
  for (const auto& warning : report.warnings) session.log().warn(warning);
  if (report.errors.empty()) return reply;
  for (const auto& error : report.errors) session.log().error(error);
  reply.failure = topo::Code::refused;
  reply.message += fmt::format("; some problems remain: {}", fmt::join(report.errors, "; "));
  return reply;
}

Reply recover(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  const auto asked = topo::recovery::recovery_request(request_of(session, arguments));
  return recovery_reply(session, key, session.recovery().recover(key, asked));
}

Reply replace_by_force(Session& session, const Arguments& arguments, const topo::InstanceKey& master,
                       const std::optional<topo::InstanceKey>& designated) {
  auto request = request_of(session, arguments);
  request.account = account_of(session, arguments);
  const auto report = session.recovery().replace_by_force(master, designated, request);
  if (const auto* operation = std::get_if<topo::refactor::OperationReport>(&report))
    return operation->was_dry_run ? dry_run_reply(*operation) : reply_of(session, *operation);
  auto reply = recovery_reply(session, master, std::get<topo::recovery::RecoveryReport>(report));
  // Nothing was done, so that there is no new master.
  if (!request.dry_run && (!reply.printed || reply.printed->empty())) reply.failure = topo::Code::refused;
  return reply;
}

Reply force_master_failover(Session& session, const Arguments& arguments) {
  return replace_by_force(session, arguments, master_named(session, arguments), std::nullopt);
}

Reply force_master_takeover(Session& session, const Arguments& arguments) {
  const auto master = master_named(session, arguments);
  const auto designated = find_instance(session, arguments.sibling()).instance.key;
  return replace_by_force(session, arguments, master, designated);
}

Operation replication_analysis_op() {
  return {
      .name = "replication-analysis",
      .group = Group::recovery,
      .summary = "List the failed masters with their failures",
      .help =
          R"(A line has the form `host:port (cluster NAME): FAILURE`, such as `db1:3306 (cluster db1:3306): DeadMaster`. The
failures of masters, co-masters and intermediate masters are derived from the stored state. Instances in maintenance,
and hosts that match RecoveryIgnoreHostnameFilters, are left out.

  DeadMaster, DeadCoMaster, DeadIntermediateMaster      cannot be reached, and no replica replicates
  DeadMasterAndSomeSlaves, DeadIntermediateMasterAndSomeSlaves
                                                        the same, and some replicas cannot be reached
  DeadMasterWithoutSlaves, DeadMasterAndSlaves          cannot be reached, and there is no replica that can
  UnreachableMaster, UnreachableCoMaster, UnreachableIntermediateMaster
                                                        cannot be reached, but replicas replicate from it
  UnreachableMasterWithConnectedSlaves, UnreachableCoMasterWithConnectedSlaves,
  UnreachableIntermediateMasterWithConnectedSlaves      cannot be reached; no replica replicates, but the IO thread of
                                                        some is connected to it
  InaccessibleMaster, InaccessibleCoMaster, InaccessibleIntermediateMaster
                                                        is alive, and answers with an error, such as "Too many
                                                        connections" or "Access denied"
  UncheckedMaster, UncheckedCoMaster, UncheckedIntermediateMaster
                                                        could not be asked, as its name does not resolve or for
                                                        another reason on this side; no replica replicates
  AllMasterSlavesNotReplicating, AllCoMasterSlavesNotReplicating, AllIntermediateMasterSlavesNotReplicating
                                                        is alive, and no replica replicates

`recover` acts on DeadMaster, DeadMasterAndSomeSlaves, DeadIntermediateMaster, DeadIntermediateMasterAndSomeSlaves
and DeadCoMaster.

  orchestrator -c replication-analysis
)",
      .routes = {"/api/replication-analysis"},
      .cacheable = true,
      .returns = returns_details<AnalysisList>(),
      .handler = replication_analysis};
}

Operation recover_op() {
  auto operation = refactoring_operation(
      "recover", "Recover the replicas of a dead master",
      R"(The instance and its replicas are read first; if the instance has not failed, as replication-analysis reports it,
nothing is done. The replicas of a dead master are gathered below the best of them, as by regroup-slaves, and that one
becomes the master: writable, with its replication reset, unless ApplyMySQLPromotionAfterMasterFailover is false.
Refused without evidence of death, which make-master describes; -force goes on without it, and is in the audit, but
not if the instance can be read, or another one has taken its place already.
Where one of them has events that the new master would lack, nothing is moved; with -allow-loss that replica is
left as it is, with its relay log. If one of two co-masters is dead, the other one is the only master if it takes writes
or has all that the replicas of the dead one have received; otherwise the best of these replicas becomes the master, and
the co-master goes below it. The replicas of a dead intermediate master are moved below a similar sibling of the dead instance that has executed at least as much. If there is no such sibling, or some
replicas cannot be moved there, the remaining replicas are gathered, and moved below the master of the dead
instance.

RecoverMasterClusterFilters and RecoverIntermediateMasterClusterFilters have no effect on this command.
PreFailoverProcesses are run before the recovery, and PostFailoverProcesses after it. Prints the new master, or `true` if
the replicas have several; nothing if nothing was done, which is an error if the instance has failed. -dry-run prints
the plan.

  orchestrator -c recover -i dead.example.com -dry-run
  orchestrator -c recover -i dead.example.com
)",
      {"/api/recover/:host/"
       ":port?allow-loss=:allowLoss&force=:force&allow-errant=:allowErrant&dry-run=:dryRun"},
      recover);
  for (const auto parameter : {Parameter::allow_loss, Parameter::force, Parameter::allow_errant})
    operation.parameters.push_back({parameter, Need::optional});
  operation.group = Group::recovery;
  operation.menu = topo::refactor::MenuEntry{
      .section = topo::refactor::MenuEntry::Section::recovery,
      .label = "Recover",
      .explanation =
          "Reads the instance and its replicas again, then moves the replicas if the instance has failed."};
  operation.parameters.front().need = Need::required;
  return operation;
}

Operation forced_operation(std::string_view name, std::string_view summary, std::string_view help,
                           bool is_designated, Handler handler) {
  constexpr std::string_view query =
      "?allow-loss=:allowLoss&kill=:kill&allow-errant=:allowErrant&dry-run=:dryRun";
  std::vector<std::string> routes;
  for (const auto* named : {"/:host/:port", "/:clusterName"})
    routes.push_back(
        fmt::format("/api/{}{}{}{}", name, named, is_designated ? "/:belowHost/:belowPort" : "", query));
  auto operation = refactoring_operation(name, summary, help, std::move(routes), std::move(handler));
  operation.group = Group::recovery;
  operation.parameters = {{Parameter::cluster, Need::required}, {Parameter::instance, Need::optional}};
  if (is_designated) operation.parameters.push_back({Parameter::sibling, Need::required});
  for (const auto parameter : {Parameter::allow_loss, Parameter::end_clients, Parameter::allow_errant,
                               Parameter::owner, Parameter::dry_run})
    operation.parameters.push_back({parameter, Need::optional});
  add_account_parameters(operation.parameters);
  return operation;
}

Operation force_master_failover_op() {
  return forced_operation(
      "force-master-failover",
      "Replace the master of a cluster by its best replica, without evidence of its death",
      R"(-i names the master, its cluster, or any instance of it. A master that does not answer is presumed dead, as by
recover -force, also if it is one of two co-masters, and its successor becomes the master whatever
ApplyMySQLPromotionAfterMasterFailover says. A master that
answers becomes read-only first, as by graceful-master-takeover, which may need -replication-credentials, and
replicates from the new master once start-slave is called. A
master that answers with an error is not replaced, because it cannot be made read-only. Prints the new master.

  orchestrator -c force-master-failover -i shop
)",
      false, force_master_failover);
}

Operation force_master_takeover_op() {
  return forced_operation(
      "force-master-takeover",
      "Replace the master of a cluster by a given replica, without evidence of its death",
      R"(As force-master-failover, for the replica that -s (or -d) names, which must replicate from the master directly.
A master that does not answer is presumed dead, as by make-master -force.

  orchestrator -c force-master-takeover -i shop -d db2.example.com
)",
      true, force_master_takeover);
}

}  // namespace

Catalogue recovery_operations() {
  return {replication_analysis_op(), recover_op(), force_master_failover_op(), force_master_takeover_op()};
}

}  // namespace orchestrator
