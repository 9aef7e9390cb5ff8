// Interrupted operations: operations that did not end because their process was killed or a server could not
// be restored.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/catalogue.h"
#include "common/locate.h"
#include "common/refactoring_reply.h"
#include "common/session.h"

namespace orchestrator {
namespace {

using topo::refactor::RepairReport;

Reply unfinished(Session& session, const Arguments&) {
  return Reply::bare(session.unfinished().list());
}

Reply settled(Session& session, const RepairReport& report_of_repair, std::string_view done) {
  const auto repairs = fmt::format("{}", fmt::join(report_of_repair.repairs, "\n"));
  const auto name = report_of_repair.operation.subject.display();
  if (report_of_repair.was_dry_run) {
    return Reply::with_details(
        fmt::format("Dry run about {} of {}: nothing was done", report_of_repair.operation.title(), name),
        Text{repairs});
  }
  auto message = fmt::format("{} of {} is {}", report_of_repair.operation.title(), name, done);
  std::vector<std::string> stayed;
  for (const auto& replica : report_of_repair.stayed) stayed.push_back(replica.display());
  if (!stayed.empty()) {
    message += fmt::format("; not returned, as transactions of their new master have been executed: {}",
                           fmt::join(stayed, ", "));
  }
  auto reply = Reply::with_details(std::move(message), Text{repairs});
  for (const auto& one : report_of_repair.repeated) reply = with_warnings(session, one, std::move(reply));
  return reply;
}

Reply undo_unfinished(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  return settled(session, session.unfinished().undo(key, request_of(session, arguments)), "undone");
}

Reply finish_unfinished(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  auto request = request_of(session, arguments);
  request.account = account_of(session, arguments);
  return settled(session, session.unfinished().finish(key, request), "finished");
}

using MenuEntry = topo::refactor::MenuEntry;

MenuEntry menu_of(std::string_view label, std::string_view explanation) {
  return {.section = MenuEntry::Section::leftovers,
          .label = label,
          .explanation = explanation,
          .suits = [](const topo::KnownInstance& known) { return !known.unfinished_operation.empty(); }};
}

Operation unfinished_op() {
  return {
      .name = "unfinished",
      .group = Group::refactoring,
      .summary = "List interrupted operations and their leftovers",
      .help =
          R"(An operation whose process was killed, or that could not restore a server, stays on this list. Its servers are read,
to show which of them are stopped, moved or unchanged. finish-unfinished finishes the operation, and undo-unfinished
undoes it. Running operations are listed, too.

  orchestrator -c unfinished
)",
      .routes = {"/api/unfinished"},
      .returns = returns_bare<UnfinishedList>(),
      .handler = unfinished};
}

Operation undo_unfinished_op() {
  auto operation = refactoring_operation(
      "undo-unfinished", "Undo an interrupted operation",
      R"(-i is any of its servers. Each server returns to its former master, with the threads it had running. A replica that
has already executed transactions of its new master cannot return, and replicates there. -dry-run prints the
plan.

  orchestrator -c undo-unfinished -i db3.example.com
)",
      {"/api/undo-unfinished/:host/:port?dry-run=:dryRun"}, undo_unfinished);
  operation.menu = menu_of("Undo",
                           "Returns each server of the interrupted operation to its former master, except "
                           "replicas that have executed "
                           "transactions of their new one.");
  operation.parameters.front().need = Need::required;
  return operation;
}

Operation finish_unfinished_op() {
  auto operation = refactoring_operation(
      "finish-unfinished", "Finish an interrupted operation",
      R"(-i is any of its servers. Moved servers stay and replicate; the others are restarted as before, and then moved.
-dry-run prints the plan. The former master of a takeover needs an account to replicate with, as then.

  orchestrator -c finish-unfinished -i db3.example.com
)",
      {"/api/finish-unfinished/:host/:port?dry-run=:dryRun"}, finish_unfinished);
  operation.menu = menu_of(
      "Finish", "Starts each server of the interrupted operation, and moves those that have not moved.");
  operation.parameters.front().need = Need::required;
  add_account_parameters(operation.parameters);
  return operation;
}

}  // namespace

Catalogue unfinished_operations() {
  return {unfinished_op(), undo_unfinished_op(), finish_unfinished_op()};
}

}  // namespace orchestrator
