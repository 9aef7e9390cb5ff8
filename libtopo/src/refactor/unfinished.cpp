#include "topo/refactor/unfinished.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/process.h"
#include "refactor/locks.h"
#include "refactor/operation_groups.h"
#include "refactor/patience.h"
#include "refactor/restoration.h"
#include "topo/audit.h"
#include "topo/base/error.h"
#include "topo/base/one_line.h"
#include "topo/context.h"

namespace topo::refactor {
namespace {

std::string_view word_of(RepairMode mode) {
  return mode == RepairMode::undo ? "undo" : "finish";
}

std::string title_of(RepairMode mode, const UnendedOperation& operation) {
  return fmt::format("{} {} of {}", word_of(mode), operation.title(), operation.subject.display());
}

// A former master may have been moved below the replica since.
void require_no_loop(Servers& servers, const std::vector<Repair>& repairs) {
  constexpr int longest = 8;
  std::unordered_map<InstanceKey, std::optional<InstanceKey>> masters;  // after the repairs
  for (const auto& repair : repairs) {
    if (repair.what == Repair::Action::put_back)
      masters.emplace(repair.server.noted.key, repair.server.noted.master);
  }
  const auto master_of = [&](const InstanceKey& key) -> std::optional<InstanceKey> {
    const auto [found, is_new] = masters.try_emplace(key);
    if (!is_new) return found->second;
    try {
      found->second = servers.read(key).master_key();
    } catch (const Error& error) {
      if (error.code() == Code::backend) throw;  // else: what does not answer does not replicate
    }
    return found->second;
  };
  for (const auto& repair : repairs) {
    const auto& replica = repair.server.noted.key;
    const auto& former = repair.server.noted.master;
    // A server that was not to be moved may be a co-master.
    const bool was_to_move = repair.server.destination && repair.server.destination != former;
    if (!was_to_move || repair.what != Repair::Action::put_back) continue;
    auto above = former;
    for (int level = 0; above && level < longest; ++level) {
      if (*above == replica) {
        throw Error(
            Code::refused,
            fmt::format(
                "{0} is below {1} by now: returning {1} to it would create a loop; move {0} away first",
                display_of(former), replica.display()));
      }
      above = master_of(*above);
    }
  }
}

}  // namespace

UnfinishedOperations::UnfinishedOperations(Context& context, Refactoring& refactoring, Refactoring::Take take,
                                           Refactoring::MakeServers make_servers)
    : context_(context),
      refactoring_(refactoring),
      take_(std::move(take)),
      make_servers_(make_servers ? std::move(make_servers) : [&context] { return live_servers(context); }) {}

std::vector<UnfinishedOperation> UnfinishedOperations::list() {
  std::vector<UnfinishedOperation> all;
  const auto servers = make_servers_();
  for (auto& operation : context_.store().operations().unended()) {
    if (operation.has_come_to_nothing()) continue;
    UnfinishedOperation one;
    if (!operation.is_under_way) {
      const auto found = find_servers(*servers, operation, refactoring_.execution_options());
      for (const auto& server : found)
        one.servers.push_back({server.noted.key, describe(server), is_in_order(server)});
      one.can_be_undone = !is_taken_over(found);
    }
    one.operation = std::move(operation);
    all.push_back(std::move(one));
  }
  return all;
}

UnendedOperation UnfinishedOperations::find(const InstanceKey& instance) {
  for (auto& operation : context_.store().operations().unended()) {
    if (!operation.concerns(instance) && operation.subject != instance) continue;
    if (!operation.is_under_way) return std::move(operation);
    throw Error(
        Code::locked,
        fmt::format("{} of {} is under way, since {}, by {}; if its process has ended, wait until "
                    "MaintenanceExpireMinutes have passed",
                    operation.title(), operation.subject.display(), operation.begin, operation.owner));
  }
  throw Error(Code::not_found,
              fmt::format("No unfinished operation concerns {}; `orchestrator -c unfinished` lists them",
                          instance.display()));
}

RepairReport UnfinishedOperations::undo(const InstanceKey& instance, const OperationRequest& request) {
  return repair(instance, RepairMode::undo, request);
}

RepairReport UnfinishedOperations::finish(const InstanceKey& instance, const OperationRequest& request) {
  return repair(instance, RepairMode::finish, request);
}

// The repairs of the servers, and whether the operation is repeated afterwards.
struct UnfinishedOperations::RepairPlan {
  std::vector<Repair> repairs;
  bool repeats = false;

