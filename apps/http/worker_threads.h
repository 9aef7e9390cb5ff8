// WorkerThreads: as many threads as there is work for at once, up to a limit.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace orchestrator {

// Thread-safe. A task that is submitted starts at once as long as there are fewer than `most_threads`; it
// never waits for another to end while a thread could be had. Threads without work for a while end.
class WorkerThreads {
 public:
  WorkerThreads(std::size_t most_threads, std::size_t most_waiting)
      : most_threads_(most_threads), most_waiting_(most_waiting) {}
  ~WorkerThreads() { finish(); }
  WorkerThreads(const WorkerThreads&) = delete;
  WorkerThreads& operator=(const WorkerThreads&) = delete;

  // False: all threads are busy and enough tasks wait already, or this is finished, or the system has no more
  // threads.
  [[nodiscard]] bool submit(std::function<void()> task);
  // Lets all tasks end, those that wait included, and takes no more.
  void finish();

 private:
  using Threads = std::list<std::jthread>;

  void work(Threads::iterator self);
  bool start_thread();

  const std::size_t most_threads_, most_waiting_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  Threads threads_;
  Threads ended_;  // to be joined
  std::size_t idle_ = 0;
  bool finishing_ = false;
};

}  // namespace orchestrator
