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

using topo::refactor::Settlement;

Reply unfinished(Session& session, const Arguments&) {
  return Reply::bare(session.unfinished().list());
}

Reply settled(Session& session, const Settlement& settlement, std::string_view done) {
  const auto duties = fmt::format("{}", fmt::join(settlement.duties, "\n"));
  const auto name = settlement.operation.subject.display();
  if (settlement.was_dry_run) {
    return Reply::with_details(
        fmt::format("Dry run about {} of {}: nothing was done", settlement.operation.operation, name),
        Text{duties});
  }
  auto reply = Reply::with_details(fmt::format("{} of {} is {}", settlement.operation.operation, name, done),
                                   Text{duties});
  return settlement.repeated ? told(session, *settlement.repeated, std::move(reply)) : reply;
}

Reply undo_unfinished(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  return settled(session, session.unfinished().undo(key, request_of(session, arguments)), "undone");
}

Reply finish_unfinished(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  return settled(session, session.unfinished().finish(key, request_of(session, arguments)), "finished");
}

Operation unfinished_op() {
  return {
      .name = "unfinished",
      .group = Group::refactoring,
      .summary = "List operations that were begun and not ended, and what they left",
      .help =
          R"(An operation whose process was killed in the middle, or that could not put a server right, stays on this
list. Its servers are asked how they are: who is left stopped, who was moved, who is as before. Then
finish-unfinished finishes it, or undo-unfinished undoes it. Operations under way are listed, too.

  orchestrator -c unfinished
)",
      .routes = {"/api/unfinished"},
      .handler = unfinished};
}

Operation undo_unfinished_op() {
  auto operation = refactoring_operation(
      "undo-unfinished", "Undo an operation that was not finished",
      R"(-i is any of its servers. Each goes back to where it was before, and what ran then runs again. A replica that
has executed something at its new master already cannot go back, and runs there. -dry-run tells what would be
done to whom.

  orchestrator -c undo-unfinished -i db3.example.com
)",
      {"/api/undo-unfinished/:host/:port?dry-run=:dryRun"}, undo_unfinished);
  operation.parameters.front().need = Need::required;
  return operation;
}

Operation finish_unfinished_op() {
  auto operation = refactoring_operation(
      "finish-unfinished", "Finish an operation that was not finished",
      R"(-i is any of its servers. Who was moved stays and runs; who was not is made to run as before, and moved again.
-dry-run tells what would be done to whom.

  orchestrator -c finish-unfinished -i db3.example.com
)",
      {"/api/finish-unfinished/:host/:port?dry-run=:dryRun"}, finish_unfinished);
  operation.parameters.front().need = Need::required;
  return operation;
}

}  // namespace

Catalogue unfinished_operations() {
  return {unfinished_op(), undo_unfinished_op(), finish_unfinished_op()};
}

}  // namespace orchestrator
