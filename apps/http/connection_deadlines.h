// ConnectionDeadlines: ends connections whose client sends its request, or reads the response, too slowly.
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

  // The deadline applies until disarm(), which must be called before the socket is closed. After the
  // deadline, reads from the socket return its end.
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

// Armed from construction or renew() until release() or destruction.
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
