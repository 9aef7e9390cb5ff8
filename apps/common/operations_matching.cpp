// Moving replicas about a topology by Pseudo-GTID.
#include <fmt/format.h>

#include <algorithm>

#include "common/catalogue.h"
#include "common/locate.h"
#include "common/refactoring_reply.h"
#include "common/session.h"

namespace orchestrator {
namespace {

using topo::InstanceKey;
using topo::refactor::Report;

std::string master_now(const Report& report) {
  return report.plan.result.empty() ? "" : report.plan.result.front().second.display();
}

// "Instance … matched below … at binlog.000012:4711", or "up"
std::string matched(const Report& report, std::string_view whither) {
  std::string place;
  if (const auto* channel = report.subject.replication()) place = channel->exec.display();
  return fmt::format("Instance {} matched {} at {}", report.subject.key.display(), whither, place);
}

std::string matched_below(const Report& report) {
  return matched(report, "below " + master_now(report));
}

Reply match_below(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  const auto other = find_destination(session, arguments.sibling());
  const auto report = session.refactoring().match_below(key, other, request_of(session, arguments));
  return moved_one(session, report, matched_below(report));
}

Reply match_up(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  const auto report = session.refactoring().match_up(key, request_of(session, arguments));
  return moved_one(session, report, matched(report, "up"));
}

Reply rematch(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  const auto report = session.refactoring().rematch(key, request_of(session, arguments));
  return moved_one(session, report, matched_below(report));
}

Reply matched_several(Session& session, const Report& report, const InstanceKey& below) {
  return moved_several(session, report,
                       fmt::format("Matched {} slaves of {} below {}", report.outcome.moved.size(),
                                   report.plan.subject.display(), below.display()),
                       below, itself);
}

Reply multi_match_slaves(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  const auto below = find_destination(session, arguments.sibling());
  const auto report = session.refactoring().multi_match(key, below, request_of(session, arguments));
  return matched_several(session, report, below);
}

Reply match_up_slaves(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  const auto report = session.refactoring().match_up_replicas(key, request_of(session, arguments));
  return matched_several(session, report, report.subject.master_key());
}

// How the others stood to the one that was chosen.
struct Tally {
  std::size_t lost = 0, equal = 0, matched = 0;
};

Tally tally(const Report& report) {
  Tally tally;
  tally.lost = report.plan.refused.size() + report.outcome.failed.size();
  for (const auto& strand : report.plan.strands) {
    const auto& moved = report.outcome.moved;
    if (strand.move.empty() || std::find(moved.begin(), moved.end(), strand.replica) == moved.end()) continue;
    const auto* change = std::get_if<topo::ChangeMaster>(&strand.move.front());
    const bool is_matched = change != nullptr && change->from.kind == topo::Place::Kind::matched;
    ++(is_matched ? tally.matched : tally.equal);
  }
  return tally;
}

Reply regroup_slaves(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  auto request = request_of(session, arguments);
  const auto& print = session.line_printer();
  if (print && !request.dry_run)
    request.on_candidate = [&](const InstanceKey& candidate) { print(candidate.display()); };
  const auto report = session.refactoring().regroup_replicas(key, request);
  if (report.was_dry_run) return dry_run_reply(report);
  const auto [lost, equal, matched_count] = tally(report);
  const auto outcome = fmt::format("{} lost: {}, trivial: {}, pseudo-gtid: {}",
                                   report.plan.candidate.display(), lost, equal, matched_count);
  auto reply = Reply::with_details(fmt::format("promoted slave: {}, lost: {}, trivial: {}, pseudo-gtid: {}",
                                               report.plan.candidate.display(), lost, equal, matched_count),
                                   report.plan.candidate);
  reply.printed = outcome;
  return told(session, report, std::move(reply));
}

Reply make_master(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  const auto report = session.refactoring().make_master(key, request_of(session, arguments));
  if (report.was_dry_run) return dry_run_reply(report);
  auto reply =
      Reply::with_details(fmt::format("Instance {} now made master", key.display()), live(report.subject));
  reply.printed = key.display();
  return told(session, report, std::move(reply));
}

Reply make_local_master(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  const auto report = session.refactoring().make_local_master(key, request_of(session, arguments));
  if (report.was_dry_run) return dry_run_reply(report);
  auto reply = Reply::with_details(fmt::format("Instance {} now made local master", key.display()),
                                   live(report.subject));
  reply.printed = key.display();
  return told(session, report, std::move(reply));
}

Operation match_below_op() {
  auto operation = refactoring_operation(
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
  return refactoring_operation("match-up", "Make a replica a sibling of its master, by Pseudo-GTID",
                               R"(Its master is not contacted: it may be dead. Its grandparent must be alive.

  orchestrator -c match-up -i db3.example.com
)",
                               {"/api/match-up/:host/:port?dry-run=:dryRun"}, match_up);
}

Operation rematch_op() {
  return refactoring_operation(
      "rematch", "Find the place of a replica below its own master anew, by Pseudo-GTID",
      R"(For a replica that lost its coordinates in a crash, while its own binary log still tells what it has executed.

  orchestrator -c rematch -i db3.example.com
)",
      {"/api/rematch/:host/:port?dry-run=:dryRun"}, rematch);
}

Operation multi_match_slaves_op() {
  auto operation = refactoring_operation(
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
  auto operation = refactoring_operation(
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

Operation regroup_slaves_op() {
  auto operation = refactoring_operation(
      "regroup-slaves", "Gather the replicas of a dead master below the best of them, by Pseudo-GTID",
      R"(All replicas execute what they have fetched. The one that has then executed most and can serve the others is
chosen, and printed at once; DenyAutoPromotionHostnamePattern tells whom never to choose. Those that have
executed the same go on where its log ends, those behind are matched, and those ahead stay, and are counted as
lost. The chosen one goes on replicating from the dead master, and its read_only stays: make-master or
set-writeable and reset-slave make it a master. The instance of -i is not contacted.

  orchestrator -c regroup-slaves -i dead.example.com
)",
      {"/api/regroup-slaves/:host/:port?dry-run=:dryRun"}, regroup_slaves);
  operation.aliases = {"regroup-replicas"};
  operation.parameters.front().need = Need::required;
  return operation;
}

Operation make_master_op() {
  return refactoring_operation(
      "make-master", "Make a replica of a dead master the master of its siblings, by Pseudo-GTID",
      R"(It executes what it has fetched and becomes writeable; its replication stays stopped, and its siblings go below
it. Refused when the master answers, or a sibling has executed more.

  orchestrator -c make-master -i db2.example.com
)",
      {"/api/make-master/:host/:port?dry-run=:dryRun"}, make_master);
}

Operation make_local_master_op() {
  return refactoring_operation(
      "make-local-master", "Let a replica take the place of its master, which may be dead, by Pseudo-GTID",
      R"(It goes below its grandparent, and its siblings go below it. Its master is not contacted. Refused when a sibling
has executed more.

  orchestrator -c make-local-master -i db3.example.com
)",
      {"/api/make-local-master/:host/:port?dry-run=:dryRun"}, make_local_master);
}

}  // namespace

Catalogue matching_operations() {
  return {match_below_op(),     match_up_op(),       rematch_op(),     multi_match_slaves_op(),
          match_up_slaves_op(), regroup_slaves_op(), make_master_op(), make_local_master_op()};
}

}  // namespace orchestrator
