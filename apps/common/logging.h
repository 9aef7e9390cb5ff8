// The log of the programs: lines on standard error, "2026-01-31 23:59:59 LEVEL message".
#pragma once

#include <memory>

namespace spdlog {
class logger;
}

namespace orchestrator {

struct Flags;

// Warnings and errors, or more as --verbose and --debug say: a warning that nobody sees is none. A message is
// one line (topo::one_line), so that nothing that a server says can forge one.
[[nodiscard]] std::shared_ptr<spdlog::logger> make_log(const Flags& flags);

// To be called when the configuration is known: its Debug is as good as --debug.
void set_debug(spdlog::logger& log);

}  // namespace orchestrator
