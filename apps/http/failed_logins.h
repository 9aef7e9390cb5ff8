// FailedLogins: makes guessing passwords slow without locking out users who do not guess.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace orchestrator {

// Only a wrong login takes a slot of its client and user, for the client's current delay, whether or not the
// client waits for the response. So a correct login succeeds at once unless all slots of the same client and
// user are taken, and parallel requests test passwords no faster. Thread-safe.
class FailedLogins {
 public:
  struct Pace {
    std::chrono::milliseconds first{200};  // the delay after one failure; doubles with each further one
    std::chrono::milliseconds max{3000};
    std::chrono::milliseconds forget{600'000};  // time without a failure
    std::size_t max_waiters = 4;                // per client and user
    // For clients with at least max_waiters failures: guessing from many addresses locks out nobody else.
    std::size_t max_waiters_in_all = 1024;
    std::size_t max_waiting = 16;  // threads, for one client
    std::size_t max_waiting_in_all = 256;
    std::size_t max_clients = 4096;  // remembered
  };
  FailedLogins() : FailedLogins(Pace{}) {}
  explicit FailedLogins(const Pace& pace) : pace_(pace) {}

  struct Attempt {
    std::string client;
    std::string user;
    bool is_known = false;  // a failure for an unknown user reveals nothing and need not count
  };
  enum class Outcome { right, wrong, refused };
  struct Result {
    Outcome outcome = Outcome::refused;
    std::size_t failures = 0;  // recent failures of the client; 0 unless this attempt is counted
  };
  // Calls `is_right` if a slot is free; calls are serialized, so `is_right` must be quick. After a wrong
  // login, waits for the client's delay, or refuses at once when too many requests wait already.
  [[nodiscard]] Result attempt(const Attempt& attempt, const std::function<bool()>& is_right);
  // Ends all waits, now and in the future.
  void close();

  [[nodiscard]] std::size_t waiting() const;
  [[nodiscard]] std::size_t remembered() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Client {
    std::size_t failures = 0;
    std::size_t waiting = 0;
    Clock::time_point last{};
  };
  struct Waiter {
    std::string client, user;
    Clock::time_point until;
  };
  [[nodiscard]] bool has_room(const Attempt& attempt, Clock::time_point now);
  Client& remember(const std::string& name, Clock::time_point now);
  void make_room(Clock::time_point now);
  [[nodiscard]] std::chrono::milliseconds delay_after(std::size_t failures) const;

  const Pace pace_;
  mutable std::mutex mutex_;
  std::condition_variable closed_;
  bool is_closed_ = false;
  std::size_t waiting_ = 0;
  std::unordered_map<std::string, Client> clients_;
  std::vector<Waiter> waiters_;
};

}  // namespace orchestrator
