// LateWrites: writes that the backend did not accept in time, retried until it answers again.
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

// Thread-safe. Bounded: beyond some thousand pending writes, new ones are dropped with a line in the log.
class LateWrites {
 public:
  // `is_over` returns true when the process no longer waits for the backend.
  LateWrites(spdlog::logger& log, std::function<bool()> is_over);
  // Retries for some seconds. Writes that are still pending are dropped, with a line in the log for each.
  ~LateWrites();
  LateWrites(const LateWrites&) = delete;
  LateWrites& operator=(const LateWrites&) = delete;

  // A thread of this object retries `write` until it no longer throws Error{backend}; other errors are logged
  // and end the retries. `what` is for the log: "the audit entry of move-up db1:3306".
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
