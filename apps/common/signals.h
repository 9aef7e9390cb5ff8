// Signal handling of the programs. Signals: SIGTERM and SIGINT request the end of the process, SIGHUP
// requests a reload of the configuration; one thread waits for them instead of handlers.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace orchestrator {

// Ignores from now on the signals that are sent by mistake and would end the process by default, such as
// SIGUSR1, and SIGXFSZ: a file that may not grow is a failed write.
void ignore_stray_signals();

// Blocks those signals in this thread and in all threads that it starts later, so create it before any other
// thread. SIGPIPE is ignored: a peer that has gone is a failed write.
class Signals {
 public:
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // The signal that arrived; nullopt: none arrived in that time.
  [[nodiscard]] std::optional<int> wait_for(std::chrono::milliseconds time) const { return wait(set_, time); }
  // As wait_for, but leaves all pending reload requests in place.
  [[nodiscard]] std::optional<int> wait_for_end(std::chrono::milliseconds time) const;
  // Whether the signal requests a reload of the configuration. In a process started from a terminal, SIGHUP
  // ends it instead.
  [[nodiscard]] bool asks_to_reload(int signal) const noexcept { return signal == SIGHUP && !has_terminal_; }
  // Acts as if SIGTERM had arrived; for a thread of this process that cannot continue.
  static void raise_stop();

 private:
  [[nodiscard]] static std::optional<int> wait(const sigset_t& signals, std::chrono::milliseconds time);

  sigset_t set_{};
  const bool has_terminal_;
};

}  // namespace orchestrator
