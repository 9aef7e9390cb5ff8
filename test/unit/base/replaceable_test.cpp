#include "topo/base/replaceable.h"

#include <catch2/catch.hpp>

TEST_CASE("A replaced value lives as long as a reader uses it", "[base]") {
  const auto first = std::make_shared<int>(1);
  topo::Replaceable<std::shared_ptr<int>> value(first);
  auto read = value.current();
  for (int i = 2; i < 5; ++i) value.replace(std::make_shared<int>(i));
  CHECK(**read == 1);
  CHECK(first.use_count() == 2);
  read.reset();
  CHECK(first.use_count() == 1);
  CHECK(**value.current() == 4);
}
