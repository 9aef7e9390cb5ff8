// What a replica had received is remembered until it can no longer be compared with what it has.
#include "discovery/received_memory.h"

#include <catch2/catch.hpp>

#include "support/picture.h"

using namespace std::chrono_literals;
using topo::BinlogCoordinates;
using topo::SteadyTime;
using topo::discovery::ReceivedMemory;

namespace received_memory_test {
namespace {

constexpr const char* log = "binlog.000003";

struct ReceivedFixture {
  ReceivedMemory memory;
  SteadyTime now{1h};
  topo::Instance replica = picture::instance("r", "m");

  std::string read(const BinlogCoordinates& received) {
    replica.channels.front().read = received;
    return note(replica);
  }
  void read_master(const BinlogCoordinates& end, bool is_polled = true) {
    auto master = picture::instance("m");
    master.self_coordinates = end;
    (void)note(master, is_polled);
  }
  std::string note(const topo::Instance& instance, bool is_polled = true) {
    const auto began = now;
    now += 10ms;
    return memory.note(instance, is_polled ? std::optional(began) : std::nullopt, now).display();
  }
};

}  // namespace

TEST_CASE("the most that a replica has received is kept when it has less", "[discovery]") {
  ReceivedFixture f;
  CHECK(f.read({log, 100}) == "binlog.000003:100");
  CHECK(f.read({log, 900}) == "binlog.000003:900");
  CHECK(f.read({log, 400}) == "binlog.000003:900");
  CHECK(f.read({"binlog.000002", 5000}) == "binlog.000003:900");
  CHECK(f.read({"", 4}) == "binlog.000003:900");  // relay logs that were recreated
  CHECK(f.read({"binlog.000004", 4}) == "binlog.000004:4");
}

TEST_CASE("what a replica had received counts again when its master was removed and is set again",
          "[discovery]") {
  ReceivedFixture f;
  CHECK(f.read({log, 900}) == "binlog.000003:900");
  auto without_master = f.replica;
  without_master.channels.clear();
  CHECK(f.note(without_master) == ":0");
  CHECK(f.read({log, 400}) == "binlog.000003:900");
}

TEST_CASE("what a replica has received from another server, or another log, does not count", "[discovery]") {
  ReceivedFixture f;
  (void)f.read({log, 900});
  SECTION("another master") {
    f.replica.channels.front().master = picture::key("n");
    CHECK(f.read({log, 100}) == "binlog.000003:100");
  }
  SECTION("another server under the same name") {
    f.replica.channels.front().master_uuid = "aaaaaaaa-1111-1111-1111-111111111111";
    CHECK(f.read({log, 900}) == "binlog.000003:900");
    CHECK(f.read({log, 100}) == "binlog.000003:900");
    f.replica.channels.front().master_uuid = "bbbbbbbb-1111-1111-1111-111111111111";
    CHECK(f.read({log, 100}) == "binlog.000003:100");
  }
  SECTION("the replica itself is another server") {
    f.replica.server_uuid = "aaaaaaaa-1111-1111-1111-111111111111";
    (void)f.read({log, 900});
    f.replica.server_uuid = "bbbbbbbb-1111-1111-1111-111111111111";
    CHECK(f.read({log, 100}) == "binlog.000003:100");
  }
  SECTION("the log has another name") {
    CHECK(f.read({"other.000001", 100}) == "other.000001:100");
  }
}

TEST_CASE("a log that was reset is recognised by a later read of the master only", "[discovery]") {
  ReceivedFixture f;
  f.read_master({log, 600});  // before the replica: it grew meanwhile
  (void)f.read({log, 900});
  CHECK(f.read({log, 100}) == "binlog.000003:900");
  SECTION("when the read of the master began is not known") {
    f.read_master({"binlog.000001", 300}, false);
    CHECK(f.read({log, 100}) == "binlog.000003:900");
  }
  SECTION("RESET MASTER") {
    f.read_master({"binlog.000001", 300});
    CHECK(f.read({"binlog.000001", 200}) == "binlog.000001:200");
  }
  SECTION("the master has it all") {
    f.read_master({log, 1000});
    CHECK(f.read({log, 100}) == "binlog.000003:900");
  }
}

TEST_CASE("what the backend has counts after a restart", "[discovery]") {
  ReceivedFixture f;
  topo::InstanceLink link;
  link.key = picture::key("r");
  link.master = picture::key("m");
  link.received_most = {log, 900};
  f.memory.load({link}, f.now);
  CHECK(f.read({log, 100}) == "binlog.000003:900");
  f.memory.remove(picture::key("r"));
  CHECK(f.read({log, 100}) == "binlog.000003:100");
}

}  // namespace received_memory_test
