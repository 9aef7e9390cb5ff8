// A MySQL backend that commits a transaction whose answer is lost on the way.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "sandbox/ports.h"
#include "sandbox/wait.h"
#include "system/support/library_fixture.h"
#include "system/support/program_fixture.h"
#include "system/support/relay.h"

namespace {

using system_test::Relay;

// The command line, with its backend behind a relay.
struct BackendBehindRelay {
  sandbox::Topology servers{"store", system_test::options_of(sandbox::Flavour::mariadb_10_11)};
  sandbox::Server& store = servers.server("store");
  sandbox::ReservedPort port{{"127.0.0.1"}};
  Relay relay{topo::InstanceKey("127.0.0.1", port.port()), store.key(), Relay::Kind::proxy};
  system_test::ProgramFixture programs{"a > b, a > c", {}, settings()};

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
    CHECK(programs.orchestrator({"-c", "maintenance"}).out.empty());
    CHECK(programs.orchestrator({"-c", "unfinished"}).out.empty());
    CHECK(count("topology_operation") == "0");
  }
};

}  // namespace

TEST_CASE("A lock that the backend did not confirm is not held", "[backend]") {
  BackendBehindRelay fixture;
  auto& programs = fixture.programs;
  REQUIRE(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
  const std::vector<std::string> begin{"-c",   "begin-maintenance", "-i", programs.key("b"), "-reason",
                                       "disks"};
  fixture.relay.lose_answer_to("COMMIT", 0);
  system_test::require_error(programs.orchestrator(begin), "it may be stored all the same");
  CHECK(fixture.relay.lost());
  fixture.check_that_nothing_is_held();
  CHECK(programs.orchestrator(begin).status == 0);
  CHECK(fixture.count("database_instance_maintenance") == "1");
}

TEST_CASE("An operation that loses any answer of the backend leaves no lock, and can be repeated",
          "[backend]") {
  BackendBehindRelay fixture;
  auto& programs = fixture.programs;
  REQUIRE(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
  int moves = 0;
  for (int n = 0;; ++n) {
    CAPTURE(n);
    const std::vector<std::string> below{"-c", "move-below",     "-i", programs.key("c"),
                                         "-s", programs.key("b")},
        up{"-c", "move-up", "-i", programs.key("c")};
    const bool is_below = programs.orchestrator({"-c", "which-master", "-i", programs.key("c")}).out ==
                          programs.key("b") + "\n";
    fixture.relay.lose_answer_to("COMMIT", n);
    const auto moved = programs.orchestrator(is_below ? up : below);
    INFO(moved.err);
    if (moved.status == 0) ++moves;
    fixture.check_that_nothing_is_held();
    CHECK(programs.servers.server("c").replicates());
    if (!fixture.relay.lost()) {
      CHECK(moved.status == 0);
      break;
    }
  }
  CHECK(moves > 3);
  CHECK(
      fixture.store.query("SELECT COUNT(*) - COUNT(DISTINCT begin_token) AS twice FROM orchestrator.audit")[0]
          .number_or("twice", -1) == 0);
}
