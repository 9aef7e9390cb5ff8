#include "common/signals.h"

#include <unistd.h>

namespace orchestrator {

// Hooks get them back as they were: see recovery/hooks.cpp.
void ignore_stray_signals() {
  for (const int signal : {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPOLL})
    std::signal(signal, SIG_IGN);
}

Signals::Signals() : has_terminal_(isatty(STDIN_FILENO) == 1) {
  sigemptyset(&set_);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, signal);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int Signals::wait() const {
  int signal = 0;
  while (sigwait(&set_, &signal) != 0) {
  }
  return signal;
}

void Signals::raise_stop() {
  kill(getpid(), SIGTERM);
}

}  // namespace orchestrator
