// Waiting for conditions in tests of threads: never for a fixed time, and never for ever.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

namespace waiting {

// Longer than any machine needs: only a test that fails waits so long.
constexpr std::chrono::seconds patience{20};

// Closed at first; lets all through when open.
class Gate {
 public:
  void open() {
    {
      const std::lock_guard lock(mutex_);
      open_ = true;
    }
    opened_.notify_all();
  }
  // Throws std::runtime_error when it stays closed.
  void pass() {
    std::unique_lock lock(mutex_);
    if (!opened_.wait_for(lock, patience, [&] { return open_; }))
      throw std::runtime_error("the gate stayed closed");
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

// A value that threads change and tests wait for.
template <typename T>
class Watched {
 public:
  template <typename Change>
  void change(Change change_value) {
    {
      const std::lock_guard lock(mutex_);
      change_value(value_);
    }
    changed_.notify_all();
  }
  // False when it did not come to that.
  template <typename Predicate>
  bool wait_until(Predicate predicate) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return predicate(value_); });
  }
  T get() {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  T value_{};
};

}  // namespace waiting
