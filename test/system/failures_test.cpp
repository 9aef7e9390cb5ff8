// Masters that die under recorded writes: thirteen of the scenarios; `bench failures` runs all of them.
#include "system/support/failures.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

#include "system/support/library_fixture.h"
#include "system/support/seed.h"

namespace failures_test {

TEST_CASE("a master dies, and no row is lost that a replica had received", "[failures]") {
  constexpr std::array names{"all alike",
                             "one has received more",
                             "one must not be the master, and has received most",
                             "one does not execute, and has received most",
                             "one is delayed, and has received most",
                             "one is broken, and has received most",
                             "one is blocked, and has received most",
                             "one is locked, and has received most",
                             "one is dead",
                             "one hangs",
                             "one filters, and has received most",
                             "one does not log, and has received most",
                             "the master hangs"};
  const auto& all = system_test::failure_scenarios();
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    const bool gtid = system_test::seed() % 2 == 0;
    for (const std::string_view name : names) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << (gtid ? " by GTID, " : ", ") << name) {
        const auto scenario = std::ranges::find_if(all, [name](const auto& one) { return one.name == name; });
        REQUIRE(scenario != all.end());
        if (!is_possible(*scenario, flavour, gtid)) continue;
        const auto result = system_test::run_failure(*scenario, flavour, gtid);
        INFO(result.outcome);
        CHECK(result.problems == "");
      }
    }
  }
}

}  // namespace failures_test
