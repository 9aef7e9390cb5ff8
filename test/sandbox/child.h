// Child processes: starting them, and running a command to its end.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace sandbox {

struct ChildOptions {
  std::vector<std::string> command{};  // the program, searched for in PATH, and its arguments
  std::vector<std::string>
      environment{};               // NAME=value, added to this process's environment or replacing its values
  std::filesystem::path folder{};  // working folder; empty: this process's own
  std::filesystem::path input{};   // standard input; empty: nothing
  int input_descriptor = -1;       // instead of `input`, when not negative
  std::filesystem::path output{};  // standard output and error are appended to it; empty: dropped
  pid_t group = -1;                // process group to join; 0: one of its own; -1: this process's
  bool own_session = false;        // like a daemon; `group` is then ignored
};

// Starts the program and returns its pid. Safe while other threads run; descriptors that are not
// close-on-exec are inherited. Throws topo::Error{refused} naming the program when it cannot be started.
pid_t start_child(const ChildOptions& options);

// Whether the child has ended; reaps it if so. A pid that is not a child counts as ended.
bool child_ended(pid_t child);
// Waits until the child has ended, and returns its exit status, or 128 + signal if a signal ended it.
int await_child(pid_t child);

// Runs the command to its end and returns its output on both streams (this function sets `output`). Throws
// topo::Error{refused} with the end of the output when the command fails.
std::string run(ChildOptions options);

// The last `lines` lines of a file; "" if it cannot be read.
std::string tail(const std::filesystem::path& file, std::size_t lines);

}  // namespace sandbox
