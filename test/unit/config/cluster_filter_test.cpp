#include "topo/config/cluster_filter.h"

#include <catch2/catch.hpp>

#include "unit/config/refusal.h"

namespace topo {

TEST_CASE("A cluster filter matches clusters by name, alias or pattern") {
  struct Case {
    const char* filter;
    const char* name;
    const char* alias;
    bool matches;
  };
  const auto c = GENERATE(values<Case>({
      {"*", "db1:3306", "", true},
      {".*", "db1:3306", "", true},
      {"", "db1:3306", "", false},
      {"db1:3306", "db1:3306", "shop", true},
      {"shop", "db1:3306", "shop", true},
      {"shop", "shop1:3306", "x", true},  // anywhere in the name
      {"shop", "db1:3306", "shop2", false},
      {"^db[12]", "db2:3306", "", true},
      {"^db[12]", "db3:3306", "db1", false},
      {"alias=shop", "db1:3306", "shop", true},
      {"alias=shop", "shop", "shop2", false},
      {"alias=shop", "alias=shop", "", false},
      {"alias=", "db1:3306", "", false},
      {"alias~=^sh", "db1:3306", "shop", true},
      {"alias~=^sh", "shop:3306", "x", false},
      {"alias~=.", "db1:3306", "", false},
  }));
  INFO(c.filter << " " << c.name << " " << c.alias);
  CHECK(ClusterFilter(c.filter).matches(c.name, c.alias) == c.matches);
}

TEST_CASE("A cluster filter with an invalid pattern is refused") {
  CHECK(refusal([] { ClusterFilter("("); }) == "it has a ( that no ) closes");
  CHECK(refusal([] { ClusterFilter("alias~=["); }) == "it has a [ that no ] closes, in [");
  CHECK_NOTHROW(ClusterFilter("alias=("));
}

}  // namespace topo
