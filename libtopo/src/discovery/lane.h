// Lane: a queue of keys ordered by due time, and the workers that take them. Servers that answer and servers
// that do not have a lane each, so that the dead never delay the living.
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

// Thread-safe. A key is in the queue at most once; that it is not taken twice at a time is the owner's care.
class Lane {
 public:
  // Called by a worker, without locks, for a key whose time has come. Must not throw.
  using Work = std::function<void(const InstanceKey&, SteadyTime due)>;

  // Begins with no thread; up to `base_threads` are made as work comes due, and more, up to `max_threads`,
  // only while work has been waiting for longer than `patience`: when workers hang on servers that do not
  // answer. One without work for `idle_time` ends.
  Lane(Work work, std::size_t base_threads, std::size_t max_threads,
       std::chrono::milliseconds idle_time = std::chrono::seconds(10));
  // Workers finish what they do; what is queued is dropped.
  ~Lane();

  // Sets when the key is due, or moves it there if it is queued already.
  void schedule(const InstanceKey& key, SteadyTime due);
  void cancel(const InstanceKey& key);
  void clear();
  // No more work begins; returns when what has begun has ended.
  void stop();
  [[nodiscard]] std::size_t threads() const;
  // Keys whose time has come and that no worker has taken yet.
  [[nodiscard]] std::size_t overdue() const;

 private:
  static constexpr std::chrono::milliseconds patience{20};

  struct Worker {
    std::jthread thread;
    bool ended = false;
  };
  using Queue = std::set<std::pair<SteadyTime, InstanceKey>>;

  // With the mutex held, all of these.
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
  // One idle worker, the leader, waits for the first key's time; when it takes the key, another leads. So a
  // poll wakes no more threads than it needs.
  bool has_leader_ = false;
  std::size_t followers_ = 0;  // other idle workers
  std::size_t called_ = 0;     // of those, woken and not yet running
  std::size_t starting_ = 0;   // workers made and not yet running
  bool stopping_ = false;
  bool all_busy_ = false;  // for the watcher: nobody leads, and no more base threads may be made
  std::jthread watcher_;   // made when that first happens
};

}  // namespace topo::discovery
