// What a failure means to the caller of a command or the sender of a request: one table for both.
#pragma once

#include "topo/base/error.h"

namespace orchestrator {

struct ErrorStatus {
  int exit;  // exit status of the process
  int http;
};

[[nodiscard]] ErrorStatus status_of(topo::Code code) noexcept;

// Exit status for a command line that cannot be understood.
inline constexpr int exit_usage = 2;

}  // namespace orchestrator
