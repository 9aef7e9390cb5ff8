#include "http/failed_logins.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using namespace orchestrator;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;
using Outcome = FailedLogins::Outcome;

FailedLogins::Result guess(FailedLogins& logins, const std::string& client, const std::string& user = "dba") {
  return logins.attempt({client, user, user == "dba"}, [] { return false; });
}

FailedLogins::Result guess_known(FailedLogins& logins, const std::string& client, const std::string& user) {
  return logins.attempt({client, user, true}, [] { return false; });
}

bool gets_in(FailedLogins& logins, const std::string& client, const std::string& user = "dba") {
  return logins.attempt({client, user, true}, [] { return true; }).outcome == Outcome::right;
}

Clock::duration time_of_failure(FailedLogins& logins, const std::string& client) {
  const auto begin = Clock::now();
  CHECK(guess(logins, client).outcome == Outcome::wrong);
  return Clock::now() - begin;
}

// Failing logins that wait until close().
class PasswordGuessers {
 public:
  explicit PasswordGuessers(FailedLogins& logins) : logins_(logins) {}
  ~PasswordGuessers() { logins_.close(); }
  PasswordGuessers(const PasswordGuessers&) = delete;
  PasswordGuessers& operator=(const PasswordGuessers&) = delete;
  void add(const std::string& client, const std::string& user = "dba") {
    threads_.emplace_back([this, client, user] { (void)guess(logins_, client, user); });
    while (logins_.waiting() < threads_.size()) std::this_thread::yield();
  }

 private:
  FailedLogins& logins_;
  std::vector<std::jthread> threads_;
};

constexpr FailedLogins::Pace endless{.first = 1h, .max = std::chrono::hours(1), .max_waiters = 3};

}  // namespace

TEST_CASE("Each failed login delays the next of the same client, up to a limit, and no other client") {
  FailedLogins logins({.first = 20ms, .max = 60ms});
  CHECK(time_of_failure(logins, "192.0.2.7") >= 20ms);
  CHECK(time_of_failure(logins, "192.0.2.7") >= 40ms);
  CHECK(time_of_failure(logins, "192.0.2.7") >= 60ms);
  CHECK(guess(logins, "192.0.2.7").failures == 4);
  CHECK(guess(logins, "192.0.2.8").failures == 1);
}

TEST_CASE("Guessing blocks only the same user of the same client", "[threads]") {
  FailedLogins logins(endless);
  PasswordGuessers guessers(logins);
  for (int i = 0; i < 3; ++i) {
    CHECK(gets_in(logins, "192.0.2.7"));
    guessers.add("192.0.2.7");
  }
  // No further password is checked, not even the right one.
  CHECK(guess(logins, "192.0.2.7").outcome == Outcome::refused);
  CHECK_FALSE(gets_in(logins, "192.0.2.7"));
  CHECK(gets_in(logins, "192.0.2.7", "ann"));
  CHECK(gets_in(logins, "192.0.2.8"));
}

TEST_CASE("Guessing many users blocks nobody else and occupies a limited number of threads", "[threads]") {
  auto pace = endless;
  pace.max_waiting = 4;
  pace.max_waiting_in_all = 6;
  FailedLogins logins(pace);
  PasswordGuessers guessers(logins);
  for (int i = 0; i < 4; ++i) guessers.add("192.0.2.7", "user" + std::to_string(i));
  for (int i = 0; i < 2; ++i) guessers.add("192.0.2.8", "user" + std::to_string(i));
  for (const auto* client : {"192.0.2.7", "192.0.2.8", "192.0.2.9"}) {
    CHECK(guess(logins, client, "another").outcome == Outcome::refused);  // at once; hangs on failure
    CHECK(gets_in(logins, client));
  }
}

TEST_CASE("With no room to wait, passwords of a user are checked no faster") {
  auto pace = endless;
  pace.max_waiting = 0;
  pace.max_waiters_in_all = 5;
  FailedLogins logins(pace);
  for (int i = 0; i < 3; ++i) {
    CHECK(gets_in(logins, "192.0.2.7"));
    CHECK(guess(logins, "192.0.2.7").outcome == Outcome::refused);
  }
  CHECK_FALSE(gets_in(logins, "192.0.2.7"));
  for (int i = 0; i < 2; ++i) CHECK(guess(logins, "192.0.2.8").failures > 0);
  // Other clients take all places.
  for (std::size_t i = 1; i <= pace.max_waiters; ++i) {
    const auto user = "user" + std::to_string(i);
    CHECK(gets_in(logins, "192.0.2.9", user));
    CHECK(guess_known(logins, "192.0.2.9", user).failures == i);
  }
  CHECK_FALSE(gets_in(logins, "192.0.2.9", "another"));
  CHECK(guess_known(logins, "192.0.2.9", "another").failures == 0);
  CHECK(gets_in(logins, "192.0.2.10"));
}

TEST_CASE("Concurrent passwords are not all checked", "[threads]") {
  FailedLogins logins(endless);
  std::atomic<int> tested{0}, refused{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 40; ++i) {
    threads.emplace_back([&] {
      const auto result = logins.attempt({"192.0.2.7", "dba", true}, [&] {
        ++tested;
        return false;
      });
      if (result.outcome == Outcome::refused) ++refused;
    });
  }
  while (refused < 37) std::this_thread::yield();
  CHECK(tested == 3);
  logins.close();
}

TEST_CASE("Clients are remembered in bounded memory, the latest among them") {
  FailedLogins logins({.first = 0ms, .max = 0ms, .max_clients = 10});
  for (int i = 0; i < 1000; ++i) (void)guess(logins, "10.0.0." + std::to_string(i % 250));
  CHECK(logins.remembered() <= 10);
  CHECK(guess(logins, "10.0.0.249").failures > 1);
}
