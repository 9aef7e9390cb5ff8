// Comparison of two servers by the GTIDs that they report.
#include "topo/topology/gtids.h"

#include <catch2/catch.hpp>

#include "support/picture.h"
#include "topo/base/error.h"

namespace gtids_test {
namespace {

constexpr const char* a = "aaaaaaaa-1111-1111-1111-111111111111";
constexpr const char* b = "bbbbbbbb-2222-2222-2222-222222222222";

topo::Instance mysql(const char* name, const std::string& executed, const std::string& received = "") {
  auto instance = picture::instance(name, "m");
  instance.version = "9.7.0";
  instance.server_uuid = b;
  instance.executed_gtid_set = executed;
  instance.channels.front().received_gtids = received;
  return instance;
}

topo::Instance mariadb(const char* name, const std::string& executed, const std::string& received = "") {
  auto instance = mysql(name, executed, received);
  instance.version = "10.11.6-MariaDB";
  instance.server_id = 2;
  return instance;
}

std::string lead(const topo::Instance& one, const topo::Instance& other) {
  const auto found = topo::lead_by_gtid(one, other);
  return found ? topo::describe(*found) + (found->is_own ? ", its own" : "") : "";
}

std::string of(const char* uuid, const char* numbers) {
  return std::string(uuid) + ":" + numbers;
}

}  // namespace

TEST_CASE("a MySQL server leads by what the other has neither executed nor received", "[topology]") {
  CHECK(lead(mysql("x", of(a, "1-9")), mysql("y", of(a, "1-9"))).empty());
  CHECK(lead(mysql("x", of(a, "1-5")), mysql("y", of(a, "1-9"))).empty());
  CHECK(lead(mysql("x", ""), mysql("y", "")).empty());
  CHECK(lead(mysql("x", of(a, "1-9")), mysql("y", of(a, "1-6"))) == "3 transactions (" + of(a, "7-9") + ")");
  CHECK(lead(mysql("x", of(a, "1-9")), mysql("y", of(a, "1-6"), of(a, "4-8"))) ==
        "1 transaction (" + of(a, "9") + ")");
  CHECK(lead(mysql("x", of(a, "1-9")), mysql("y", of(a, "1-6"), of(a, "7-9"))).empty());
  CHECK(lead(mysql("x", of(a, "1-9") + ",\n" + of(b, "1-2")), mysql("y", of(a, "1-9"))) ==
        "2 transactions (" + of(b, "1-2") + "), its own");
  CHECK(lead(mysql("x", of(a, "1-9") + ",\n" + of(b, "1-2")), mysql("y", of(a, "1-8"))) ==
        "3 transactions (" + of(a, "9") + "," + of(b, "1-2") + ")");
}

TEST_CASE("a MariaDB server leads in domains where the other is behind, or has another transaction",
          "[topology]") {
  CHECK(lead(mariadb("x", "0-1-9"), mariadb("y", "0-1-9")).empty());
  CHECK(lead(mariadb("x", "0-1-9"), mariadb("y", "0-1-12")).empty());
  CHECK(lead(mariadb("x", "0-1-9"), mariadb("y", "0-1-6")) == "3 transactions (0-1-7..9)");
  CHECK(lead(mariadb("x", "0-1-9"), mariadb("y", "0-1-6", "0-1-9")).empty());
  CHECK(lead(mariadb("x", "0-1-9,7-2-4"), mariadb("y", "0-1-9")) == "4 transactions (7-2-1..4), its own");
  CHECK(lead(mariadb("x", "0-2-9"), mariadb("y", "0-1-9")) == "1 transaction (0-2-9), its own");
}

TEST_CASE("servers that report no comparable GTIDs are not called equal", "[topology]") {
  CHECK_THROWS_WITH(lead(mysql("x", of(a, "1-9")), mariadb("y", "0-1-9")),
                    Catch::Contains("one is a MariaDB server"));
  CHECK_THROWS_WITH(lead(mysql("x", "nonsense"), mysql("y", "")),
                    Catch::Contains("The GTIDs of x:3306 cannot be"));
  CHECK_THROWS_WITH(lead(mysql("x", of(a, "1-9")), mysql("y", "", "nonsense")),
                    Catch::Contains("The GTIDs of y:3306 cannot be"));
  CHECK_THROWS_WITH(lead(mariadb("x", "1-2"), mariadb("y", "")),
                    Catch::Contains("The GTIDs of x:3306 cannot be"));
}

TEST_CASE("what a replica needs and its new master has purged refuses", "[topology]") {
  const auto refused = [](const topo::Instance& replica, const std::string& purged) {
    auto master = mysql("y", of(a, "1-9"));
    master.gtid_purged = purged;
    const auto refusal = topo::why_not_by_purged_gtids(replica, master);
    return refusal ? refusal->reason : "";
  };
  CHECK(refused(mysql("x", of(a, "1-5")), "").empty());
  CHECK(refused(mysql("x", of(a, "1-5")), of(a, "1-5")).empty());
  CHECK(refused(mysql("x", of(a, "1-5")), of(a, "1-7")) ==
        "y:3306 has purged 2 transactions (" + of(a, "6-7") + ") that x:3306 has not executed");

  // What was received counts once all of it is executed: the relay log is dropped with the master.
  auto replica = mysql("x", of(a, "1-5"), of(a, "4-9"));
  auto& channel = replica.channels.front();
  channel.exec = {"log.1", 100};
  channel.read = {"log.1", 900};
  CHECK_FALSE(refused(replica, of(a, "1-7")).empty());
  channel.exec = channel.read;
  CHECK(refused(replica, of(a, "1-7")).empty());
}

TEST_CASE("a long set of GTIDs is shortened in a sentence", "[topology]") {
  const auto text = topo::describe(topo::GtidLead{1000, std::string(5000, 'x')});
  CHECK(text.size() < 350);
  CHECK(text.ends_with("…)"));
}

}  // namespace gtids_test
