// What signals do to the programs. Signals: SIGTERM and SIGINT as requests to end, SIGHUP as one to read the
// configuration again; waited for by one thread instead of handled.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace orchestrator {

// Signals that are sent by mistake and would end a process by default, SIGUSR1 say, are ignored from now on;
// so is SIGXFSZ: a file that may not grow is a failed write.
void ignore_stray_signals();

// Blocks those signals in this thread and in all that it starts from then on, so it is made before any
// thread. SIGPIPE is ignored: a peer that has gone is a failed write.
class Signals {
 public:
  Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // The signal that came; nullopt: none came in that time.
  [[nodiscard]] std::optional<int> wait_for(std::chrono::milliseconds time) const { return wait(set_, time); }
  // The same, leaving those that ask for the configuration to be read again where they are, however many
  // come.
  [[nodiscard]] std::optional<int> wait_for_end(std::chrono::milliseconds time) const;
  // Whether that asks for the configuration to be read again. A process that was started from a terminal ends
  // with it instead.
  [[nodiscard]] bool asks_to_reload(int signal) const noexcept { return signal == SIGHUP && !has_terminal_; }
  // As if SIGTERM had come; for a thread of this process that cannot go on.
  static void raise_stop();

 private:
  [[nodiscard]] static std::optional<int> wait(const sigset_t& signals, std::chrono::milliseconds time);

  sigset_t set_{};
  const bool has_terminal_;
};

}  // namespace orchestrator
