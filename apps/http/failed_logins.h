// FailedLogins: makes guessing passwords slow, per client, and never slow for other clients.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace orchestrator {

// Thread-safe.
class FailedLogins {
 public:
  struct Pace {
    std::chrono::milliseconds first{200};  // the delay after one failure; doubles with each further one
    std::chrono::milliseconds max{3000};
    std::chrono::milliseconds forget{600'000};  // without a failure
    std::size_t max_waiting = 16;               // of one client (client_of)
    std::size_t max_waiting_in_all = 256;
    std::size_t max_clients = 4096;  // remembered
  };
  FailedLogins() : FailedLogins(Pace{}) {}
  explicit FailedLogins(const Pace& pace) : pace_(pace) {}

  // False: so many failed logins of this client are waiting that no further one is looked at now.
  [[nodiscard]] bool may_try(std::string_view address);
  // To be called once for each failure, by the thread that answers it: waits for as long as the client has
  // earned. Returns how many failures are remembered of it.
  std::size_t failed(std::string_view address);
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
  void make_room();
  [[nodiscard]] std::chrono::milliseconds delay_after(std::size_t failures) const;

  const Pace pace_;
  mutable std::mutex mutex_;
  std::condition_variable closed_;
  bool is_closed_ = false;
  std::size_t waiting_ = 0;
  std::unordered_map<std::string, Client> clients_;
};

}  // namespace orchestrator
