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
  const auto report = session.recovery().recover(key, {.owner = asked.owner, .dry_run = asked.dry_run});
  if (asked.dry_run && !report.plan.empty())
    return Reply::with_details("Dry run of recover: nothing was done", Text{report.plan});
  if (!report.action_taken) {
    session.log().warn(report.outcome);
    auto reply = Reply::with_details(fmt::format("No action taken: {}", report.outcome), key);
    reply.printed = "";
    return reply;
  }
  auto reply = Reply::with_details(fmt::format("Action taken: {}", report.outcome), key);
  reply.printed = "true";
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
          R"(A line is host:port, cluster and the failure: of a master, a co-master, or an intermediate master. By what is
known; instances in maintenance and those that RecoveryIgnoreHostnameFilters name are left out.

  DeadMaster, DeadCoMaster, DeadIntermediateMaster      cannot be reached, and no replica replicates
  DeadMasterAndSomeSlaves, DeadIntermediateMasterAndSomeSlaves
                                                        the same, and some replicas cannot be reached
  DeadMasterWithoutSlaves, DeadMasterAndSlaves          cannot be reached, and there is no replica that can
  UnreachableMaster, UnreachableCoMaster, UnreachableIntermediateMaster
                                                        cannot be reached, but replicas replicate from it
  AllMasterSlavesNotReplicating, AllCoMasterSlavesNotReplicating, AllIntermediateMasterSlavesNotReplicating
                                                        is well, and no replica replicates

The first two kinds are those that `recover` does something about.

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
      R"(The instance and its replicas are read first: nothing is done unless it has failed, which replication-analysis
tells. Replicas of a dead master are gathered below the best of them, as regroup-slaves does it. Replicas of a
dead intermediate master or co-master go below a sibling of it that is as far and alike; if there is none, or
some could not, they are gathered, and go below the master of the failed one. Cluster filters do not count here.
PreFailoverProcesses are run before, and PostFailoverProcesses after it. Prints `true` if something was done.

  orchestrator -c recover -i dead.instance.com --debug
)",
      {"/api/recover/:host/:port?dry-run=:dryRun"}, recover);
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
