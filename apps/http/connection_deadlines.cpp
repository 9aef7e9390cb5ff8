#include "http/connection_deadlines.h"

#include <sys/socket.h>

namespace orchestrator {
namespace {

// How much too late a connection may be closed.
constexpr std::chrono::milliseconds interval{250};

}  // namespace

ConnectionDeadlines::ConnectionDeadlines() : watcher_([this](const std::stop_token& stop) { watch(stop); }) {}

void ConnectionDeadlines::arm(int socket, std::chrono::milliseconds allowed) {
  const std::lock_guard lock(mutex_);
  deadlines_.insert_or_assign(socket, Clock::now() + allowed);
  if (deadlines_.size() == 1) armed_.notify_one();
}

void ConnectionDeadlines::disarm(int socket) {
  const std::lock_guard lock(mutex_);
  deadlines_.erase(socket);
}

// Most requests are read within a fraction of the interval, so they cost one insertion and one removal.
void ConnectionDeadlines::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (armed_.wait(lock, stop, [this] { return !deadlines_.empty(); })) {
    armed_.wait_for(lock, stop, interval, [] { return false; });
    const auto now = Clock::now();
    std::erase_if(deadlines_, [now](const auto& one) {
      if (one.second > now) return false;
      shutdown(one.first, SHUT_RDWR);
      return true;
    });
  }
}

}  // namespace orchestrator
