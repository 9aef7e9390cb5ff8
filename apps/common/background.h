// The continuous discovery of a program that runs until it is told to stop.
#pragma once

#include <cstddef>

namespace orchestrator {

class Session;
class Signals;

// What a process may have open, and whom else it serves.
struct Capacity {
  std::size_t open_files = 0;
  std::size_t clients = 0;  // connections of clients at a time
};

// Opens the backend and, if `discover`, starts the continuous discovery; while the backend is not available,
// logs why and tries again every few seconds. Returns when the process is to end, with Session::begin_to_end
// called. Until then it reads the configuration again whenever it is told to; what is wrong with it is
// logged, and all stays as it was. A `capacity` that is too small for the instances that the discovery knows
// is a warning. Throws Error for what will not pass by itself.
void run_until_stopped(Session& session, const Signals& signals, bool discover, const Capacity& capacity);

}  // namespace orchestrator
