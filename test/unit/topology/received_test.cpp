// What a drained relay log leaves.
#include "topo/topology/received.h"

#include "unit/topology/planning_test.h"

namespace planning_test {
namespace {

using topo::Instance;

Instance received_to(std::uint64_t executed, std::uint64_t received) {
  auto replica = picture::instance("b", "a");
  auto& channel = replica.channels.front();
  channel.exec = {"binlog.000001", executed};
  channel.read = {"binlog.000001", received};
  return replica;
}

const topo::ReplicationChannel& channel_of(const Instance& replica) {
  return replica.channels.front();
}

}  // namespace

TEST_CASE("a drained replica has executed what it has received", "[topology]") {
  const auto drained = topo::as_drained(received_to(100, 900), false);
  CHECK(channel_of(drained).exec.position == 900);
  CHECK(channel_of(drained).why_not_drained.empty());
  CHECK(topo::as_drained(received_to(900, 900), false) == received_to(900, 900));
  CHECK(topo::as_drained(picture::instance("m", ""), false) == picture::instance("m", ""));
}

TEST_CASE("a drained replica has executed by GTID, too, what it has received", "[topology]") {
  auto replica = received_to(100, 900);
  SECTION("MySQL") {
    replica.version = "8.0.36";
    replica.executed_gtid_set = "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5";
    replica.channels.front().received_gtids = "3e11fa47-71ca-11e1-9e33-c80aa9429562:4-9";
    CHECK(topo::as_drained(replica, false).executed_gtid_set == "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-9");
  }
  SECTION("MariaDB, also where another server has begun to write in the domain") {
    replica.version = "10.11.6-MariaDB";
    replica.executed_gtid_set = "0-1-16,2-7-3";
    replica.channels.front().received_gtids = "0-4-18,1-1-2";
    CHECK(topo::as_drained(replica, false).executed_gtid_set == "0-4-18,1-1-2,2-7-3");
  }
  SECTION("text that is no GTID stays for whoever compares it") {
    replica.executed_gtid_set = "nonsense";
    replica.channels.front().received_gtids = "0-1-18";
    CHECK(topo::as_drained(replica, false).executed_gtid_set == "nonsense");
  }
}

TEST_CASE("a broken or delayed replica is not drained, and says why", "[topology]") {
  auto replica = received_to(100, 900);
  SECTION("broken") {
    replica.channels.front().last_sql_error = "error 1062";
    const auto drained = topo::as_drained(replica, true);
    CHECK(channel_of(drained).exec.position == 100);
    CHECK(channel_of(drained).why_not_drained == "its SQL thread has stopped with an error: error 1062");
  }
  SECTION("delayed") {
    replica.version = "8.0.36";
    replica.channels.front().sql_delay = std::chrono::seconds(60);
    const auto drained = topo::as_drained(replica, false);
    CHECK(channel_of(drained).exec.position == 100);
    CHECK(channel_of(drained).why_not_drained == "it is delayed by 60 s");
    CHECK(channel_of(topo::as_drained(replica, true)).exec.position == 900);
  }
}

}  // namespace planning_test
