#include "topo/topology/comparison.h"

#include <catch2/catch.hpp>

#include "support/picture.h"

namespace comparison_test {
namespace {

using topo::Order;

constexpr auto uuid = "11111111-1111-1111-1111-111111111111";

topo::Instance replica(const char* name, const topo::BinlogCoordinates& executed, const char* master = "m") {
  auto made = picture::instance(name, master);
  made.channels.front().exec = made.channels.front().read = executed;
  return made;
}

std::string text(Order order) {
  switch (order) {
    case Order::equal: return "equal";
    case Order::ahead: return "ahead";
    case Order::behind: return "behind";
    case Order::diverged: return "diverged";
    case Order::unknown: return "unknown";
  }
  return "";
}

std::string compared(const topo::Instance& one, const topo::Instance& other) {
  const auto both = topo::compare_replicas(one, other);
  CHECK(both.order == topo::order_of_replicas(one, other));
  return text(both.order) + ": " + both.reason;
}

topo::Instance by_gtid(topo::Instance made, const std::string& executed) {
  made.version = "8.0.35";
  made.gtid_mode = "ON";
  made.executed_gtid_set = executed;
  return made;
}

}  // namespace

TEST_CASE("replicas of one master are compared by their coordinates in its log", "[topology]") {
  const auto one = replica("a", {"binlog.000009", 400}), other = replica("b", {"binlog.000010", 4});
  CHECK(compared(one, other) ==
        "behind: a:3306 has executed up to binlog.000009:400, b:3306 up to binlog.000010:4");
  CHECK(compared(other, one) ==
        "ahead: b:3306 has executed up to binlog.000010:4, a:3306 up to binlog.000009:400");
  CHECK(compared(one, replica("c", {"binlog.000009", 400})).starts_with("equal: "));
  CHECK(topo::compare_replicas(one, other).by_coordinates);
  // Also where errant transactions differ.
  CHECK(compared(by_gtid(one, std::string(uuid) + ":1-9"), by_gtid(other, std::string(uuid) + ":1-3"))
            .starts_with("behind: "));
}

TEST_CASE("replicas that cannot be compared are not equal", "[topology]") {
  const topo::BinlogCoordinates place{"binlog.000009", 400};
  const auto one = replica("a", place);
  const auto reason = [&](const topo::Instance& other) {
    const auto there = compared(one, other);
    CHECK(there.starts_with("unknown: "));
    CHECK(compared(other, one).starts_with("unknown: "));
    CHECK_FALSE(topo::has_executed_to(one, other, place));
    return there.substr(0, there.find(", and they cannot be compared by GTID"));
  };
  CHECK(reason(replica("b", place, "n")) == "unknown: a:3306 replicates from m:3306, b:3306 from n:3306");
  CHECK(
      compared(replica("b", {}), replica("c", {})) ==
      "unknown: no coordinates of b:3306 are known, and they cannot be compared by GTID: b:3306 has executed "
      "nothing by GTID");
  CHECK(reason(picture::instance("b")) == "unknown: b:3306 does not replicate");
  auto with_uuid = replica("b", place);
  auto renamed = replica("b", {"mysql-bin.000009", 400});
  const auto renamed_order = topo::compare_replicas(one, renamed);
  CHECK(renamed_order.order == Order::unknown);
  CHECK(renamed_order.reason.starts_with(
      "a:3306 is at binlog.000009:400 and b:3306 at mysql-bin.000009:400: the log was renamed"));
  auto led_elsewhere = one;
  led_elsewhere.channels.front().master_uuid = "u1";
  with_uuid.channels.front().master_uuid = "u2";
  CHECK(topo::compare_replicas(led_elsewhere, with_uuid).order == Order::unknown);
  led_elsewhere.channels.front().master_uuid = with_uuid.channels.front().master_uuid = "";
  led_elsewhere.channels.front().master_server_id = 1;
  with_uuid.channels.front().master_server_id = 2;
  CHECK(topo::compare_replicas(led_elsewhere, with_uuid).order == Order::unknown);
  // Two names of one server.
  auto other_name = replica("b", place, "n");
  other_name.channels.front().master_uuid = led_elsewhere.channels.front().master_uuid = "u1";
  CHECK(topo::compare_replicas(led_elsewhere, other_name).order == Order::equal);
}

TEST_CASE("replicas without common coordinates are compared by GTID", "[topology]") {
  const auto at = [](const char* name, const char* master, const std::string& numbers) {
    return by_gtid(replica(name, {"binlog.000009", 400}, master), std::string(uuid) + ":" + numbers);
  };
  CHECK(compared(at("a", "m", "1-5"), at("b", "n", "1-5")) ==
        "equal: a:3306 and b:3306 have the same by GTID");
  CHECK(compared(at("a", "m", "1-5"), at("b", "n", "1-3")) ==
        "ahead: a:3306 has 2 transactions (11111111-1111-1111-1111-111111111111:4-5) that b:3306 lacks");
  CHECK(compared(at("a", "m", "1-3"), at("b", "n", "1-5")).starts_with("behind: "));
  CHECK(compared(at("a", "m", "1-3:7"), at("b", "n", "1-5")) ==
        "diverged: a:3306 has 1 transaction (11111111-1111-1111-1111-111111111111:7) that b:3306 lacks, and "
        "b:3306 has 2 transactions (11111111-1111-1111-1111-111111111111:4-5) that a:3306 lacks");
  CHECK_FALSE(topo::compare_replicas(at("a", "m", "1-5"), at("b", "n", "1-5")).by_coordinates);
  // What was only received is not executed.
  auto receives = at("b", "n", "1-3");
  receives.channels.front().received_gtids = std::string(uuid) + ":4-5";
  const auto ahead = at("a", "m", "1-5");
  CHECK(topo::order_of_replicas(ahead, receives) == Order::ahead);
  CHECK(topo::order_of_replicas(ahead, receives, topo::ReplicaProgress::available) == Order::equal);
  // One that replicates by GTID, and has executed nothing, has nothing.
  auto nothing = at("b", "m", "1");
  nothing.executed_gtid_set.clear();
  nothing.channels.front().exec = {};
  CHECK(topo::order_of_replicas(nothing, ahead) == Order::unknown);
  nothing.channels.front().using_oracle_gtid = true;
  CHECK(topo::order_of_replicas(nothing, ahead) == Order::behind);
  auto off = receives;
  off.gtid_mode = "OFF";
  CHECK(topo::order_of_replicas(ahead, off) == Order::unknown);
}

}  // namespace comparison_test
