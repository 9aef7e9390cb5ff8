// The command line: turns words and flags into an operation and prints its output.
#pragma once

#include "common/startup.h"

namespace orchestrator {

// Runs the command that the flags name and prints the result. Returns the exit status. Throws topo::Error
// when the operation fails and UsageError for a command line that makes no sense.
[[nodiscard]] int run_command_line(Program& program);

}  // namespace orchestrator
