// Errant transactions must not depend on the order in which servers are polled.
#include "discovery/gtid_memory.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "support/picture.h"

using namespace std::chrono_literals;
using topo::SteadyTime;
using topo::discovery::GtidMemory;

namespace gtid_memory_test {
namespace {

constexpr const char* origin = "aaaaaaaa-1111-1111-1111-111111111111";
constexpr const char* own = "bbbbbbbb-2222-2222-2222-222222222222";

struct Fixture {
  GtidMemory memory;
  SteadyTime now{1h};

  // Reads an instance that has executed that many transactions of a third server, and of its own. Returns its
  // errant transactions.
  std::string read(const char* name, int replicated, int errant = 0, bool is_polled = true) {
    const bool is_master = std::string_view(name) == "m";
    auto instance = picture::instance(name, is_master ? "" : "m");
    instance.version = "9.7.0";
    instance.gtid_mode = "ON";
    instance.log_bin = instance.log_slave_updates = true;
    instance.server_uuid = is_master ? "cccccccc-3333-3333-3333-333333333333" : own;
    instance.executed_gtid_set = fmt::format("{}:1-{}", origin, replicated);
    if (errant > 0) instance.executed_gtid_set += fmt::format(",{}:1-{}", own, errant);
    const auto began = now;
    now += 10ms;
    return memory.note(instance, false, is_polled ? std::optional(began) : std::nullopt, now);
  }
};

}  // namespace

TEST_CASE("no order of polls makes replicated transactions errant", "[discovery]") {
  for (const bool master_first : {true, false}) {
    Fixture f;
    for (int round = 1; round < 20; ++round) {
      if (master_first) f.read("m", 100 * round);
      f.now += 300ms;
      CHECK(f.read("r", 100 * round + 20).empty());  // the master has committed more meanwhile
      f.now += 300ms;
      if (!master_first) f.read("m", 100 * round + 30);
      f.now += 400ms;
    }
  }
}

TEST_CASE("an errant transaction is known once the master was read after it, and until the master has it",
          "[discovery]") {
  Fixture f;
  f.read("m", 10);
  f.now += 5s;
  CHECK(f.read("r", 12, 1).empty());
  f.now += 5s;
  f.read("m", 20);
  f.now += 5s;
  CHECK(f.read("r", 22, 1) == std::string(own) + ":1");
  CHECK(f.read("r", 23, 2) == std::string(own) + ":1");
  f.now += 5s;
  f.read("m", 30, 2);
  CHECK(f.read("r", 31, 2).empty());
}

TEST_CASE("a read of the master that began before the replica's ended, or at an unknown time, proves nothing",
          "[discovery]") {
  Fixture f;
  CHECK(f.read("r", 12, 1).empty());
  f.read("m", 20);  // too early: what it has just sent, it may report later
  f.now += 5s;
  CHECK(f.read("r", 22, 1).empty());
  f.read("m", 20, 0, false);
  f.now += 5s;
  CHECK(f.read("r", 22, 1).empty());
  f.read("m", 20);
  CHECK(f.read("r", 22, 1) == std::string(own) + ":1");
}

TEST_CASE("what the backend has is compared with what is read after it", "[discovery]") {
  Fixture f;
  auto instance = picture::instance("r", "m");
  instance.version = "9.7.0";
  instance.gtid_mode = "ON";
  instance.executed_gtid_set = fmt::format("{}:1-5,{}:1-2", origin, own);
  std::vector<topo::StoredGtids> stored{{picture::key("r"), topo::gtid_state_of(instance), "", {}}};
  f.memory.load(stored, f.now);
  CHECK(f.read("r", 12, 2).empty());  // its master is not known yet
  f.now += 5s;
  f.read("m", 20);
  CHECK(f.read("r", 22, 3) == std::string(own) + ":1-2");

  stored.front().errant = std::string(own) + ":1";
  f.memory.load(stored, f.now);
  CHECK(f.read("r", 12, 2) == std::string(own) + ":1");
  f.memory.remove(picture::key("r"));
  CHECK(f.read("r", 12, 2).empty());
}

TEST_CASE("what the backend has is compared at once if it is old enough", "[discovery]") {
  Fixture f;
  auto instance = picture::instance("r", "m");
  instance.version = "9.7.0";
  instance.gtid_mode = "ON";
  instance.executed_gtid_set = fmt::format("{}:1-5,{}:1-2", origin, own);
  for (const auto seen_ago : {1s, 2s, 3s}) {
    CAPTURE(seen_ago.count());
    f.memory.load({{picture::key("r"), topo::gtid_state_of(instance), "", seen_ago}}, f.now);
    f.read("m", 20);
    CHECK(f.read("r", 22, 3) == (seen_ago > 1s ? std::string(own) + ":1-2" : ""));
  }
}

}  // namespace gtid_memory_test
