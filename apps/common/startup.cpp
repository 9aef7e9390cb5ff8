#include "common/startup.h"

#include <fmt/format.h>
#include <malloc.h>
#include <pthread.h>
#include <spdlog/logger.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <vector>

#include "common/error_status.h"
#include "common/help.h"
#include "common/logging.h"
#include "common/open_files.h"
#include "common/signals.h"
#include "common/stack_trace.h"
#include "common/version.h"
#include "topo/base/error.h"
#include "topo/base/one_line.h"

namespace orchestrator {
namespace {

int complain_of_usage(const UsageError& error) {
  const auto complaint = topo::one_line(error.what());
  fmt::print(
      stderr,
      "{}{}\nUsage: orchestrator [-c COMMAND] [FLAG]... [cli|http]; `orchestrator help` lists commands and "
      "flags, `orchestrator help COMMAND` explains one.\n",
      complaint, complaint.ends_with('?') ? "" : ".");
  return exit_usage;
}

int tell_error(const Program& program, const topo::Error& error) {
  program.log->critical(error.what());
  const auto stack = describe_stack(error.stack());
  for (const auto& line : stack) program.log->critical(fmt::format("  {}", line));
  return status_of(error.code()).exit;
}

}  // namespace

int run_program(int argc, char** argv, const std::function<int(Program&)>& body) {
  ignore_stray_signals();
  prctl(PR_SET_DUMPABLE, 0);  // a core dump would hold passwords
  Program program;
  try {
    program.arguments = {argv, static_cast<std::size_t>(argc)};
    program.flags = parse_flags(program.arguments.subspan(argc > 0 ? 1 : 0));
    hide_secrets(program.arguments.subspan(argc > 0 ? 1 : 0));
    program.log = make_log(program.flags);
    topo::record_stacks(program.flags.stack);
    program.open_files = raise_open_files_limit();
    return body(program);
  } catch (const UsageError& error) {
    return complain_of_usage(error);
  } catch (const topo::Error& error) {
    return tell_error(program, error);
  } catch (const std::exception& error) {
    fmt::print(stderr, "FATAL {}\n", topo::one_line(error.what()));
    return 1;
  }
}

void require_no_words(const Flags& flags, std::string_view word, std::string_view command) {
  for (const auto& given : flags.words) {
    if (given != word) throw UsageError(fmt::format("Unexpected word \"{}\"; expected flags", given));
  }
  if (!flags.command.empty() && flags.command != command) {
    throw UsageError(
        fmt::format("Unexpected command \"{}\"; `orchestrator -c {}` runs it", flags.command, flags.command));
  }
}

void warn_of_ignored_words(const Program& program) {
  const auto& flags = program.flags;
  for (const auto& word : flags.words) {
    if (word != "http" && word != "cli")
      program.log->warn(fmt::format("\"{}\" is ignored beside http", word));
  }
  if (!flags.command.empty()) {
    program.log->warn(fmt::format("-c {} is ignored beside http; `orchestrator -c {}` runs that command",
                                  flags.command, flags.command));
  }
}

bool handle_help_or_version(const Flags& flags) {
  if (!flags.help && !flags.version) return false;
  print(flags.help ? general_help() : std::string(version()) + "\n");
  return true;
}

topo::LoadedConfiguration examine_configuration(const Program& program) {
  if (!program.flags.config.empty())
    return topo::examine_configuration(std::filesystem::path(program.flags.config));
  const auto files = topo::default_configuration_files(executable_folder());
  return topo::examine_configuration(std::span<const std::filesystem::path>(files));
}

topo::LoadedConfiguration examine_again(Program& program) {
  auto loaded = examine_configuration(program);
  std::erase_if(loaded.warnings,
                [&](const auto& warning) { return !program.logged.insert(warning.text).second; });
  return loaded;
}

topo::Configuration load_configuration(Program& program, LoggedWarnings which) {
  auto loaded = examine_again(program);
  topo::throw_if_unusable(loaded);
  if (loaded.configuration.debug) set_debug(*program.log);
  for (const auto& file : loaded.files)
    program.log->debug(fmt::format("Configuration read from {}", file.string()));
  for (const auto& [kind, text] : loaded.warnings) {
    const bool is_unguarded = kind == topo::ConfigurationWarning::Kind::unguarded;
    if (which == LoggedWarnings::all || (which == LoggedWarnings::safety_keys && is_unguarded))
      program.log->warn(text);
  }
  return std::move(loaded.configuration);
}

std::filesystem::path executable_folder() {
  std::error_code error;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::current_path() : executable.parent_path();
}

void execute_sibling(const Program& program, std::string_view name) {
  const auto path = executable_folder() / name;
  std::vector<char*> arguments(program.arguments.begin(), program.arguments.end());
  std::string program_name = path.string();
  arguments.front() = program_name.data();
  arguments.push_back(nullptr);
  execv(path.c_str(), arguments.data());
  throw topo::Error(topo::Code::not_found,
                    fmt::format("Cannot start {}: {}; it belongs beside this program", path.string(),
                                std::generic_category().message(errno)));
}

void print(std::string_view text) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) {
    throw topo::Error(topo::Code::refused, fmt::format("Cannot write the result to standard output: {}",
                                                       std::generic_category().message(errno)));
  }
}

void prepare_server_process() {
  // Each heap keeps the memory that its threads have freed; on few processors two heaps serve as many threads
  // as well.
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_TRIM_THRESHOLD, 1 << 20);
  constexpr std::size_t stack_size = std::size_t{1} << 20;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_size);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

}  // namespace orchestrator