  // `repetition`: what is said of the repetition.
  [[nodiscard]] std::vector<std::string> describe(std::string_view repetition,
                                                  std::string_view operation) const {
    std::vector<std::string> lines;
    for (const auto& repair : repairs) lines.push_back(topo::describe(repair));
    if (repeats) lines.push_back(fmt::format("{}: {}", repetition, one_line(operation)));
    return lines;
  }
};

UnfinishedOperations::RepairPlan UnfinishedOperations::decide(Servers& servers,
                                                              const UnendedOperation& operation,
                                                              RepairMode mode) const {
  RepairPlan repair_plan;
  auto found = find_servers(servers, operation, refactoring_.execution_options());
  // Since then another operation may have put another master in the place of the former one.
  const auto is_own = [&](const InstanceKey& key) {
    return std::ranges::any_of(found, [&](const auto& one) { return one.noted.key == key; });
  };
  for (auto& server : found) {
    if (server.writes != FoundServer::Writes::to_return) continue;
    const auto known = context_.store().instances().read(server.noted.key);
    // What has become of a successor of its own was seen just now.
    if (known && known->replaced && !is_own(known->replaced->successor))
      server.writes = FoundServer::Writes::passed_on;
  }
  if (mode == RepairMode::undo && is_taken_over(found)) {
    throw Error(
        Code::refused,
        fmt::format("{} of {} cannot be undone: another server has taken its place; finish-unfinished "
                    "puts it below that one",
                    operation.title(), operation.subject.display()));
  }
  repair_plan.repairs = repairs(std::move(found), mode);
  repair_plan.repeats = mode == RepairMode::finish && must_be_repeated(operation, repair_plan.repairs);
  require_no_loop(servers, repair_plan.repairs);
  return repair_plan;
}

RepairReport UnfinishedOperations::repair(const InstanceKey& instance, RepairMode mode,
                                          const OperationRequest& request) {
  if (!request.dry_run)
    context_.configuration().throw_if_read_only(fmt::format("Changing {}", instance.display()));
  RepairReport report_of_repair;
  report_of_repair.operation = find(instance);
  report_of_repair.was_dry_run = request.dry_run;
  const auto& operation = report_of_repair.operation;
  const auto servers = make_servers_();
  if (request.dry_run) {
    report_of_repair.repairs = decide(*servers, operation, mode).describe("then repeat", operation.title());
    return report_of_repair;
  }

  auto& operations = context_.store().operations();
  const auto title = title_of(mode, operation);
  const auto process = this_process();
  if (!operations.transfer(operation.id, operation.process, process))
    throw Error(Code::locked, fmt::format("{}: another process has just taken it over", title));
  RepairPlan repair_plan;
  Restored restored;
  Patience patience(context_);
  try {
    Locks held(context_, take_over_locks(operation, title), request.owner, patience);
    const Renewal renewal(context_, [&] {
      held.renew();
      operations.renew(operation.id);
    });
    end_connections(*servers, operation, refactoring_.execution_options(), context_.log());
    repair_plan = decide(*servers, operation, mode);
    auto options = refactoring_.execution_options();
    options.was_taken = [&held](const InstanceKey& server) { return held.was_taken(server); };
    restored = restore(*servers, repair_plan.repairs, title, options, context_.log());
  } catch (const std::exception&) {
    (void)patience.write_now_or_late(
        fmt::format("the release of the record of {}", operation.title()),
        [&operations, id = operation.id, process] { operations.transfer(id, process, ""); });
    throw;
  }
  const auto close_record = [&] {
    (void)patience.write_now_or_late(fmt::format("the end of {}", title),
                                     [&operations, id = operation.id, leftovers = restored.leftovers] {
                                       if (leftovers.empty())
                                         operations.end(id);
                                       else
                                         operations.leave(id, leftovers);
                                     });
  };
  // If this process dies before the operation is repeated, it can be finished once more.
  const bool repeats = repair_plan.repeats && restored.leftovers.empty();
  if (!repeats) close_record();
  try {
    const auto promoted = promoted_by(operation, repair_plan.repairs);
    const auto former = promoted ? context_.store().instances().read(*promoted) : std::nullopt;
    if (take_) take_(restored.now);
    const auto replaced =
        promoted == operation.subject ? noted_master(operation, *promoted) : std::optional(operation.subject);
    if (promoted && replaced) refactoring_.note_former_master(*replaced, *promoted);
    for (const auto& repair : repair_plan.repairs)
      if (repair.server.writes == FoundServer::Writes::to_return)
        refactoring_.end_former_master(repair.server.noted.key);
    if (promoted) {
      // A poll may have stored meanwhile that the new master heads a cluster of its own.
      std::set<std::string> names;
      if (former) names.insert(former->instance.cluster_name);
      if (replaced) {
        names.insert(replaced->display());
        if (const auto stored = context_.store().instances().read(*replaced))
          names.insert(stored->instance.cluster_name);
      }
      names.erase(promoted->display());
      for (const auto& name : names) refactoring_.pass_alias(name, *promoted);
    }
  } catch (const std::exception& error) {
    context_.log().error(fmt::format("{}: the changes are not in the backend yet: {}", title, error.what()));
  }
  report_of_repair.repairs = repair_plan.describe("then repeated", operation.title());
  for (const auto& repair : repair_plan.repairs)
    if (repair.cannot_return) report_of_repair.stayed.push_back(repair.server.noted.key);
  report_of_repair.now = std::move(restored.now);
  const auto not_in_order = describe(restored.leftovers);
  (void)write_audit(context_, fmt::format("{}-unfinished", word_of(mode)), operation.subject,
                    fmt::format("{}: {}{}{}", operation.title(), fmt::join(report_of_repair.repairs, "; "),
                                not_in_order.empty() ? "" : ". Not in order: ", not_in_order));
  if (!not_in_order.empty())
    throw Error(Code::refused, fmt::format("{}: not in order: {}", title, not_in_order));
  if (!repeats) return report_of_repair;
  try {
    report_of_repair.repeated = repeat(operation, repair_plan, request, title);
  } catch (const std::exception&) {
    // A former master that is not below its successor is not in order.
    if (promoted_by(operation, repair_plan.repairs)) {
      (void)patience.write_now_or_late(
          fmt::format("the release of the record of {}", operation.title()),
          [&operations, id = operation.id, process] { operations.transfer(id, process, ""); });
    } else {
      close_record();
    }
    throw;
  }
  close_record();
  return report_of_repair;
}

// Releases the locks of the ended process, and those of a process that has ended while it undid or finished
// the operation.
std::vector<Lock> UnfinishedOperations::take_over_locks(const UnendedOperation& operation,
                                                        const std::string& title) {
  auto& maintenance = context_.store().maintenance();
  auto abandoned = operation.locks;
  for (const auto& held : maintenance.active()) {
    const bool is_of_repair = held.reason == title_of(RepairMode::undo, operation) ||
                              held.reason == title_of(RepairMode::finish, operation);
    if (is_of_repair && operation.concerns(held.key)) abandoned.push_back(held.id);
  }
  // A returned master that is being made read-only is beside one of them (locked_beside()), for a moment.
  constexpr std::chrono::milliseconds pause{20}, longest{3000};
  const auto deadline = std::chrono::steady_clock::now() + longest;
  const auto is_held = [&] {
    return std::ranges::any_of(maintenance.active(), [&](const auto& held) {
      return std::ranges::find(abandoned, held.id) != abandoned.end();
    });
  };
  for (maintenance.end_abandoned(abandoned); is_held(); maintenance.end_abandoned(abandoned)) {
    if (std::chrono::steady_clock::now() > deadline) break;
    std::this_thread::sleep_for(pause);
  }
  std::vector<Lock> locks;
  for (const auto& server : operation.servers) locks.push_back({server.key, title});
  return locks;
}

std::vector<OperationReport> UnfinishedOperations::repeat(const UnendedOperation& operation,
                                                          const RepairPlan& repair_plan,
                                                          const OperationRequest& request,
                                                          const std::string& title) {
  auto remaining = not_moved(operation, repair_plan.repairs);
  const auto again = repetition_of(operation, remaining, promoted_by(operation, repair_plan.repairs));
  if (!again) {
    throw Error(
        Code::refused,
        fmt::format("{}: its servers are in order, but its record does not tell this release how to do it "
                    "again",
                    title));
  }
  std::vector<OperationReport> reports;
  const auto run = [&](std::string_view name) {
    auto same = request;
    same.promote = again->promotes;
    if (!remaining.empty()) {
      same.filter = [keys = std::set<InstanceKey>(remaining.begin(), remaining.end())](
                        const InstanceKey& key) { return keys.contains(key); };
    }
    same.check_plan = [&operation](const Plan& plan) { require_same_moves(operation, plan.result); };
    reports.push_back(refactoring_.run(name, again->arguments, same));
  };
  try {
    run(again->operation);
    std::erase(remaining, again->arguments.instance);
    if (!again->then.empty() && !remaining.empty()) run(again->then);
    return reports;
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: repeating it failed: {}", title, error.what()));
  }
}

}  // namespace topo::refactor
