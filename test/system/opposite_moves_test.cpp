// Two processes move two siblings below each other at the same time: never both, as that would be a ring.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <future>

#include "system/support/library_fixture.h"
#include "system/support/program_fixture.h"

namespace {

using sandbox::Flavour;
using system_test::ProgramFixture;

topo::InstanceKey master_of(ProgramFixture& programs, const char* name) {
  return programs.servers.server(name).replication_status().value().master;
}

void move_opposite(Flavour flavour, int rounds) {
  auto options = system_test::options_of(flavour);
  options.gtid = true;
  ProgramFixture programs("a > b, a > c", options);
  const auto run = [&](const char* command, const char* replica, const char* other) {
    std::vector<std::string> words{"-c", command, "-i", programs.key(replica)};
    if (other != nullptr) words.insert(words.end(), {"-s", programs.key(other)});
    return programs.orchestrator(words);
  };
  REQUIRE(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
  const auto a = programs.servers.server("a").key();
  int moved = 0;
  for (int round = 0; round < rounds; ++round) {
    INFO("round " << round);
    auto one = std::async(std::launch::async, run, "match-below", "b", "c");
    const auto other = run("match-below", "c", "b");
    const auto first = one.get();
    INFO(first.err << other.err);
    const bool b_moved = master_of(programs, "b") != a, c_moved = master_of(programs, "c") != a;
    REQUIRE_FALSE((b_moved && c_moved));
    REQUIRE(b_moved == (first.status == 0));
    REQUIRE(c_moved == (other.status == 0));
    for (const auto* name : {"b", "c"}) REQUIRE(programs.servers.server(name).replicates());
    if (b_moved || c_moved) {
      ++moved;
      const auto back = run("match-up", b_moved ? "b" : "c", nullptr);
      INFO(back.err);
      REQUIRE(back.status == 0);
    }
  }
  CHECK(moved > rounds / 2);  // one of them mostly succeeds
}

}  // namespace

TEST_CASE("two siblings that are matched below each other at once form no ring", "[refactor][ring]") {
  for (const auto flavour : system_test::available_of({Flavour::mariadb_10_11, Flavour::mysql_9_7}))
    move_opposite(flavour, 5);
}

TEST_CASE("two siblings that are matched below each other a thousand times form no ring", "[.][all-faults]") {
  for (const auto flavour : system_test::available_of({Flavour::mariadb_10_11, Flavour::mysql_9_7}))
    move_opposite(flavour, 1000);
}
