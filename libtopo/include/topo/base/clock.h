// Times. Wall clock for what is stored and shown, steady clock for what is measured and awaited.
#pragma once

#include <chrono>

namespace topo {

// UTC, to the second: what backend TIMESTAMP columns hold.
using Timestamp = std::chrono::sys_seconds;
using SteadyTime = std::chrono::steady_clock::time_point;

}  // namespace topo
