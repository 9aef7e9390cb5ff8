// A MySQL backend that commits a transaction whose answer is lost on the way.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "sandbox/ports.h"
#include "sandbox/wait.h"
#include "system/support/desk.h"
#include "system/support/relay.h"
#include "system/support/subject.h"

namespace {

using system_test::Relay;

// The command line, with its backend behind a relay.
struct Office {
  sandbox::Topology servers{"store", system_test::options_of(sandbox::Flavour::mariadb_10_11)};
  sandbox::Server& store = servers.server("store");
  sandbox::ReservedPort port{{"127.0.0.1"}};
  Relay relay{topo::InstanceKey("127.0.0.1", port.port()), store.key(), Relay::Kind::proxy};
  system_test::Desk desk{"a > b, a > c", {}, settings()};

  std::string settings() {
    store.execute("CREATE DATABASE orchestrator");
    return fmt::format(R"("MySQLOrchestratorHost": "127.0.0.1", "MySQLOrchestratorPort": {},
                          "MySQLOrchestratorDatabase": "orchestrator", "MySQLOrchestratorUser": "root")",
                       port.port());
  }
  std::string count(const std::string& table) {
    return store.query("SELECT COUNT(*) FROM orchestrator." + table)[0].string_or("COUNT(*)");
  }
  void check_that_nothing_is_held() {
    CHECK(desk.orchestrator({"-c", "maintenance"}).out.empty());
    CHECK(desk.orchestrator({"-c", "unfinished"}).out.empty());
    CHECK(count("topology_operation") == "0");
  }
};

}  // namespace

TEST_CASE("A lock that the backend did not confirm is not held", "[backend]") {
  Office office;
  auto& desk = office.desk;
  REQUIRE(desk.orchestrator({"-c", "discover", "-i", desk.key("a")}).status == 0);
  const std::vector<std::string> begin{"-c", "begin-maintenance", "-i", desk.key("b"), "-reason", "disks"};
  office.relay.lose_answer_to("COMMIT", 0);
  system_test::require_error(desk.orchestrator(begin), "it may be stored all the same");
  CHECK(office.relay.lost());
  office.check_that_nothing_is_held();
  CHECK(desk.orchestrator(begin).status == 0);
  CHECK(office.count("database_instance_maintenance") == "1");
}

TEST_CASE("An operation that loses any answer of the backend leaves no lock, and can be repeated",
          "[backend]") {
  Office office;
  auto& desk = office.desk;
  REQUIRE(desk.orchestrator({"-c", "discover", "-i", desk.key("a")}).status == 0);
  int moves = 0;
  for (int n = 0;; ++n) {
    CAPTURE(n);
    const std::vector<std::string> below{"-c", "move-below", "-i", desk.key("c"), "-s", desk.key("b")},
        up{"-c", "move-up", "-i", desk.key("c")};
    const bool is_below =
        desk.orchestrator({"-c", "which-master", "-i", desk.key("c")}).out == desk.key("b") + "\n";
    office.relay.lose_answer_to("COMMIT", n);
    const auto moved = desk.orchestrator(is_below ? up : below);
    INFO(moved.err);
    if (moved.status == 0) ++moves;
    office.check_that_nothing_is_held();
    CHECK(desk.servers.server("c").replicates());
    if (!office.relay.lost()) {
      CHECK(moved.status == 0);
      break;
    }
  }
  CHECK(moves > 3);
  CHECK(
      office.store.query("SELECT COUNT(*) - COUNT(DISTINCT begin_token) AS twice FROM orchestrator.audit")[0]
          .number_or("twice", -1) == 0);
}
