#include "discovery/lane.h"

#include <algorithm>
#include <system_error>

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
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  const auto [found, is_new] = due_.try_emplace(key, due);
  if (!is_new) {
    queue_.erase({found->second, key});
    found->second = due;
  }
  const auto position = queue_.emplace(due, key).first;
  if (!has_leader_) {
    find_leader();
  } else if (position == queue_.begin()) {
    leader_wake_.notify_one();  // it waits for a later time
  }
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
  std::list<Worker> last;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_.clear();
    due_.clear();
    last.swap(workers_);  // which keeps the address of each worker
  }
  leader_wake_.notify_all();
  follower_wake_.notify_all();
  watcher_wake_.notify_all();
  if (watcher_.joinable()) watcher_.join();
  last.clear();  // joins
}

std::size_t Lane::threads() const {
  const std::lock_guard lock(mutex_);
  return alive();
}

std::size_t Lane::overdue() const {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  const auto later = std::ranges::find_if(queue_, [&](const auto& queued) { return queued.first > now; });
  return static_cast<std::size_t>(std::distance(queue_.begin(), later));
}

std::size_t Lane::alive() const {
  return static_cast<std::size_t>(
      std::count_if(workers_.begin(), workers_.end(), [](const Worker& worker) { return !worker.ended; }));
}

void Lane::add_worker() {
  // A thread marked as ended is about to return: joining it is short.
  workers_.remove_if([](const Worker& worker) { return worker.ended; });
  Worker& worker = workers_.emplace_back();
  try {
    worker.thread = std::jthread([this, &worker] {
      std::unique_lock lock(mutex_);
      --starting_;
      this->work(lock, worker);
    });
    ++starting_;
  } catch (const std::system_error&) {  // no more threads: the existing workers do the work
    workers_.pop_back();
  }
}

// Ensures that a worker waits for the queue's first key.
void Lane::find_leader() {
  if (stopping_ || has_leader_ || queue_.empty()) return;
  if (followers_ > called_) {
    ++called_;
    follower_wake_.notify_one();
  } else if (called_ > 0 || starting_ > 0) {
    return;  // a worker is about to lead
  } else if (alive() < base_threads_) {
    add_worker();
  } else {
    all_busy_ = true;
    if (!watcher_.joinable()) {
      watcher_ = std::jthread([this] {
        std::unique_lock lock(mutex_);
        watch(lock);
      });
    }
    watcher_wake_.notify_one();
  }
}

void Lane::work(std::unique_lock<std::mutex>& lock, Worker& self) {
  while (!stopping_) {
    if (!has_leader_ && !queue_.empty()) {
      lead(lock);
    } else if (!follow(lock)) {
      break;
    }
  }
  self.ended = true;
}

// Waits until the first key is due, takes it and does its work.
void Lane::lead(std::unique_lock<std::mutex>& lock) {
  has_leader_ = true;
  const auto first = queue_.begin()->first;
  if (first > std::chrono::steady_clock::now()) leader_wake_.wait_until(lock, first);
  has_leader_ = false;
  if (queue_.empty() || queue_.begin()->first > std::chrono::steady_clock::now()) return;
  const auto [due, key] = *queue_.begin();
  queue_.erase(queue_.begin());
  due_.erase(key);
  find_leader();
  lock.unlock();
  work_(key, due);
  lock.lock();
}

// Returns false if there was no work for `idle_time_`.
bool Lane::follow(std::unique_lock<std::mutex>& lock) {
  ++followers_;
  const bool called = follower_wake_.wait_for(lock, idle_time_, [&] { return stopping_ || called_ > 0; });
  --followers_;
  if (called_ > 0) --called_;
  return called;
}

// While all workers are busy: creates another when a key has waited for longer than `patience`.
void Lane::watch(std::unique_lock<std::mutex>& lock) {
  while (!stopping_) {
    if (has_leader_ || queue_.empty()) all_busy_ = false;
    if (!all_busy_) {
      watcher_wake_.wait(lock);
      continue;
    }
    const auto late = queue_.begin()->first + patience;
    if (late > std::chrono::steady_clock::now()) {
      watcher_wake_.wait_until(lock, late);
    } else if (alive() < max_threads_) {
      add_worker();
      all_busy_ = false;  // it leads as soon as it runs
    } else {
      watcher_wake_.wait_for(lock, patience);
    }
  }
}

}  // namespace topo::discovery
