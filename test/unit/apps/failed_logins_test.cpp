#include "http/failed_logins.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using namespace orchestrator;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

Clock::duration time_of_failure(FailedLogins& logins, const std::string& address) {
  const auto begin = Clock::now();
  logins.failed(address);
  return Clock::now() - begin;
}

}  // namespace

TEST_CASE("Each failed login of an address takes longer, up to a limit; those of others do not") {
  FailedLogins logins({.first = 20ms, .max = 60ms});
  CHECK(time_of_failure(logins, "192.0.2.7") >= 20ms);
  CHECK(time_of_failure(logins, "192.0.2.7") >= 40ms);
  CHECK(time_of_failure(logins, "::ffff:192.0.2.7") >= 60ms);
  CHECK(logins.failed("192.0.2.7") == 4);
  CHECK(logins.failed("192.0.2.8") == 1);
}

TEST_CASE("Logins of an address that has too many failures waiting are not looked at, those of others are",
          "[threads]") {
  FailedLogins logins({.first = 1h, .max = std::chrono::hours(1), .max_waiting = 3, .max_waiting_in_all = 5});
  std::vector<std::jthread> waiting;
  const auto wait_as = [&](const std::string& address, int threads) {
    for (int i = 0; i < threads; ++i) waiting.emplace_back([&logins, address] { logins.failed(address); });
    while (logins.waiting() < waiting.size()) std::this_thread::yield();
  };
  wait_as("192.0.2.7", 3);
  CHECK_FALSE(logins.may_try("192.0.2.7"));
  CHECK_FALSE(logins.may_try("::ffff:192.0.2.7"));
  CHECK(logins.may_try("192.0.2.8"));
  wait_as("192.0.2.8", 2);
  CHECK_FALSE(logins.may_try("192.0.2.9"));
  logins.close();  // or this hangs
}

TEST_CASE("Any number of addresses is remembered in bounded memory, those that wait among them") {
  FailedLogins logins({.first = 0ms, .max = 0ms, .max_clients = 10});
  for (int i = 0; i < 1000; ++i) logins.failed("10.0.0." + std::to_string(i % 250));
  CHECK(logins.remembered() <= 10);
  CHECK(logins.failed("10.0.0.249") > 1);  // the latest one was not forgotten
}
