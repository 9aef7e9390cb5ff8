#include "cli/command_line.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <unistd.h>

#include <algorithm>

#include "common/catalogue.h"
#include "common/error_status.h"
#include "common/help.h"
#include "common/session.h"
#include "common/terminal_text.h"
#include "common/version.h"
#include "topo/base/error.h"

namespace orchestrator {
namespace {

using topo::Code;
using topo::Error;

std::string command_names() {
  std::string names;
  for (const auto& operation : catalogue()) {
    if (!operation.on_command_line) continue;
    if (!names.empty()) names += '|';
    names += operation.name;
  }
  return names;
}

const Operation& named_operation(const Flags& flags) {
  if (flags.command.empty()) {
    throw Error(Code::invalid_argument, fmt::format("Expected a command: -c {}", command_names()));
  }
  const auto* operation = find_operation(flags.command);
  if (operation == nullptr || !operation->on_command_line) {
    throw Error(Code::invalid_argument, unknown_command(flags.command));
  }
  return *operation;
}

void check_words(const Operation& operation, const Flags& flags) {
  const bool takes_word = std::ranges::find(operation.parameters, Parameter::subject,
                                            &ParameterUse::parameter) != operation.parameters.end();
  if (flags.words.size() > (takes_word ? 1 : 0)) {
    throw UsageError(fmt::format("Unexpected word \"{}\"; expected cli, http or flags", flags.words.back()));
  }
}

// Findings about the files are reported by a server at start, by check-config, and on request. Before a
// command that changes servers only the warnings about unguarded settings are reported.
topo::Configuration configuration_for(const Operation& operation, Program& program) {
  const bool logs_all = program.flags.verbose || program.flags.debug;
  auto configuration = load_configuration(program, logs_all                     ? LoggedWarnings::all
                                                   : changes_servers(operation) ? LoggedWarnings::safety_keys
                                                                                : LoggedWarnings::nothing);
  if (operation.access == Access::write && !program.flags.is_on(info_of(Parameter::dry_run).flag))
    configuration.throw_if_read_only(operation.name);
  return configuration;
}

// check-config uses the default port of the files that it checks.
std::uint16_t default_port(const Operation& operation, const Session& session) {
  const bool takes_instance = std::ranges::find(operation.parameters, Parameter::instance,
                                                &ParameterUse::parameter) != operation.parameters.end();
  if (!operation.standalone || !takes_instance) return session.configuration().default_instance_port;
  return session.examine_configuration().configuration.default_instance_port;
}

// Text from servers and users may contain control sequences, which a terminal would execute.
std::string fit_for_output(const std::string& text) {
  return isatty(STDOUT_FILENO) == 1 ? fit_for_terminal(text) : text;
}

int run_operation(Program& program) {
  const auto& operation = named_operation(program.flags);
  check_words(operation, program.flags);
  if (program.flags.help) {
    print(operation_help(operation));
    return 0;
  }
  if (!operation.program.empty()) execute_sibling(program, operation.program);
  program.log->info("starting");

  Session session(operation.standalone ? topo::Configuration{} : configuration_for(operation, program),
                  program.log, Session::Opening::at_first_use);
  session.set_reload_handlers([&program] { return examine_configuration(program); }, {});
  session.set_line_printer([](const std::string& line) { print(fit_for_output(line + "\n")); });
  const auto arguments = arguments_from_flags(operation, program.flags, default_port(operation, session));
  for (const auto& text : ignored_flags(operation, program.flags)) program.log->warn(text);
  require_complete(operation, arguments);
  const auto reply = run(operation, session, arguments);
  print(fit_for_output(render_text(reply)));
  const auto code = reply.failure ? reply.failure : reply.forecast;
  return code ? status_of(*code).exit : 0;
}

}  // namespace

int run_command_line(Program& program) {
  auto& flags = program.flags;
  if (flags.version) {
    print(fmt::format("{}\n", version()));
    return 0;
  }
  const bool asks_nothing = flags.words.empty() || flags.help;
  if (asks_nothing && !flags.command_given) {
    print(general_help());
    return 0;
  }
  const auto mode = flags.words.empty() ? std::string() : flags.words.front();
  if (mode == "http") execute_sibling(program, "orchestrator-http");
  if (mode == "help" && !flags.command_given) {
    flags.command = "help";
    flags.words.erase(flags.words.begin());
  }
  std::erase(flags.words, "cli");
  if (flags.command.empty() && !flags.words.empty()) {
    throw UsageError(unknown_mode(flags.words.front()));
  }
  return run_operation(program);
}

}  // namespace orchestrator
