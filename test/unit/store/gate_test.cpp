#include "store/gate.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <thread>
#include <vector>

namespace gate_test {

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

// A backend that answers or not, the number of checks, and how often waiting callers were given up.
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

TEST_CASE("the number of passes is limited to the number of connections", "[store][gate]") {
  Gate gate(2, [] { return true; });
  auto first = std::make_unique<Gate::Pass>(gate);
  const Gate::Pass second(gate);
  std::atomic<bool> is_in{false};
  std::jthread third([&] {
    const Gate::Pass pass(gate);
    is_in = true;
  });
  std::this_thread::sleep_for(100ms);  // enough time to get a pass
  CHECK_FALSE(is_in);
  first.reset();
  third.join();
  CHECK(is_in);
}

TEST_CASE("after a timeout callers are refused at once, and only the gate checks the backend",
          "[store][gate]") {
  Backend backend;
  Gate::Pass(backend.gate).timed_out();
  const auto began = Clock::now();
  while (is_let_in(backend.gate)) std::this_thread::yield();
  CHECK(Clock::now() - began < 900ms);  // at once
  while (backend.asked < 3) {
    REQUIRE_FALSE(is_let_in(backend.gate));
    std::this_thread::yield();
  }
  CHECK(Clock::now() - began > 1900ms);  // once per second
  backend.answers = true;
  while (!is_let_in(backend.gate)) std::this_thread::yield();
  CHECK(Clock::now() - began < 5s);
  const auto asked = backend.asked.load();
  CHECK(is_let_in(backend.gate));
  CHECK(backend.asked == asked);
}

TEST_CASE("a gate can end while it checks a hanging backend", "[store][gate]") {
  Backend backend;
  Gate::Pass(backend.gate).timed_out();
  backend.wait_until_asked(1);
}

TEST_CASE("a timeout does not shut the gate if the backend answers", "[store][gate]") {
  Backend backend;
  backend.answers = true;
  Gate::Pass slow(backend.gate);
  slow.timed_out();
  backend.wait_until_asked(1);
  CHECK(is_let_in(backend.gate));
  CHECK(backend.given_up == 0);
}

TEST_CASE("a hanging caller is given up even if others get answers, and no caller is admitted",
          "[store][gate]") {
  Backend backend;
  const auto began = Clock::now();
  const Gate::Pass hanging(backend.gate);
  // Other statements succeed all the time, as if a single table were locked.
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

TEST_CASE("a long wait does not shut the gate if the backend answers", "[store][gate]") {
  Backend backend;
  backend.answers = true;
  const Gate::Pass slow(backend.gate);
  std::this_thread::sleep_for(2100ms);
  CHECK(is_let_in(backend.gate));
  CHECK(backend.asked >= 1);
  CHECK(backend.asked <= 2);  // no repeated checks
  CHECK(backend.given_up == 0);
}

TEST_CASE("a wait below the doubt time causes no check of the backend", "[store][gate]") {
  Backend backend;
  for (int i = 0; i < 3; ++i) {
    const Gate::Pass pass(backend.gate);
    std::this_thread::sleep_for(Gate::doubt_time * 6 / 10);
  }
  CHECK(backend.asked == 0);
  CHECK_FALSE(backend.gate.is_shut());
}

TEST_CASE("a caller waiting for a pass gets an error if the backend does not answer", "[store][gate]") {
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

}  // namespace gate_test
