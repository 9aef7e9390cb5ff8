// What a failure means to whoever started the command or sent the request: one table for both.
#pragma once

#include "topo/base/error.h"

namespace orchestrator {

struct ErrorStatus {
  int exit;  // of the process
  int http;
};

[[nodiscard]] ErrorStatus status_of(topo::Code code) noexcept;

// Exit status for a command line that cannot be understood.
inline constexpr int exit_usage = 2;

}  // namespace orchestrator
