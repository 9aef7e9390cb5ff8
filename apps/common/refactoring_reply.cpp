#include "common/refactoring_reply.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/logger.h>

#include "common/session.h"

namespace orchestrator {

using topo::refactor::Report;
using topo::refactor::Request;

Request request_of(Session& session, const Arguments& arguments) {
  Request request;
  request.owner = arguments.has(Parameter::owner) ? std::string(arguments.text(Parameter::owner))
                                                  : session.default_owner();
  request.dry_run = arguments.is_on(Parameter::dry_run);
  request.filter = topo::refactor::matching(arguments.text(Parameter::pattern));
  return request;
}

Reply dry_run_reply(const Report& report) {
  return Reply::with_details(fmt::format("Dry run of {}: nothing was done", report.plan.operation),
                             Text{describe(report.plan)});
}

topo::KnownInstance live(const topo::Instance& instance) {
  topo::KnownInstance known;
  known.instance = instance;
  known.last_check_valid = true;
  known.since_last_checked = known.since_last_seen = std::chrono::seconds(0);
  return known;
}

Reply told(Session& session, const Report& report, Reply reply) {
  for (const auto& failure : report.outcome.failed)
    session.log().error("{}: {}", failure.replica.display(), failure.reason);
  for (const auto& [key, refusal] : report.plan.refused)
    session.log().error("{} stays where it is: {}", key.display(), refusal.reason);
  if (!report.audit_problem.empty())
    reply.message += fmt::format("; the audit lacks it yet: {}", report.audit_problem);
  const auto& left = report.outcome.left;
  for (const auto& one : left) session.log().error("{}", one.sentence);
  if (left.empty()) return reply;
  reply.failure = topo::Code::refused;
  reply.message +=
      fmt::format("; but not all is in order: {}; `orchestrator -c unfinished` tells more", describe(left));
  return reply;
}

Operation refactoring_operation(std::string_view name, std::string_view summary, std::string_view help,
                                std::vector<std::string_view> routes, Handler handler) {
  Operation operation;
  operation.name = name;
  operation.group = Group::refactoring;
  operation.access = Access::write;
  operation.parameters = {{Parameter::instance, Need::implicit},
                          {Parameter::owner, Need::optional},
                          {Parameter::dry_run, Need::optional}};
  operation.summary = summary;
  operation.help = help;
  operation.routes = std::move(routes);
  operation.handler = std::move(handler);
  return operation;
}

namespace {

std::size_t count_errors(const Report& report) {
  return report.outcome.failed.size() + report.plan.refused.size();
}

std::string errors_of(const Report& report) {
  std::string text;
  const auto add = [&](std::string_view one) { text.append(text.empty() ? "" : ", ").append(one); };
  for (const auto& failure : report.outcome.failed)
    add(fmt::format("{}: {}", failure.replica.display(), failure.reason));
  for (const auto& [key, refusal] : report.plan.refused) add(refusal.reason);
  return text;
}

}  // namespace

std::string with_errors(const Report& report, std::string_view message) {
  return fmt::format("{}; {} errors: [{}]", message, count_errors(report), errors_of(report));
}

Reply moved_one(Session& session, const Report& report, std::string message) {
  if (report.was_dry_run) return dry_run_reply(report);
  auto reply = Reply::with_details(std::move(message), live(report.subject));
  reply.printed = fmt::format("{}<{}", report.subject.key.display(), report.subject.master_key().display());
  return told(session, report, std::move(reply));
}

Reply moved_several(Session& session, const Report& report, const std::string& message,
                    const topo::InstanceKey& details,
                    const std::function<std::string(const topo::InstanceKey&)>& show) {
  if (report.was_dry_run) return dry_run_reply(report);
  auto reply = Reply::with_details(with_errors(report, message), details);
  reply.printed = "";
  for (const auto& key : report.outcome.moved) reply.printed->append(show(key)).append("\n");
  return told(session, report, std::move(reply));
}

void take_also(Operation& operation, ParameterUse use) {
  operation.parameters.insert(operation.parameters.begin() + 1, use);
}

std::string itself(const topo::InstanceKey& key) {
  return key.display();
}

}  // namespace orchestrator
