// Time types: wall clock for stored and displayed times, steady clock for measurements and timeouts.
#pragma once

#include <chrono>

namespace topo {

// UTC, in seconds, like the TIMESTAMP columns of the backend.
using Timestamp = std::chrono::sys_seconds;
using SteadyTime = std::chrono::steady_clock::time_point;

// The present time of the steady clock. Throws nothing; any thread may call it.
inline SteadyTime steady_now() noexcept {
  return std::chrono::steady_clock::now();
}

}  // namespace topo
