// The results of operations in text: for the audit, and for clients.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "refactor/operation_groups.h"

namespace topo::refactor {
namespace {

std::string errors_of(const OperationReport& report) {
  std::string text;
  const auto add = [&](std::string_view one) { text.append(text.empty() ? "" : ", ").append(one); };
  for (const auto& failure : report.outcome.failed)
    add(fmt::format("{}: {}", failure.replica.display(), failure.reason));
  for (const auto& [key, refusal] : report.plan.refused) add(refusal.reason);
  return text;
}

}  // namespace

// A replica that the decision refuses also has a strand; so has the candidate, which does not count.
std::string count_of(const OperationReport& report) {
  std::set<InstanceKey> all;
  for (const auto& steps : report.plan.replica_steps) all.insert(steps.replica);
  for (const auto& [key, refusal] : report.plan.refused) all.insert(key);
  if (report.plan.candidate) all.erase(*report.plan.candidate);
  return fmt::format("{}/{}", report.outcome.moved.size(), all.size());
}

std::optional<InstanceKey> new_master(const OperationReport& report) {
  const auto& moves = report.plan.result;
  const auto found = std::find_if(moves.begin(), moves.end(),
                                  [&](const auto& move) { return move.first == report.plan.subject; });
  return found == moves.end() ? std::nullopt : std::optional(found->second);
}

std::string with_errors(const OperationReport& report, std::string_view message) {
  const auto count = report.outcome.failed.size() + report.plan.refused.size();
  return fmt::format("{}; {} errors: [{}]", message, count, errors_of(report));
}

Answer moved_one(const OperationReport& report, std::string message) {
  return {std::move(message),
          fmt::format("{}<{}", report.subject.key.display(), display_of(report.subject.master_key()))};
}

Answer moved_several(const OperationReport& report, std::string_view message, const InstanceKey& details,
                     std::string_view suffix) {
  std::string lines;
  for (const auto& key : report.outcome.moved) lines += fmt::format("{}{}\n", key.display(), suffix);
  return {with_errors(report, message), std::move(lines), details};
}

Answer changed(const OperationReport& report, std::string message) {
  return {std::move(message), report.plan.subject.display()};
}

std::string describe_done(const OperationReport& report) {
  const auto& operation = operation_named(report.plan.operation);
  std::string text = operation.audit != nullptr ? operation.audit(report) : report.plan.subject.display();
  if (!report.plan.asked_as.empty()) text += "; by " + report.plan.asked_as;
  const auto& caution = report.plan.caution;
  if (report.plan.is_forced)
    text += fmt::format("; forced{}{}", caution.empty() ? "" : ", although ", caution);
  else if (!caution.empty())
    text += "; " + caution;
  for (const auto& one : report.outcome.shortcomings) text += "; " + one;
  return text;
}

std::string describe(const OperationReport& report) {
  auto text = describe_done(report);
  for (const auto& failure : report.outcome.failed)
    text += fmt::format("; {} did not move: {}", failure.replica.display(), failure.reason);
  for (const auto& [key, refusal] : report.plan.refused)
    text += fmt::format("; {} is not moved: {}", key.display(), refusal.reason);
  for (const auto& one : report.outcome.still_broken) text += "; " + one;
  for (const auto& one : report.outcome.leftovers) text += "; " + one.sentence;
  return text;
}

Answer answer_of(const OperationReport& report) {
  return operation_named(report.plan.operation).answer(report);
}

}  // namespace topo::refactor
