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

// A backend that answers or does not, and how often it was asked.
struct Backend {
  std::atomic<bool> answers{false};
  std::atomic<int> asked{0};
  Gate gate{10, [this] {
              ++asked;
              return answers.load();
            }};
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
  {
    Gate::Pass pass(backend.gate);
    pass.timed_out();
  }
  const auto began = Clock::now();
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

TEST_CASE("one that is slow where others are answered shuts nobody out", "[store][gate]") {
  Backend backend;
  Gate::Pass slow(backend.gate);
  {
    Gate::Pass quick(backend.gate);
    quick.answered();
  }
  slow.timed_out();
  CHECK(is_let_in(backend.gate));
  CHECK(backend.asked == 0);
}

TEST_CASE("nobody waits behind those who have waited for long", "[store][gate]") {
  Backend backend;
  const Gate::Pass hanging(backend.gate);
  CHECK(is_let_in(backend.gate));
  std::this_thread::sleep_for(2100ms);
  CHECK_FALSE(is_let_in(backend.gate));
  CHECK(backend.asked >= 1);
  const auto began = Clock::now();
  CHECK_FALSE(is_let_in(backend.gate));
  CHECK(Clock::now() - began < 500ms);
}

TEST_CASE("one that waits for long where the backend answers shuts nobody out", "[store][gate]") {
  Backend backend;
  backend.answers = true;
  const Gate::Pass slow(backend.gate);
  std::this_thread::sleep_for(2100ms);
  CHECK(is_let_in(backend.gate));
  CHECK(backend.asked == 1);
}
