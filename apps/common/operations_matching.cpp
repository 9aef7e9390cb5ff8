// Moving replicas about a topology by Pseudo-GTID.
#include <fmt/format.h>

#include "common/catalogue.h"
#include "common/locate.h"
#include "common/refactoring_reply.h"
#include "common/session.h"

namespace orchestrator {
namespace {

using topo::InstanceKey;
using topo::refactor::Report;

std::string itself(const InstanceKey& key) {
  return key.display();
}

std::string master_now(const Report& report) {
  return report.plan.result.empty() ? "" : report.plan.result.front().second.display();
}

// "Instance … matched below … at binlog.000012:4711"
std::string matched(const Report& report) {
  std::string place;
  if (const auto* channel = report.subject.replication()) place = channel->exec.display();
  return fmt::format("Instance {} matched below {} at {}", report.subject.key.display(), master_now(report),
                     place);
}

Reply match_below(Session& session, const Arguments& arguments) {
  const auto key = find_key(session, arguments.instance());
  const auto other = find_key(session, arguments.sibling());
  const auto report = session.refactoring().match_below(key, other, request_of(session, arguments));
  return moved_one(session, report, matched(report));
}

Reply match_up(Session& session, const Arguments& arguments) {
  const auto key = find_key(session, arguments.instance());
  const auto report = session.refactoring().match_up(key, request_of(session, arguments));
  return moved_one(session, report, matched(report));
}

Reply rematch(Session& session, const Arguments& arguments) {
  const auto key = find_key(session, arguments.instance());
  const auto report = session.refactoring().rematch(key, request_of(session, arguments));
  return moved_one(session, report, matched(report));
}

Reply matched_several(Session& session, const Report& report, const InstanceKey& below) {
  return moved_several(session, report,
                       fmt::format("Matched {} slaves of {} below {}", report.outcome.moved.size(),
                                   report.plan.subject.display(), below.display()),
                       below, itself);
}

Reply multi_match_slaves(Session& session, const Arguments& arguments) {
  const auto key = find_key(session, arguments.instance());
  const auto below = find_key(session, arguments.sibling());
  const auto report = session.refactoring().multi_match(key, below, request_of(session, arguments));
  return matched_several(session, report, below);
}

Reply match_up_slaves(Session& session, const Arguments& arguments) {
  const auto key = find_key(session, arguments.instance());
  const auto report = session.refactoring().match_up_replicas(key, request_of(session, arguments));
  return matched_several(session, report, report.subject.master_key());
}

Operation matching_operation(std::string_view name, std::string_view summary, std::string_view help,
                             std::vector<std::string_view> routes, Handler handler) {
  return refactoring_operation(name, summary, help, std::move(routes), std::move(handler));
}

void take_also(Operation& operation, ParameterUse use) {
  operation.parameters.insert(operation.parameters.begin() + 1, use);
}

Operation match_below_op() {
  auto operation = matching_operation(
      "match-below", "Move a replica below any instance that is as far, by Pseudo-GTID",
      R"(The place is found in the binary log of the instance that is named by -s, by the last Pseudo-GTID entry
that the replica has executed, and event by event from there on. The master of the replica is not contacted: it
may be dead. The other instance is not stopped, must have executed all that the replica has, and must not be
below it. PseudoGTIDPattern has to be set.

  orchestrator -c match-below -i db3.example.com -s db2.example.com
)",
      {"/api/match-below/:host/:port/:belowHost/:belowPort?dry-run=:dryRun"}, match_below);
  take_also(operation, {Parameter::sibling, Need::required});
  return operation;
}

Operation match_up_op() {
  return matching_operation("match-up", "Make a replica a sibling of its master, by Pseudo-GTID",
                            R"(Its master is not contacted: it may be dead. Its grandparent must be alive.

  orchestrator -c match-up -i db3.example.com
)",
                            {"/api/match-up/:host/:port?dry-run=:dryRun"}, match_up);
}

Operation rematch_op() {
  return matching_operation(
      "rematch", "Find the place of a replica below its own master anew, by Pseudo-GTID",
      R"(For a replica that lost its coordinates in a crash, while its own binary log still tells what it has executed.

  orchestrator -c rematch -i db3.example.com
)",
      {"/api/rematch/:host/:port?dry-run=:dryRun"}, rematch);
}

Operation multi_match_slaves_op() {
  auto operation = matching_operation(
      "multi-match-slaves", "Move all replicas of an instance below another one, by Pseudo-GTID",
      R"(As match-below for each; of replicas that stand at the same place only one is matched. The instance of -i is
not contacted: it may be dead. That of -s may be one of its replicas. A replica that is further than it stays.
-pattern picks those whose host:port it matches.

  orchestrator -c multi-match-slaves -i dead.example.com -s db2.example.com
)",
      {"/api/multi-match-slaves/:host/:port/:belowHost/:belowPort?pattern=:pattern&dry-run=:dryRun"},
      multi_match_slaves);
  operation.aliases = {"multi-match-replicas"};
  operation.parameters.front().need = Need::required;
  take_also(operation, {Parameter::sibling, Need::required});
  take_also(operation, {Parameter::pattern, Need::optional});
  return operation;
}

Operation match_up_slaves_op() {
  auto operation = matching_operation(
      "match-up-slaves", "Make all replicas of an instance its siblings, by Pseudo-GTID",
      R"(The instance is not contacted: it may be dead. -pattern picks those whose host:port it matches.

  orchestrator -c match-up-slaves -i dead.example.com
)",
      {"/api/match-up-slaves/:host/:port?pattern=:pattern&dry-run=:dryRun"}, match_up_slaves);
  operation.aliases = {"match-up-replicas"};
  operation.parameters.front().need = Need::required;
  take_also(operation, {Parameter::pattern, Need::optional});
  return operation;
}

}  // namespace

Catalogue matching_operations() {
  return {match_below_op(), match_up_op(), rematch_op(), multi_match_slaves_op(), match_up_slaves_op()};
}

}  // namespace orchestrator
