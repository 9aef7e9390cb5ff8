// The continuous discovery of a program that runs until it is stopped.
#pragma once

#include <cstddef>

namespace orchestrator {

class Session;
class Signals;

// How many files a process may open, and how many clients it serves besides the instances.
struct Capacity {
  std::size_t open_files = 0;
  std::size_t clients = 0;  // concurrent client connections
};

// Opens the backend and, if `discover`, starts the continuous discovery. While the backend is unavailable,
// logs why and retries every few seconds. Reloads the configuration on request; errors in it are logged and
// leave the current one in force. Warns when `capacity` is too small for the instances that the discovery
// knows. Returns when the process must end, after calling Session::begin_to_end. Throws Error for a failure
// that retrying cannot fix.
void run_until_stopped(Session& session, const Signals& signals, bool discover, const Capacity& capacity);

}  // namespace orchestrator
