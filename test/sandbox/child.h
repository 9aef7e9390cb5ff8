// Child processes: starting them, and running a command to its end.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace sandbox {

struct ChildOptions {
  std::vector<std::string> command{};      // the program, searched in PATH, and its arguments
  std::vector<std::string> environment{};  // NAME=value, beside or instead of what this process has
  std::filesystem::path folder{};          // to run in; empty: this process's own
  std::filesystem::path input{};           // standard input; empty: nothing
  int input_descriptor = -1;               // instead of `input`, when not negative
  std::filesystem::path output{};          // standard output and error are appended to it; empty: dropped
  pid_t group = -1;                        // process group to join; 0: one of its own; -1: this process's
  bool own_session = false;                // as daemons have it; `group` is then of no account
};

// Starts the program and returns its pid. Safe while other threads run; descriptors that are not
// close-on-exec are inherited. Throws topo::Error{refused} naming the program when it cannot be started.
pid_t start_child(const ChildOptions& options);

// Whether the child has ended; collects it if so. A pid that is no child counts as ended.
bool child_ended(pid_t child);
// Waits until the child has ended, and returns its exit status, 128 + signal when a signal ended it.
int await_child(pid_t child);

// Runs the command to its end and returns what it printed on both streams (`output` is set by this
// function). Throws topo::Error{refused} with the end of its output when it fails.
std::string run(ChildOptions options);

// The last `lines` lines of a file; "" if it cannot be read.
std::string tail(const std::filesystem::path& file, std::size_t lines);

}  // namespace sandbox
