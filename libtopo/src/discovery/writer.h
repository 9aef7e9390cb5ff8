// Writer: writes poll results to the store in groups, so that many polls share a transaction.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "topo/base/clock.h"
#include "topo/store/store.h"

namespace topo::discovery {

// Thread-safe. While the backend is down, pending writes are kept and retried. Of several writes about one
// instance, those that a later one supersedes are dropped (kept are its last facts, the last failure after
// them and the last place after them), so that memory is bounded by the number of instances.
class Writer {
 public:
  // Called without locks, from the writer's thread, with the keys that another process forgot.
  using Vanished = std::function<void(const std::vector<InstanceKey>&)>;

  Writer(InstanceStore& store, spdlog::logger& log, Vanished vanished);
  // Writes what is pending; gives up if the backend fails.
  ~Writer();

  void add(InstanceWrite write);
  // Waits until all earlier writes are stored. Throws the backend's error if they cannot be, and
  // Error{backend} if `latest` is reached first; they are then still written once possible.
  void flush(std::optional<SteadyTime> latest = std::nullopt);
  [[nodiscard]] std::uint64_t transactions() const;

 private:
  void run();
  bool write_group(std::unique_lock<std::mutex>& lock);
  void put_back(std::vector<InstanceWrite> group);
  void say_failed(const std::string& reason);
  void say_works();

  using Clock = std::chrono::steady_clock;
  struct Outage {
    Clock::time_point since, reported;
  };

  InstanceStore& store_;
  spdlog::logger& log_;
  Vanished vanished_;
  mutable std::mutex mutex_;
  std::condition_variable wake_, written_;
  std::deque<InstanceWrite> pending_;
  std::exception_ptr error_;      // of the last attempt; null: it succeeded
  std::optional<Outage> outage_;  // used by the writer's thread only
  std::uint64_t tries_ = 0;       // completed
  std::uint64_t transactions_ = 0;
  std::uint64_t wanted_tries_ = 0;  // set by flush(): until then no group waits to fill
  bool writing_ = false;
  bool stopping_ = false;
  std::jthread thread_;
};

}  // namespace topo::discovery
