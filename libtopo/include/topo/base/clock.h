// Time types: wall clock for stored and displayed times, steady clock for measurements and timeouts.
#pragma once

#include <chrono>

namespace topo {

// UTC, in seconds, like the TIMESTAMP columns of the backend.
using Timestamp = std::chrono::sys_seconds;
using SteadyTime = std::chrono::steady_clock::time_point;

}  // namespace topo
