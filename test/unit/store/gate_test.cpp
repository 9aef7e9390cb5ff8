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

}  // namespace

TEST_CASE("no more are let in than there may be connections", "[store][gate]") {
  Gate gate(2);
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

TEST_CASE("after somebody waited in vain nobody else waits, but one who tries", "[store][gate]") {
  Gate gate(10);
  {
    Gate::Pass pass(gate);
    pass.timed_out();
  }
  CHECK_FALSE(is_let_in(gate));
  std::this_thread::sleep_for(1100ms);
  Gate::Pass trying(gate);
  CHECK_FALSE(is_let_in(gate));
  trying.answered();
  CHECK(is_let_in(gate));
}

TEST_CASE("one that is slow where others are answered shuts nobody out", "[store][gate]") {
  Gate gate(10);
  Gate::Pass slow(gate);
  {
    Gate::Pass quick(gate);
    quick.answered();
  }
  slow.timed_out();
  CHECK(is_let_in(gate));
}

TEST_CASE("nobody waits behind those who have waited for long", "[store][gate]") {
  Gate gate(10);
  const Gate::Pass hanging(gate);
  CHECK(is_let_in(gate));
  std::this_thread::sleep_for(2100ms);
  Gate::Pass trying(gate);
  CHECK_FALSE(is_let_in(gate));
  trying.answered();
  CHECK(is_let_in(gate));
}
