// Writer: takes what was read and writes it to the store in groups, so that many polls share a transaction.
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

// Thread-safe. While the backend is down it keeps what is to be written and tries again: of several writes
// about one instance only those are kept then that no later one makes needless (its last facts, its last
// failure after them, its last place after them), so that memory is bounded by the instances.
class Writer {
 public:
  // Called without locks, from the writer's thread, with the keys that somebody else forgot.
  using Vanished = std::function<void(const std::vector<InstanceKey>&)>;

  Writer(InstanceStore& store, spdlog::logger& log, Vanished vanished);
  // Writes what is left, as far as the backend takes it.
  ~Writer();

  void add(InstanceWrite write);
  // Waits until what was added before is written. Throws the error of the backend when it cannot be, and
  // Error{backend} when that takes until `latest`; it is then still written when it can be.
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
    Clock::time_point since, told;
  };

  InstanceStore& store_;
  spdlog::logger& log_;
  Vanished vanished_;
  mutable std::mutex mutex_;
  std::condition_variable wake_, written_;
  std::deque<InstanceWrite> pending_;
  std::exception_ptr error_;      // of the last try; null when it worked
  std::optional<Outage> outage_;  // the writer's thread's alone
  std::uint64_t tries_ = 0;       // ended ones
  std::uint64_t transactions_ = 0;
  std::uint64_t wanted_tries_ = 0;  // by callers of flush(): until then no group waits to fill
  bool writing_ = false;
  bool stopping_ = false;
  std::jthread thread_;
};

}  // namespace topo::discovery
