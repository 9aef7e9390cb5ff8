// The library's operations that change servers, as commands and routes.
#include <fmt/format.h>
#include <spdlog/logger.h>

#include <charconv>

#include "common/catalogue.h"
#include "common/locate.h"
#include "common/refactoring_reply.h"
#include "common/session.h"
#include "topo/base/error.h"
#include "topo/config/credentials.h"
#include "topo/store/store.h"
#include "topo/topology/planning.h"

namespace orchestrator {
namespace {

using topo::Code;
using topo::Error;
using topo::refactor::Use;

std::uint64_t process_of(std::string_view text) {
  std::uint64_t process = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), process);
  if (error == std::errc{} && end == text.data() + text.size() && process != 0) return process;
  throw Error(Code::invalid_argument,
              fmt::format("\"{}\" is not a process id: expected a number as in the process list", text));
}

topo::refactor::OperationArguments arguments_of(Session& session, const topo::refactor::Operation& described,
                                                const Arguments& given) {
  topo::refactor::OperationArguments arguments;
  arguments.instance = described.on_cluster ? master_named(session, given) : given.instance();
  if (described.target != Use::no && given.has(Parameter::sibling)) arguments.target = given.sibling();
  if (described.pattern != Use::no) arguments.pattern = given.text(Parameter::pattern);
  if (described.process != Use::no) arguments.process = process_of(given.text(Parameter::process));
  return resolve(session.context(), described, std::move(arguments));
}

Reply run_described(Session& session, const topo::refactor::Operation& described, const Arguments& given) {
  const auto arguments = arguments_of(session, described, given);
  auto request = request_of(session, given);
  if (described.takes_account) request.account = account_of(session, given);
  const auto& print = session.line_printer();
  if (described.prints_candidate && print && !request.dry_run)
    request.on_candidate = [&](const topo::InstanceKey& candidate) { print(candidate.display()); };
  const auto report = session.refactoring().run(described, arguments, request);
  if (report.was_dry_run) return dry_run_reply(report);
  auto reply = reply_of(session, report);
  // Loss was accepted, but must not go unnoticed.
  if (request.loss == topo::Loss::accept && !report.plan.refused.empty()) {
    reply.failure = Code::refused;
    reply.message += "; but not all were moved";
    for (const auto& [key, refusal] : report.plan.refused)
      reply.message += fmt::format("; {}", refusal.reason);
  }
  return reply;
}

Need need_of(Use use) {
  return use == Use::required ? Need::required : Need::optional;
}

std::vector<ParameterUse> parameters_of(const topo::refactor::Operation& described) {
  const auto need = described.instance_may_be_this_host ? Need::implicit : Need::required;
  std::vector<ParameterUse> all{{described.on_cluster ? Parameter::cluster : Parameter::instance, need}};
  if (described.on_cluster) all.push_back({Parameter::instance, Need::optional});
  const auto add = [&](Use use, Parameter parameter) {
    if (use != Use::no) all.push_back({parameter, need_of(use)});
  };
  add(described.target, Parameter::sibling);
  add(described.pattern, Parameter::pattern);
  add(described.process, Parameter::process);
  if (described.takes_account) add_account_parameters(all);
  if (described.may_lose) all.push_back({Parameter::allow_loss, Need::optional});
  if (described.may_be_forced) all.push_back({Parameter::force, Need::optional});
  if (described.may_end_clients) all.push_back({Parameter::end_clients, Need::optional});
  if (described.may_move_errant()) all.push_back({Parameter::allow_errant, Need::optional});
  all.push_back({Parameter::owner, Need::optional});
  all.push_back({Parameter::dry_run, Need::optional});
  return all;
}

std::vector<std::string> routes_of(const topo::refactor::Operation& described) {
  std::string query = "?";
  const auto add_switch = [&](bool is_taken, std::string_view text) {
    if (is_taken) query += text;
  };
  add_switch(described.pattern != Use::no, "pattern=:pattern&");
  add_switch(described.may_lose, "allow-loss=:allowLoss&");
  add_switch(described.may_be_forced, "force=:force&");
  add_switch(described.may_end_clients, "kill=:kill&");
  add_switch(described.may_move_errant(), "allow-errant=:allowErrant&");
  query += "dry-run=:dryRun";
  std::vector<std::string> names{"/:host/:port"};
  if (described.on_cluster) names.emplace_back("/:clusterName");
  std::vector<std::string> routes;
  for (const auto& name : names) {
    const auto path =
        fmt::format("/api/{}{}{}", described.name, name, described.process != Use::no ? "/:process" : "");
    if (described.target != Use::required) routes.push_back(path + query);
    if (described.target != Use::no) routes.push_back(path + "/:belowHost/:belowPort" + query);
  }
  return routes;
}

Operation operation_of(const topo::refactor::Operation& described) {
  Operation operation;
  operation.name = described.name;
  operation.aliases = described.aliases;
  operation.group =
      described.group == topo::refactor::OperationGroup::topology ? Group::refactoring : Group::replication;
  operation.access = Access::write;
  operation.parameters = parameters_of(described);
  operation.summary = described.summary;
  operation.help = described.help;
  operation.menu = described.menu;
  operation.on_command_line = described.on_command_line;
  operation.routes = routes_of(described);
  operation.handler = [&described](Session& session, const Arguments& arguments) {
    return run_described(session, described, arguments);
  };
  return operation;
}

}  // namespace

Catalogue changing_operations() {
  Catalogue all;
  for (const auto& described : topo::refactor::operations()) all.push_back(operation_of(described));
  return all;
}

}  // namespace orchestrator
