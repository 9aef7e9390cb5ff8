#include "refactor/journal.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <variant>

#include "base/process.h"
#include "refactor/locks.h"
#include "refactor/patience.h"
#include "store/begin_or_withdraw.h"
#include "topo/context.h"

namespace topo::refactor {
namespace {

// True if an interruption between steps may leave a server stopped or with another master.
bool may_be_left_half_done(const Plan& plan) {
  int steps = 0;
  bool stops = false, drains = false;
  for_each_step(plan, [&](const Step& step) {
    ++steps;
    stops =
        stops || std::holds_alternative<StopReplication>(step) || std::holds_alternative<ChangeMaster>(step);
    drains = drains || std::holds_alternative<DrainRelayLog>(step) ||
             std::holds_alternative<CatchUpWithMaster>(step);
  });
  return drains || (stops && steps > 1);
}

bool starts_replication(const Plan& plan) {
  bool starts = false;
  for_each_step(plan,
                [&](const Step& step) { starts = starts || std::holds_alternative<StartReplication>(step); });
  return starts;
}

}  // namespace

Journal::Journal(Context& context, const Plan& plan, const OperationArguments& arguments,
                 const std::string& owner, const std::vector<std::int64_t>& locks)
    : context_(context), operation_(plan.operation), starts_(starts_replication(plan)) {
  if (!may_be_left_half_done(plan)) return;
  UnendedOperation operation;
  operation.operation = plan.operation;
  operation.subject = plan.subject;
  operation.owner = lock_owner(context, owner);
  operation.process = this_process();
  operation.locks = locks;
  operation.target = arguments.target;
  operation.pattern = arguments.pattern;
  operation.promotes = plan.promotes;
  operation.moves = plan.result;
  auto& operations = context.store().operations();
  id_ =
      store::begin_or_withdraw(context.late_writes(), operations, fmt::format("the record of {}", operation_),
                               [&](std::string_view token) { return operations.begin(operation, token); });
}

void Journal::decided(const Plan& plan) {
  if (id_) context_.store().operations().decide(*id_, plan.result);
}

void Journal::note(const OperationServer& server) {
  if (id_) context_.store().operations().note(*id_, server);
}

void Journal::renew() {
  if (id_) context_.store().operations().renew(*id_);
}

void Journal::close(const Outcome& outcome, Patience& patience) {
  auto& operations = context_.store().operations();
  if (id_) {
    (void)patience.write_now_or_late(fmt::format("the end of {}", operation_),
                                     [&operations, id = *id_, leftovers = outcome.leftovers] {
                                       if (leftovers.empty())
                                         operations.end(id);
                                       else
                                         operations.leave(id, leftovers);
                                     });
    return;
  }
  if (!starts_ || !outcome.leftovers.empty()) return;
  try {
    patience.until_stored([&] { operations.supersede(outcome.moved); });
  } catch (const std::exception& error) {
    // Not retried later: the servers may be part of another operation by then.
    context_.log().error(
        fmt::format("{} has superseded an operation that the backend still lists as unfinished: {}",
                    operation_, error.what()));
  }
}

}  // namespace topo::refactor
