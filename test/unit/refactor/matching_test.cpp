#include <catch2/catch.hpp>

#include "topo/base/error.h"
#include "topo/refactor/refactoring.h"

TEST_CASE("a pattern selects instances by host:port, or by the host alone", "[refactor]") {
  using topo::refactor::matching;
  using topo::refactor::matching_host;
  const topo::InstanceKey key{"db1.example", 3306};
  CHECK_FALSE(matching(""));
  CHECK_FALSE(matching_host(""));
  CHECK(matching("db1")(key));
  CHECK(matching(":3306$")(key));
  CHECK_FALSE(matching("^example")(key));
  CHECK(matching_host("example$")(key));
  CHECK_FALSE(matching_host("3306")(key));
  CHECK_THROWS_WITH(matching("("), Catch::Contains("Cannot use \"(\" as a pattern"));
  CHECK_THROWS_AS(matching_host("["), topo::Error);
}
