#include "system/support/soak.h"

#include <catch2/catch.hpp>
#include <random>

#include "system/support/library_fixture.h"
#include "system/support/seed.h"

// bench/soak runs this test for longer.
TEST_CASE("random operations under write load lose nothing", "[soak]") {
  const auto seed = system_test::seed();
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    for (const char* format : {"ROW", "STATEMENT"}) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << ", " << format) {
        INFO("seed " << seed);
        system_test::SoakOptions options;
        options.flavour = flavour;
        options.format = format;
        options.seed = seed;
        options.time = std::chrono::seconds(10);
        options.min_operations = 12;
        const auto result = system_test::soak(options);
        CHECK(result.permitted >= options.min_operations);
        CHECK(result.permitted_by_name.size() > 5);
      }
    }
  }
}
