// ConnectionDeadlines: ends connections whose client takes too long to say what it wants, or to take the
// answer, a byte now and then.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace orchestrator {

// Thread-safe.
class ConnectionDeadlines {
 public:
  ConnectionDeadlines();

  // From now on until disarm(), which must come before the socket is closed. Whoever reads from a socket
  // whose time is over reads its end.
  void arm(int socket, std::chrono::milliseconds allowed);
  void disarm(int socket);

 private:
  using Clock = std::chrono::steady_clock;
  void watch(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any armed_;
  std::unordered_map<int, Clock::time_point> deadlines_;
  std::jthread watcher_;  // the last member: it uses the others
};

// From its construction, or renew(), to release() or its end.
class Deadline {
 public:
  Deadline(ConnectionDeadlines& all, int socket, std::chrono::milliseconds allowed)
      : all_(all), socket_(socket) {
    all_.arm(socket_, allowed);
  }
  ~Deadline() { all_.disarm(socket_); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  void release() { all_.disarm(socket_); }
  void renew(std::chrono::milliseconds allowed) { all_.arm(socket_, allowed); }

 private:
  ConnectionDeadlines& all_;
  const int socket_;
};

}  // namespace orchestrator
