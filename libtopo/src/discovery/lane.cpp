#include "discovery/lane.h"

#include <algorithm>

namespace topo::discovery {

Lane::Lane(Work work, std::size_t base_threads, std::size_t max_threads, std::chrono::milliseconds idle_time)
    : work_(std::move(work)),
      base_threads_(base_threads),
      max_threads_(std::max(base_threads, max_threads)),
      idle_time_(idle_time) {}

Lane::~Lane() {
  stop();
}

void Lane::schedule(const InstanceKey& key, SteadyTime due) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    const auto [found, is_new] = due_.try_emplace(key, due);
    if (!is_new) {
      queue_.erase({found->second, key});
      found->second = due;
    }
    const auto place = queue_.emplace(due, key).first;
    if (!dispatcher_.joinable()) dispatcher_ = std::jthread([this] { dispatch(); });
    if (place != queue_.begin()) return;  // it waits for an earlier one already
  }
  dispatcher_wake_.notify_one();
}

void Lane::cancel(const InstanceKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = due_.find(key);
  if (found == due_.end()) return;
  queue_.erase({found->second, key});
  due_.erase(found);
}

void Lane::clear() {
  const std::lock_guard lock(mutex_);
  queue_.clear();
  due_.clear();
}

void Lane::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_.clear();
    due_.clear();
  }
  dispatcher_wake_.notify_all();
  worker_wake_.notify_all();
  if (dispatcher_.joinable()) dispatcher_.join();
  workers_.clear();  // joins
}

std::size_t Lane::threads() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(workers_.begin(), workers_.end(), [](const Worker& worker) { return !worker.ended; }));
}

// Called with the lock held. A thread that has said that it ended is about to return: joining it is short.
void Lane::remove_ended() {
  workers_.remove_if([](const Worker& worker) { return worker.ended; });
}

void Lane::add_worker() {
  remove_ended();
  Worker& worker = workers_.emplace_back();
  worker.thread = std::jthread([this, &worker] { this->work(worker); });
}

// Sees to it that for each due key there is a worker, within the limits.
void Lane::dispatch() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (queue_.empty()) {
      dispatcher_wake_.wait(lock);
      continue;
    }
    const auto due = queue_.begin()->first;
    const auto now = std::chrono::steady_clock::now();
    if (due > now) {
      dispatcher_wake_.wait_until(lock, due);
      continue;
    }
    if (idle_ > called_) {
      ++called_;
      worker_wake_.notify_one();
    } else {
      const auto alive = static_cast<std::size_t>(std::count_if(
          workers_.begin(), workers_.end(), [](const Worker& worker) { return !worker.ended; }));
      const bool overdue = now - due > patience;
      if (alive < base_threads_ || (overdue && alive < max_threads_)) add_worker();
    }
    // Whoever was called takes it in less time than this; if all hang, another worker is made then.
    dispatcher_wake_.wait_for(lock, patience);
  }
}

void Lane::work(Worker& self) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!queue_.empty() && queue_.begin()->first <= std::chrono::steady_clock::now()) {
      const auto [due, key] = *queue_.begin();
      queue_.erase(queue_.begin());
      due_.erase(key);
      dispatcher_wake_.notify_one();  // for the next one in the queue
      lock.unlock();
      work_(key, due);
      lock.lock();
      continue;
    }
    ++idle_;
    const bool called = worker_wake_.wait_for(lock, idle_time_, [&] { return stopping_ || called_ > 0; });
    --idle_;
    if (called_ > 0) --called_;
    if (!called) break;
  }
  self.ended = true;
}

}  // namespace topo::discovery
