#include "system/support/lost_master.h"

#include <catch2/catch.hpp>
#include <random>

#include "system/support/library_fixture.h"
#include "system/support/seed.h"

// bench/lost_masters repeats this test.
TEST_CASE("replicas of a master killed under load are regrouped below the best, with the same rows",
          "[pgtid][regroup]") {
  const auto first_seed = system_test::seed();
  for (const auto flavour : system_test::in_turn(system_test::flavours_with_newest())) {
    for (unsigned round = 0; round < 3; ++round) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << ", round " << round) {
        system_test::LostMasterOptions options;
        options.flavour = flavour;
        options.format = round % 2 == 0 ? "ROW" : "STATEMENT";
        options.seed = first_seed + round;
        INFO("seed " << options.seed);
        const auto result = system_test::lose_master(options);
        CHECK(result.equal + result.matched == 2);
        CHECK(result.transactions > 100);
      }
    }
  }
}
