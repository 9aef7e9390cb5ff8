// The log of the programs: lines on standard error, "2026-01-31 23:59:59 LEVEL message".
#pragma once

#include <memory>

namespace spdlog {
class logger;
}

namespace orchestrator {

struct Flags;

// Logs warnings and errors, or more with --verbose and --debug. A message is one line (topo::one_line), so
// that no text from a server can forge a line.
[[nodiscard]] std::shared_ptr<spdlog::logger> make_log(const Flags& flags);

// Call this when the configuration is known: its Debug has the effect of --debug.
void set_debug(spdlog::logger& log);

}  // namespace orchestrator
