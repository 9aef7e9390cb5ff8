#include "common/refactoring_reply.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <iterator>

#include "common/session.h"
#include "topo/base/error.h"
#include "topo/config/credentials.h"

namespace orchestrator {

using topo::refactor::OperationReport;
using topo::refactor::OperationRequest;

OperationRequest request_of(Session& session, const Arguments& arguments) {
  OperationRequest request;
  request.owner = arguments.has(Parameter::owner) ? std::string(arguments.text(Parameter::owner))
                                                  : session.default_owner();
  request.dry_run = arguments.is_on(Parameter::dry_run);
  request.loss = arguments.is_on(Parameter::allow_loss) ? topo::Loss::accept : topo::Loss::refuse;
  request.allow_errant = arguments.is_on(Parameter::allow_errant);
  request.force = arguments.is_on(Parameter::force);
  request.end_clients = arguments.is_on(Parameter::end_clients);
  request.filter = topo::refactor::matching(arguments.text(Parameter::pattern));
  return request;
}

Reply dry_run_reply(const OperationReport& report) {
  auto reply = Reply::with_details(fmt::format("Dry run of {}: nothing was done", report.plan.operation),
                                   Text{describe(report.plan)});
  if (!report.plan.refusals.empty()) reply.forecast = topo::Code::refused;
  return reply;
}

topo::KnownInstance as_just_read(const topo::Instance& instance) {
  topo::KnownInstance known;
  known.instance = instance;
  known.last_check_valid = true;
  known.since_last_checked = known.since_last_seen = std::chrono::seconds(0);
  return known;
}

std::vector<std::string> not_moved(const OperationReport& report) {
  std::vector<std::string> names;
  for (const auto& failure : report.outcome.failed) names.push_back(failure.replica.display());
  for (const auto& [key, refusal] : report.plan.refused) names.push_back(key.display());
  return names;
}

Reply with_warnings(Session& session, const OperationReport& report, Reply reply) {
  std::ranges::copy(report.outcome.steps, std::back_inserter(reply.steps));
  for (const auto& failure : report.outcome.failed)
    session.log().error(fmt::format("{}: {}", failure.replica.display(), failure.reason));
  for (const auto& [key, refusal] : report.plan.refused)
    session.log().error(fmt::format("{} is not moved: {}", key.display(), refusal.reason));
  if (const auto& caution = report.plan.caution; !caution.empty()) {
    session.log().warn(caution);
    reply.message += fmt::format("; careful: {}", caution);
  }
  for (const auto& one : report.outcome.shortcomings) {
    session.log().warn(one);
    reply.message += fmt::format("; careful: {}", one);
  }
  if (!report.audit_problem.empty())
    reply.message += fmt::format("; not in the audit yet: {}", report.audit_problem);
  // A replica that a rule excludes is left alone as announced, unless its master is replaced.
  if (!report.outcome.failed.empty() || (report.plan.promotes && !report.plan.refused.empty())) {
    reply.failure = topo::Code::refused;
    reply.message += fmt::format("; not moved, as the log says: {}", fmt::join(not_moved(report), ", "));
  }
  for (const auto& one : report.outcome.still_broken) {
    session.log().error(one);
    reply.message += fmt::format("; {}", one);
    reply.failure = topo::Code::refused;
  }
  const auto& left = report.outcome.leftovers;
  for (const auto& one : left) session.log().error(one.sentence);
  if (left.empty()) return reply;
  reply.failure = topo::Code::refused;
  reply.message += fmt::format("; but there are leftovers: {}; `orchestrator -c unfinished` shows details",
                               describe(left));
  return reply;
}

Reply reply_of(Session& session, const OperationReport& report) {
  auto answer = topo::refactor::answer_of(report);
  auto reply =
      Reply::with_details(std::move(answer.message),
                          answer.details ? Payload(*answer.details) : Payload(as_just_read(report.subject)));
  reply.printed = std::move(answer.printed);
  reply.result = answer.result;
  return with_warnings(session, report, std::move(reply));
}

Operation refactoring_operation(std::string_view name, std::string_view summary, std::string_view help,
                                std::vector<std::string> routes, Handler handler) {
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

std::optional<topo::mysql::ReplicationAccount> account_of(Session& session, const Arguments& arguments) {
  topo::mysql::ReplicationAccount account;
  account.user = arguments.text(Parameter::replication_user);
  account.password = arguments.text(Parameter::replication_password);
  const bool is_given = !account.user.empty() || !account.password.empty();
  if (const auto file = arguments.text(Parameter::replication_credentials); !file.empty()) {
    if (is_given) {
      throw topo::Error(topo::Code::invalid_argument,
                        "The replication account is given twice: use -replication-credentials, or "
                        "-replication-user and -replication-password");
    }
    std::vector<std::string> warnings;
    auto [user, password] =
        topo::config::read_credentials(std::string(file), "-replication-credentials", warnings);
    for (const auto& warning : warnings) session.log().warn(warning);
    account.user = std::move(user);
    account.password = std::move(password);
    return account;
  }
  if (!is_given) return std::nullopt;
  if (account.user.empty())
    throw topo::Error(topo::Code::invalid_argument,
                      "A replication password is given without -replication-user");
  return account;
}

void add_account_parameters(std::vector<ParameterUse>& parameters) {
  for (const auto parameter :
       {Parameter::replication_credentials, Parameter::replication_user, Parameter::replication_password})
    parameters.push_back({parameter, Need::optional});
}

}  // namespace orchestrator
