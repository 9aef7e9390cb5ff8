// LateWrites: what the backend did not take in time, and takes when it answers again.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace spdlog {
class logger;
}

namespace topo::store {

// Thread-safe. Bounded: beyond some thousands what is added is lost, with a line in the log.
class LateWrites {
 public:
  // `is_over`: nobody waits for the backend any more.
  LateWrites(spdlog::logger& log, std::function<bool()> is_over);
  // Goes on for some seconds. What is still not written is lost, with a line in the log for each.
  ~LateWrites();
  LateWrites(const LateWrites&) = delete;
  LateWrites& operator=(const LateWrites&) = delete;

  // A thread of this object calls `write` again and again until it throws no Error{backend}; its other errors
  // are logged, and end it. `what`, for the log: "the audit entry of move-up db1:3306".
  void add(std::string what, std::function<void()> write) noexcept;

 private:
  struct Late {
    std::string what;
    std::function<void()> write;
  };

  void run(const std::stop_token& stop);
  bool was_written(const Late& late);

  spdlog::logger& log_;
  const std::function<bool()> is_over_;
  std::mutex mutex_;
  std::condition_variable_any wakes_;
  std::deque<Late> pending_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace topo::store
