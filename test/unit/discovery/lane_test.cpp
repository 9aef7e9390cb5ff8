#include "discovery/lane.h"

#include <fmt/format.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>

#include "support/gate.h"

namespace lane_test {

using topo::InstanceKey;
using topo::SteadyTime;
using topo::discovery::Lane;
using waiting::Gate;
using waiting::Watched;
using namespace std::chrono_literals;

namespace {

InstanceKey server(const std::string& name) {
  return {name, 3306};
}

// A lane that records the host names of its keys; names beginning with "hang" wait at the gate.
struct Noted {
  Gate gate;
  Watched<std::vector<std::string>> begun;
  Watched<int> ended;
  Lane lane;

  Noted(std::size_t base_threads, std::size_t max_threads, std::chrono::milliseconds idle_time = 10s)
      : lane(
            [this](const InstanceKey& k, SteadyTime) {
              begun.change([&](auto& names) { names.push_back(k.hostname()); });
              if (k.hostname().starts_with("hang")) gate.pass();
              ended.change([](int& count) { ++count; });
            },
            base_threads, max_threads, idle_time) {}
  ~Noted() { gate.open(); }

  void schedule(const std::string& name, std::chrono::milliseconds from_now = 0ms) {
    lane.schedule(server(name), topo::steady_now() + from_now);
  }
  bool has_begun(std::size_t count) {
    return begun.wait_until([&](const auto& names) { return names.size() >= count; });
  }
  bool has_ended(int count) {
    return ended.wait_until([&](int n) { return n >= count; });
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the earliest key runs first", "[discovery][lane]") {
  Noted noted(1, 1);
  noted.schedule("hang");
  REQUIRE(noted.has_begun(1));
  noted.schedule("b", -2s);
  noted.schedule("c", -1s);
  noted.schedule("a", -3s);
  noted.schedule("d", -500ms);
  noted.gate.open();
  REQUIRE(noted.has_begun(5));
  CHECK(noted.begun.get() == Names{"hang", "a", "b", "c", "d"});
}

TEST_CASE("no key runs before its time", "[discovery][lane]") {
  Watched<int> early, taken;
  Lane lane(
      [&](const InstanceKey&, SteadyTime due) {
        if (topo::steady_now() < due) early.change([](int& n) { ++n; });
        taken.change([](int& n) { ++n; });
      },
      2, 4);
  for (int i = 20; i > 0; --i) lane.schedule(server(fmt::format("k{}", i)), topo::steady_now() + 3ms * i);
  CHECK(taken.wait_until([](int n) { return n == 20; }));
  CHECK(early.get() == 0);
}

TEST_CASE("an earlier key does not wait behind a later one", "[discovery][lane]") {
  Noted noted(1, 1);
  noted.schedule("later", 1h);
  noted.schedule("soon", 5ms);
  REQUIRE(noted.has_begun(1));
  noted.schedule("at-once");
  REQUIRE(noted.has_begun(2));
  CHECK(noted.begun.get() == Names{"soon", "at-once"});
}

TEST_CASE("a key is queued once, at its latest schedule", "[discovery][lane]") {
  Noted noted(1, 1);
  noted.schedule("hang");
  REQUIRE(noted.has_begun(1));
  noted.schedule("later");
  noted.schedule("later", 1h);
  noted.schedule("sooner", 1h);
  noted.schedule("sooner");
  noted.schedule("twice");
  noted.schedule("twice");
  noted.gate.open();
  REQUIRE(noted.has_ended(3));
  noted.schedule("last");
  REQUIRE(noted.has_ended(4));
  CHECK(noted.begun.get() == Names{"hang", "sooner", "twice", "last"});
}

TEST_CASE("a key that was taken can be scheduled for the same time again", "[discovery][lane]") {
  Noted noted(1, 1);
  const auto due = topo::steady_now();
  noted.lane.schedule(server("again"), due);
  REQUIRE(noted.has_ended(1));
  noted.lane.schedule(server("again"), due);
  REQUIRE(noted.has_ended(2));
}

TEST_CASE("cancelled and cleared keys do not run", "[discovery][lane]") {
  Noted noted(1, 1);
  noted.schedule("hang");
  REQUIRE(noted.has_begun(1));
  noted.schedule("cancelled");
  noted.schedule("kept");
  noted.lane.cancel(server("cancelled"));
  noted.lane.cancel(server("never-scheduled"));
  SECTION("cancelled") {
    noted.gate.open();
    REQUIRE(noted.has_begun(2));
    CHECK(noted.begun.get() == Names{"hang", "kept"});
  }
  SECTION("cleared and reused") {
    noted.lane.clear();
    noted.schedule("new");
    noted.gate.open();
    REQUIRE(noted.has_begun(2));
    CHECK(noted.begun.get() == Names{"hang", "new"});
  }
}

TEST_CASE("each scheduled key runs exactly once", "[discovery][lane]") {
  Watched<std::map<std::string, int>> taken;
  constexpr int count = 1000;
  Lane lane(
      [&](const InstanceKey& k, SteadyTime) { taken.change([&](auto& counts) { ++counts[k.hostname()]; }); },
      4, 16);
  for (int i = 0; i < count; ++i)
    lane.schedule(server(fmt::format("k{}", i)), topo::steady_now() + std::chrono::microseconds(i));
  CHECK(taken.wait_until([](const auto& counts) { return counts.size() == count; }));
  lane.stop();
  for (const auto& [name, times] : taken.get()) CHECK(times == 1);
}

TEST_CASE("work may schedule its own key again", "[discovery][lane]") {
  Watched<int> taken;
  std::atomic<Lane*> self{nullptr};
  Lane lane(
      [&](const InstanceKey& k, SteadyTime) {
        taken.change([](int& n) { ++n; });
        if (auto* again = self.load()) again->schedule(k, topo::steady_now() + 1ms);
      },
      2, 4);
  self = &lane;
  lane.schedule(server("periodic"), topo::steady_now());
  CHECK(taken.wait_until([](int n) { return n >= 20; }));
  self = nullptr;
}

TEST_CASE("hung work does not block other work", "[discovery][lane]") {
  Noted noted(2, 8);
  for (int i = 0; i < 7; ++i) noted.schedule(fmt::format("hang{}", i));
  REQUIRE(noted.has_begun(7));
  noted.schedule("lively");
  REQUIRE(noted.has_ended(1));
  CHECK(noted.begun.get().back() == "lively");
  CHECK(noted.lane.threads() <= 8);
}

TEST_CASE("the number of threads is limited", "[discovery][lane]") {
  Noted noted(1, 3);
  for (int i = 0; i < 6; ++i) noted.schedule(fmt::format("hang{}", i));
  REQUIRE(noted.has_begun(3));
  CHECK(noted.lane.threads() == 3);
  noted.schedule("waits");
  CHECK(noted.begun.get().size() == 3);
  noted.gate.open();
  CHECK(noted.has_ended(7));
  CHECK(noted.lane.threads() <= 3);
}

TEST_CASE("with one thread, one key runs at a time", "[discovery][lane]") {
  std::atomic<int> running{0}, most{0};
  Watched<int> ended;
  Lane lane(
      [&](const InstanceKey&, SteadyTime) {
        most = std::max(most.load(), ++running);
        --running;
        ended.change([](int& n) { ++n; });
      },
      1, 1);
  for (int i = 0; i < 300; ++i) lane.schedule(server(fmt::format("k{}", i)), topo::steady_now());
  REQUIRE(ended.wait_until([](int n) { return n == 300; }));
  CHECK(most == 1);
}

TEST_CASE("stopping waits for running work and drops queued keys", "[discovery][lane]") {
  Noted noted(1, 1);
  noted.schedule("hang");
  REQUIRE(noted.has_begun(1));
  noted.schedule("queued");
  noted.schedule("later", 1h);
  std::atomic<int> ended_when_stopped{-1};
  Gate stopping;
  std::jthread stopper([&] {
    stopping.open();
    noted.lane.stop();
    ended_when_stopped = noted.ended.get();
  });
  stopping.pass();
  noted.gate.open();
  stopper.join();
  CHECK(ended_when_stopped >= 1);
  // The hung work may have ended before stop() began; then "queued" could start.
  const auto begun = noted.begun.get();
  CHECK(begun.size() == static_cast<std::size_t>(noted.ended.get()));
  noted.schedule("after-the-end");
  CHECK(noted.lane.threads() == 0);
  CHECK(noted.begun.get() == begun);
}

TEST_CASE("a lane ends at once while keys are scheduled for later", "[discovery][lane]") {
  const auto began = topo::steady_now();
  {
    Noted noted(2, 4);
    noted.schedule("later", 1h);
    noted.schedule("much-later", 2h);
  }
  { const Noted unused(2, 4); }
  CHECK(topo::steady_now() - began < waiting::patience);
}

TEST_CASE("idle threads end and are replaced for new work", "[discovery][lane]") {
  Noted noted(3, 3, 1ms);
  for (int round = 1; round <= 3; ++round) {
    for (const char* name : {"a", "b", "c"}) noted.schedule(name);
    REQUIRE(noted.has_ended(3 * round));
    const auto give_up = topo::steady_now() + waiting::patience;
    while (noted.lane.threads() > 0 && topo::steady_now() < give_up) std::this_thread::yield();
    CHECK(noted.lane.threads() == 0);
  }
}

}  // namespace lane_test
