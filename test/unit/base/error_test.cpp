#include "topo/base/error.h"

#include <catch2/catch.hpp>
#include <set>

namespace topo {

TEST_CASE("Every kind of error has a unique name") {
  std::set<std::string_view> names;
  for (const auto code : {Code::invalid_argument, Code::not_found, Code::refused, Code::locked,
                          Code::unreachable, Code::sql, Code::timeout, Code::backend}) {
    CHECK(names.insert(to_string(code)).second);
  }
  CHECK(names.contains("invalid_argument"));
  CHECK_FALSE(names.contains("unknown"));
}

TEST_CASE("An error keeps its kind and its message") {
  const Error error(Code::locked, "db1:3306 is in maintenance");
  CHECK(error.code() == Code::locked);
  CHECK(std::string(error.what()) == "db1:3306 is in maintenance");
}

}  // namespace topo
