// The command line: from words and flags to an operation and its output.
#pragma once

#include "common/startup.h"

namespace orchestrator {

// Does what the flags say and prints the result. Returns the exit status; throws topo::Error for an
// operation that failed and UsageError for words that make no sense.
[[nodiscard]] int run_command_line(Program& program);

}  // namespace orchestrator
