#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "refactor/operation_groups.h"
#include "topo/base/error.h"
#include "topo/refactor/operation.h"
#include "topo/refactor/subject.h"
#include "topo/store/store.h"

namespace topo::refactor {
namespace {

std::vector<Operation> join_groups() {
  std::vector<Operation> all;
  for (auto* group : {moving_operations, matching_operations, takeover_operations, replication_operations,
                      gtid_operations}) {
    auto operations = group();
    std::move(operations.begin(), operations.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace

std::span<const Operation> operations() {
  static const auto all = join_groups();
  return all;
}

const Operation* find_operation(std::string_view name) {
  const auto all = operations();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Operation& operation) {
    const auto& aliases = operation.aliases;
    return operation.name == name || std::find(aliases.begin(), aliases.end(), name) != aliases.end();
  });
  return found == all.end() ? nullptr : &*found;
}

const Operation& operation_named(std::string_view name) {
  if (const auto* operation = find_operation(name)) return *operation;
  throw Error(Code::not_found, fmt::format("There is no operation \"{}\"", name));
}

std::vector<Action> actions_on(const Topology& topology, const InstanceKey& key, const RuleLimits& limits) {
  const auto* known = topology.find(key);
  if (known == nullptr) throw Error(Code::not_found, fmt::format("Instance not found: {}", key.display()));
  std::vector<Action> actions;
  const auto add = [&](const Operation& operation, std::optional<InstanceKey> target) {
    const OperationArguments arguments{key, target};
    Action action{&operation, "", std::move(target)};
    try {
      (void)operation.plan({.topology = topology, .arguments = arguments, .limits = limits});
    } catch (const Error& error) {
      action.refusal = error.what();
    }
    actions.push_back(std::move(action));
  };
  for (const auto& operation : operations()) {
    if (!operation.menu || operation.menu->suits == nullptr || !operation.menu->suits(*known)) continue;
    if (operation.menu->targets == nullptr) {
      add(operation, std::nullopt);
    } else {
      for (auto& target : operation.menu->targets(topology, *known, limits))
        add(operation, std::move(target));
    }
  }
  return actions;
}

std::optional<Repetition> repetition_of(const UnendedOperation& interrupted,
                                        std::span<const InstanceKey> not_moved,
                                        const std::optional<InstanceKey>& promoted) {
  const auto* operation = find_operation(interrupted.operation);
  if (operation == nullptr) return std::nullopt;
  if (operation->repeat != nullptr) return operation->repeat(interrupted, not_moved, promoted);
  Repetition again{operation->name, {interrupted.subject, interrupted.target, interrupted.pattern, 0}};
  if (operation->target == Use::required && !again.arguments.target) return std::nullopt;
  return again;
}

OperationArguments resolve(Context& context, const Operation& operation, OperationArguments arguments) {
  const auto require = [&](Use use, bool is_given, std::string_view what) {
    if (use != Use::required || is_given) return;
    throw Error(Code::invalid_argument, fmt::format("{}: missing {}", operation.name, what));
  };
  require(operation.target, arguments.target.has_value(), "the new master");
  require(operation.process, arguments.process != 0, "the id of a connection");
  arguments.instance = subject_of_change(context, arguments.instance);
  if (!arguments.target) return arguments;
  arguments.target = operation.find_target != nullptr
                         ? operation.find_target(context, arguments.instance, *arguments.target)
                         : destination_of_change(context, *arguments.target);
  return arguments;
}

std::optional<InstanceKey> promoted_by(const UnendedOperation& operation,
                                       const std::vector<Repair>& repairs) {
  const auto* known = find_operation(operation.operation);
  if (known == nullptr || !known->promotes) return std::nullopt;
  for (const auto& repair : repairs) {
    const auto outcome = repair.server.outcome;
    if (outcome == ServerOutcome::forgotten || outcome == ServerOutcome::promoted)
      return repair.server.noted.key;
  }
  return std::nullopt;
}

bool must_be_repeated(const UnendedOperation& operation, const std::vector<Repair>& repairs) {
  const auto remaining = not_moved(operation, repairs);
  const auto promoted = promoted_by(operation, repairs);
  if (const auto again = repetition_of(operation, remaining, promoted); again && again->always)
    return !promoted || !remaining.empty();
  if (!operation.moves.empty()) return !remaining.empty();
  return std::any_of(repairs.begin(), repairs.end(), [](const Repair& repair) {
    return repair.server.outcome == ServerOutcome::as_before ||
           repair.server.outcome == ServerOutcome::displaced;
  });
}

}  // namespace topo::refactor
