// What the start of all three programs has in common.
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
  std::span<char* const> arguments;  // as main() got them, the program's name included
  std::size_t open_files = 0;        // how many may be open
  std::set<std::string> told;        // warnings about the configuration that are in the log
};

// Reads the flags, opens the log and runs `body`, whose result is the exit status. What it throws is logged
// as FATAL and becomes the exit status; flags that cannot be understood are answered with usage and status 2.
[[nodiscard]] int run_program(int argc, char** argv, const std::function<int(Program&)>& body);

// For the programs that serve until they are stopped, which take flags and, as `orchestrator` passes them on,
// a word and a command that say no more than the program's name does. Throws UsageError for others.
void require_no_words(const Flags& flags, std::string_view word, std::string_view command);
// Warns of words and of a command, which mean nothing to `orchestrator http`.
void warn_of_ignored_words(const Program& program);
// Prints help or version if that is asked for: nothing else is to be done then, and it returns true.
[[nodiscard]] bool handle_help_or_version(const Flags& flags);

// Which warnings about the files are logged: all, as when a server starts; those of what is not guarded,
// before servers are changed; none.
enum class Tell { all, unguarded, nothing };
// The configuration that the flags or the usual places name. Throws Error{invalid_argument}.
[[nodiscard]] topo::Configuration load_configuration(Program& program, Tell tell = Tell::all);

// The same without throwing for what is in the files, and without logging anything.
[[nodiscard]] topo::LoadedConfiguration examine_configuration(const Program& program);
// As examine_configuration(), but without warnings that are in the log already; those that it has will be.
[[nodiscard]] topo::LoadedConfiguration examine_again(Program& program);

// Where the running program lies.
[[nodiscard]] std::filesystem::path executable_folder();

// Replaces this process by the program of that name in the same folder, with the same arguments. Returns
// only by throwing Error{not_found}.
[[noreturn]] void execute_sibling(const Program& program, std::string_view name);

// Writes to standard output; throws Error{refused} when that takes no more, as a full disk.
void print(std::string_view text);

// Makes a process of many threads small: few heaps, short stacks. To be called before any thread is made.
void prepare_server_process();

}  // namespace orchestrator
