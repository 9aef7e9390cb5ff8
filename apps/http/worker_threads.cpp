#include "http/worker_threads.h"

#include <chrono>
#include <system_error>

namespace orchestrator {
namespace {

constexpr std::chrono::seconds idle_time{10};

}  // namespace

// The mutex must be held.
bool WorkerThreads::start_thread() {
  threads_.emplace_back();
  const auto self = std::prev(threads_.end());
  try {
    *self = std::jthread([this, self] { work(self); });
    return true;
  } catch (const std::system_error&) {
    threads_.erase(self);
    return !threads_.empty();  // an existing thread will run the task
  }
}

bool WorkerThreads::submit(std::function<void()> task) {
  Threads ended;  // joined after the mutex is released
  const std::lock_guard lock(mutex_);
  ended.swap(ended_);
  if (finishing_) return false;
  // An idle thread that is already reserved for a waiting task is not available.
  const bool needs_thread = idle_ <= tasks_.size();
  if (needs_thread && threads_.size() >= max_threads_ && tasks_.size() >= max_waiting_) return false;
  if (needs_thread && threads_.size() < max_threads_ && !start_thread()) return false;
  tasks_.push_back(std::move(task));
  changed_.notify_one();
  return true;
}

void WorkerThreads::work(Threads::iterator self) {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    const bool woken = changed_.wait_for(lock, idle_time, [this] { return !tasks_.empty() || finishing_; });
    --idle_;
    if (tasks_.empty()) {
      if (woken) return;  // finishing; finish() joins
      ended_.splice(ended_.end(), threads_, self);
      return;
    }
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
}

void WorkerThreads::finish() {
  Threads threads;
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    threads.splice(threads.end(), threads_);
    threads.splice(threads.end(), ended_);
  }
  changed_.notify_all();
}

}  // namespace orchestrator
