// Lane: a queue of keys ordered by due time, and the workers that process them. Servers that answer and
// servers that do not have separate lanes, so that dead servers never delay live ones.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include "topo/base/clock.h"
#include "topo/base/instance_key.h"

namespace topo::discovery {

// Thread-safe. A key is in the queue at most once; the owner must not process a key twice at the same time.
class Lane {
 public:
  // Called by a worker, without locks, for a key that is due. Must not throw.
  using Work = std::function<void(const InstanceKey&, SteadyTime due)>;

  // Starts without threads. Up to `base_threads` are created as keys become due; more, up to `max_threads`,
  // only while a key has been waiting for longer than `patience`, because workers hang on servers that do not
  // answer. A worker without work for `idle_time` ends.
  Lane(Work work, std::size_t base_threads, std::size_t max_threads,
       std::chrono::milliseconds idle_time = std::chrono::seconds(10));
  // Workers finish their current keys; queued keys are dropped.
  ~Lane();

  // Queues the key, or changes its due time if it is queued already.
  void schedule(const InstanceKey& key, SteadyTime due);
  void cancel(const InstanceKey& key);
  void clear();
  // Starts no more work, and returns when the running work has ended.
  void stop();
  [[nodiscard]] std::size_t threads() const;
  // The number of keys that are due and that no worker has taken yet.
  [[nodiscard]] std::size_t overdue() const;

 private:
  static constexpr std::chrono::milliseconds patience{20};

  struct Worker {
    std::jthread thread;
    bool ended = false;
  };
  using Queue = std::set<std::pair<SteadyTime, InstanceKey>>;

  // These are called with the mutex held.
  void work(std::unique_lock<std::mutex>& lock, Worker& self);
  void lead(std::unique_lock<std::mutex>& lock);
  bool follow(std::unique_lock<std::mutex>& lock);
  void find_leader();
  void watch(std::unique_lock<std::mutex>& lock);
  void add_worker();
  [[nodiscard]] std::size_t alive() const;

  Work work_;
  const std::size_t base_threads_, max_threads_;
  const std::chrono::milliseconds idle_time_;
  mutable std::mutex mutex_;
  std::condition_variable leader_wake_, follower_wake_, watcher_wake_;
  Queue queue_;
  std::unordered_map<InstanceKey, SteadyTime> due_;
  std::list<Worker> workers_;
  // One idle worker, the leader, waits until the first key is due; when it takes the key, another worker
  // leads. So a poll wakes no more threads than it needs.
  bool has_leader_ = false;
  std::size_t followers_ = 0;  // other idle workers
  std::size_t called_ = 0;     // of those, woken and not yet running
  std::size_t starting_ = 0;   // workers created and not yet running
  bool stopping_ = false;
  bool all_busy_ = false;  // for the watcher: no leader, and no more base threads may be created
  std::jthread watcher_;   // created when that first happens
};

}  // namespace topo::discovery
