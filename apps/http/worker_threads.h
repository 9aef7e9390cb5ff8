// WorkerThreads: a thread pool that grows with the load up to a limit.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace orchestrator {

// Thread-safe. A submitted task starts at once while there are fewer than `max_threads` threads; it never
// waits for another task while a new thread can be started. Threads that stay idle for a while end.
class WorkerThreads {
 public:
  WorkerThreads(std::size_t max_threads, std::size_t max_waiting)
      : max_threads_(max_threads), max_waiting_(max_waiting) {}
  ~WorkerThreads() { finish(); }
  WorkerThreads(const WorkerThreads&) = delete;
  WorkerThreads& operator=(const WorkerThreads&) = delete;

  // False: all threads are busy and too many tasks wait already, the pool is finished, or the system has no
  // more threads.
  [[nodiscard]] bool submit(std::function<void()> task);
  // Runs all tasks to their end, including waiting ones, and accepts no more.
  void finish();

 private:
  using Threads = std::list<std::jthread>;

  void work(Threads::iterator self);
  bool start_thread();

  const std::size_t max_threads_, max_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  Threads threads_;
  Threads ended_;  // to be joined
  std::size_t idle_ = 0;
  bool finishing_ = false;
};

}  // namespace orchestrator
