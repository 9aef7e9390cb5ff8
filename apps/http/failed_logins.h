// FailedLogins: makes guessing passwords slow, and never keeps out who does not guess.
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

// A login takes a place of its client and user only when it was wrong, and for the time that its client has
// earned, whether or not its answer is waited for. So what is right is let in at once, unless all places of
// the same client and user are taken, and no way of asking tests passwords faster. Thread-safe.
class FailedLogins {
 public:
  struct Pace {
    std::chrono::milliseconds first{200};  // the delay after one failure; doubles with each further one
    std::chrono::milliseconds max{3000};
    std::chrono::milliseconds forget{600'000};  // without a failure
    std::size_t max_places = 4;                 // of one client and user
    // Of those who go on after having failed max_places times: many addresses keep out nobody else.
    std::size_t max_places_in_all = 1024;
    std::size_t max_waiting = 16;  // threads, for one client
    std::size_t max_waiting_in_all = 256;
    std::size_t max_clients = 4096;  // remembered
  };
  FailedLogins() : FailedLogins(Pace{}) {}
  explicit FailedLogins(const Pace& pace) : pace_(pace) {}

  struct Attempt {
    std::string client;
    std::string user;
    bool is_known = false;  // what is wrong for a user that does not exist tells nothing, and need not count
  };
  enum class Outcome { right, wrong, refused };
  struct Result {
    Outcome outcome = Outcome::refused;
    std::size_t failures = 0;  // of the client, lately; 0 unless this one is counted
  };
  // Calls `is_right` unless there is no place; one attempt at a time, so that it must be quick. When it is
  // wrong, waits for as long as the client has earned, or refuses at once where too many wait already.
  [[nodiscard]] Result attempt(const Attempt& attempt, const std::function<bool()>& is_right);
  // Ends all waiting, from now on for good.
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
  struct Place {
    std::string client, user;
    Clock::time_point until;
  };
  [[nodiscard]] bool has_place(const Attempt& attempt, Clock::time_point now);
  Client& remember(const std::string& name, Clock::time_point now);
  void make_room(Clock::time_point now);
  [[nodiscard]] std::chrono::milliseconds delay_after(std::size_t failures) const;

  const Pace pace_;
  mutable std::mutex mutex_;
  std::condition_variable closed_;
  bool is_closed_ = false;
  std::size_t waiting_ = 0;
  std::unordered_map<std::string, Client> clients_;
  std::vector<Place> places_;
};

}  // namespace orchestrator
