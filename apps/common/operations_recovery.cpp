// Failed masters: failure analysis, and recovery of their replicas.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/logger.h>

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

Reply recover(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  const auto asked = request_of(session, arguments);
  const auto report = session.recovery().recover(key, {.owner = asked.owner,
                                                       .dry_run = asked.dry_run,
                                                       .loss = asked.loss,
                                                       .allow_errant = asked.allow_errant});
  if (asked.dry_run && !report.plan.empty())
    return Reply::with_details("Dry run of recover: nothing was done", Text{report.plan});
  if (!report.action_taken) {
    session.log().warn(report.outcome);
    auto reply = Reply::with_details(fmt::format("No action taken: {}", report.outcome), key);
    reply.printed = "";
    return reply;
  }
  auto reply = Reply::with_details(fmt::format("Action taken: {}", report.outcome), key);
  reply.printed = report.successor ? report.successor->display() : "true";
  if (report.errors.empty()) return reply;
  for (const auto& error : report.errors) session.log().error(error);
  reply.failure = topo::Code::refused;
  reply.message += fmt::format("; some problems remain: {}", fmt::join(report.errors, "; "));
  return reply;
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
Where one of them has events that the new master would lack, nothing is moved; with -allow-loss that replica is
left as it is, with its relay log. The replicas of a dead intermediate master or co-master are moved below a
similar sibling of the dead instance that has executed at least as much. If there is no such sibling, or some
replicas cannot be moved there, the remaining replicas are gathered, and moved below the master of the dead
instance.

RecoverMasterClusterFilters and RecoverIntermediateMasterClusterFilters have no effect on this command.
PreFailoverProcesses are run before the recovery, and PostFailoverProcesses after it. Prints the new master, or `true` if
the replicas have several; nothing if nothing was done. -dry-run prints the plan.

  orchestrator -c recover -i dead.example.com -dry-run
  orchestrator -c recover -i dead.example.com
)",
      {"/api/recover/:host/:port?allow-loss=:allowLoss&allow-errant=:allowErrant&dry-run=:dryRun"}, recover);
  for (const auto parameter : {Parameter::allow_loss, Parameter::allow_errant})
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

}  // namespace

Catalogue recovery_operations() {
  return {replication_analysis_op(), recover_op()};
}

}  // namespace orchestrator
