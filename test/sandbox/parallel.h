// Runs the same work on many items in parallel.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sandbox {

// Calls work(0) … work(count - 1), at most `threads` at a time. After an exception no further work begins;
// the first exception is thrown when the running work has ended.
inline void parallel(std::size_t count, std::size_t threads, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr first_error;
  const auto take_work = [&] {
    for (std::size_t number = next++; number < count; number = next++) {
      try {
        work(number);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!first_error) first_error = std::current_exception();
        next = count;
      }
    }
  };
  {
    std::vector<std::jthread> workers;
    for (std::size_t thread = 0; thread < std::min(threads, count); ++thread) workers.emplace_back(take_work);
  }
  if (first_error) std::rethrow_exception(first_error);
}

}  // namespace sandbox
