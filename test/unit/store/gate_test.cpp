#include "store/gate.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using topo::store::Gate;

namespace {

bool is_let_in(Gate& gate) {
  try {
    const Gate::Pass pass(gate);
    return true;
  } catch (const topo::Error& error) {
    CHECK(error.code() == topo::Code::backend);
    return false;
  }
}

// A backend that answers or does not, how often it was asked, and how often who waited was sent away.
struct Backend {
  std::atomic<bool> answers{false};
  std::atomic<int> asked{0}, given_up{0};
  Gate gate{10,
            [this] {
              ++asked;
              return answers.load();
            },
            [this] { ++given_up; }};
  void wait_until_asked(int times) const {
    while (asked < times) std::this_thread::yield();
  }
};

using Clock = std::chrono::steady_clock;

}  // namespace

TEST_CASE("no more are let in than there may be connections", "[store][gate]") {
  Gate gate(2, [] { return true; });
  auto first = std::make_unique<Gate::Pass>(gate);
  const Gate::Pass second(gate);
  std::atomic<bool> is_in{false};
  std::jthread third([&] {
    const Gate::Pass pass(gate);
    is_in = true;
  });
  std::this_thread::sleep_for(100ms);  // time enough to get in
  CHECK_FALSE(is_in);
  first.reset();
  third.join();
  CHECK(is_in);
}

TEST_CASE("after somebody waited in vain nobody waits or tries; the gate does", "[store][gate]") {
  Backend backend;
  Gate::Pass(backend.gate).timed_out();
  const auto began = Clock::now();
  while (is_let_in(backend.gate)) std::this_thread::yield();
  CHECK(Clock::now() - began < 900ms);  // at once
  while (backend.asked < 3) {
    REQUIRE_FALSE(is_let_in(backend.gate));
    std::this_thread::yield();
  }
  CHECK(Clock::now() - began > 1900ms);  // once each second
  backend.answers = true;
  while (!is_let_in(backend.gate)) std::this_thread::yield();
  CHECK(Clock::now() - began < 5s);
  const auto asked = backend.asked.load();
  CHECK(is_let_in(backend.gate));
  CHECK(backend.asked == asked);
}

TEST_CASE("a gate can end while it asks a backend that hangs", "[store][gate]") {
  Backend backend;
  Gate::Pass(backend.gate).timed_out();
  backend.wait_until_asked(1);
}

TEST_CASE("one that times out where the backend answers shuts nobody out", "[store][gate]") {
  Backend backend;
  backend.answers = true;
  Gate::Pass slow(backend.gate);
  slow.timed_out();
  backend.wait_until_asked(1);
  CHECK(is_let_in(backend.gate));
  CHECK(backend.given_up == 0);
}

TEST_CASE("who waits while others are answered is sent away, too, and nobody follows", "[store][gate]") {
  Backend backend;
  const auto began = Clock::now();
  const Gate::Pass hanging(backend.gate);
  // Other statements do well all the time, as where a single table is locked.
  while (backend.given_up == 0 && Clock::now() - began < 5s) {
    try {
      Gate::Pass(backend.gate).answered();
    } catch (const topo::Error&) {
      CHECK(backend.asked >= 1);
    }
    std::this_thread::sleep_for(5ms);
  }
  CHECK(backend.given_up == 1);
  CHECK(Clock::now() - began > Gate::doubt_time - 100ms);
  CHECK(Clock::now() - began < Gate::doubt_time + 500ms);
  CHECK(backend.gate.is_shut());
  const auto refused_at = Clock::now();
  CHECK_FALSE(is_let_in(backend.gate));
  CHECK(Clock::now() - refused_at < 500ms);
}

TEST_CASE("one that waits for long where the backend answers shuts nobody out", "[store][gate]") {
  Backend backend;
  backend.answers = true;
  const Gate::Pass slow(backend.gate);
  std::this_thread::sleep_for(2100ms);
  CHECK(is_let_in(backend.gate));
  CHECK(backend.asked >= 1);
  CHECK(backend.asked <= 2);  // not again and again
  CHECK(backend.given_up == 0);
}

TEST_CASE("a wait that is shorter than a doubt has the backend not even tried", "[store][gate]") {
  Backend backend;
  for (int i = 0; i < 3; ++i) {
    const Gate::Pass pass(backend.gate);
    std::this_thread::sleep_for(Gate::doubt_time * 6 / 10);
  }
  CHECK(backend.asked == 0);
  CHECK_FALSE(backend.gate.is_shut());
}

TEST_CASE("who waits for a place is told when the backend does not answer", "[store][gate]") {
  std::atomic<bool> answers{false};
  Gate gate(1, [&] { return answers.load(); });
  const Gate::Pass hanging(gate);
  try {
    const Gate::Pass second(gate);
    FAIL("there was no place");
  } catch (const topo::Error& error) {
    CHECK(error.what() == std::string(Gate::why_shut));
  }
}
