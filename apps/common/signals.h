// Signals: SIGTERM, SIGINT and SIGHUP as requests to end, waited for by one thread instead of handled.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace orchestrator {

// Blocks those signals in this thread and in all that it starts from then on, so it is made before any
// thread. SIGPIPE is ignored: a peer that has gone is a failed write.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // Returns the signal that came.
  int wait() const;
  // nullopt: none came in that time.
  [[nodiscard]] std::optional<int> wait_for(std::chrono::milliseconds time) const;
  // As if SIGTERM had come; for a thread of this process that cannot go on.
  static void raise_stop();

 private:
  sigset_t set_{};
};

}  // namespace orchestrator
