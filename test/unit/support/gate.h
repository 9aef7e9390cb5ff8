// Waits for conditions in tests of threads: neither for a fixed time nor without a limit.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

namespace waiting {

// Longer than any machine needs: only a failing test waits this long.
constexpr std::chrono::seconds patience{20};

// Closed at first; when open, it never blocks.
class Gate {
 public:
  void open() {
    {
      const std::lock_guard lock(mutex_);
      open_ = true;
    }
    opened_.notify_all();
  }
  // Waits until open. Throws std::runtime_error if the gate stays closed.
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

// A value changed by threads and awaited by tests.
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
  // Returns false if the condition stays false.
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
