#include "common/signals.h"

#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace orchestrator {

// Hooks get the default handlers back: see recovery/hooks.cpp.
void ignore_stray_signals() {
  for (const int signal : {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPOLL, SIGXFSZ})
    std::signal(signal, SIG_IGN);
}

Signals::Signals() : has_terminal_(isatty(STDIN_FILENO) == 1) {
  sigemptyset(&set_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, signal);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

std::optional<int> Signals::wait_for_end(std::chrono::milliseconds time) const {
  auto ends = set_;
  sigdelset(&ends, SIGHUP);
  return wait(ends, time);
}

std::optional<int> Signals::wait(const sigset_t& signals, std::chrono::milliseconds time) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::nanoseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    const std::timespec wait{static_cast<std::time_t>(left.count() / 1'000'000'000),
                             left.count() % 1'000'000'000};
    const int signal = sigtimedwait(&signals, nullptr, &wait);
    if (signal > 0) return signal;
    if (errno != EINTR) return std::nullopt;
  }
}

void Signals::raise_stop() {
  kill(getpid(), SIGTERM);
}

}  // namespace orchestrator
