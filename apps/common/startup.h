// The startup code that all three programs share.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "common/flags.h"
#include "topo/config/configuration.h"

namespace spdlog {
class logger;
}

namespace orchestrator {

struct Program {
  Flags flags;
  std::shared_ptr<spdlog::logger> log;
  std::span<char* const> arguments;  // as main() got them, including the program's name
  std::size_t open_files = 0;        // limit of open files
  std::set<std::string> logged;      // configuration warnings that are already logged
};

// Parses the flags, opens the log and runs `body`, whose result is the exit status. An exception from it is
// logged as FATAL and becomes the exit status; invalid flags print what is wrong and give status 2.
[[nodiscard]] int run_program(int argc, char** argv, const std::function<int(Program&)>& body);

// For the programs that serve until they are stopped. They take flags and, as `orchestrator` passes them on,
// a word and a command that only repeat the program's name. Throws UsageError for any other word.
void require_no_words(const Flags& flags, std::string_view word, std::string_view command);
// Warns of words and of a command, which have no effect in `orchestrator http`.
void warn_of_ignored_words(const Program& program);
// Prints help or version if the flags ask for it, and returns true: the program then has nothing else to do.
[[nodiscard]] bool handle_help_or_version(const Flags& flags);

// Which warnings about the files are logged: all, when a server starts; those about unguarded settings,
// before servers are changed; none.
enum class LoggedWarnings { all, safety_keys, nothing };
// Loads the configuration that the flags name, or that of the default locations. Throws
// Error{invalid_argument}.
[[nodiscard]] topo::Configuration load_configuration(Program& program,
                                                     LoggedWarnings which = LoggedWarnings::all);

// As load_configuration(), but does not throw for errors in the files and logs nothing.
[[nodiscard]] topo::LoadedConfiguration examine_configuration(const Program& program);
// As examine_configuration(), but without warnings that are already in the log, and counts the returned ones
// as logged.
[[nodiscard]] topo::LoadedConfiguration examine_again(Program& program);

// The folder of the running program.
[[nodiscard]] std::filesystem::path executable_folder();

// Replaces this process by the program of that name in the same folder, with the same arguments. Throws
// Error{not_found} when that fails.
[[noreturn]] void execute_sibling(const Program& program, std::string_view name);

// Writes to standard output; throws Error{refused} when the write fails, for example on a full disk.
void print(std::string_view text);

// Reduces the memory of a process with many threads: few heaps, short stacks. Call it before any thread
// starts.
void prepare_server_process();

}  // namespace orchestrator
