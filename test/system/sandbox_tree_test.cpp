#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "sandbox/tree.h"
#include "topo/base/error.h"

using sandbox::parse_tree;
using sandbox::TreeServer;

TEST_CASE("a tree is parsed from its text", "[sandbox]") {
  CHECK(parse_tree("a") == std::vector<TreeServer>{{"a"}});
  CHECK(parse_tree("a > b > c, a > d") == std::vector<TreeServer>{{"a"}, {"b", "a"}, {"c", "b"}, {"d", "a"}});
  CHECK(parse_tree("db-1>db_2.x\ndb-1 > r") ==
        std::vector<TreeServer>{{"db-1"}, {"db_2.x", "db-1"}, {"r", "db-1"}});
  CHECK(parse_tree("a, b") == std::vector<TreeServer>{{"a"}, {"b"}});
  CHECK(parse_tree("a > b, a > b") == std::vector<TreeServer>{{"a"}, {"b", "a"}});
}

TEST_CASE("co-masters and rings are trees, too", "[sandbox]") {
  const std::vector<TreeServer> pair{{"a", "b"}, {"b", "a"}, {"c", "b"}};
  CHECK(parse_tree("a <> b > c") == pair);
  CHECK(parse_tree("a<>b, b > c") == pair);
  CHECK(parse_tree("a > b, b > a, b > c") == pair);
  CHECK(parse_tree("a > b > c > a") == std::vector<TreeServer>{{"a", "c"}, {"b", "a"}, {"c", "b"}});
}

TEST_CASE("text that is no tree is refused with the reason", "[sandbox]") {
  const auto [text, reason] = GENERATE(table<std::string, std::string>({
      {"", "lacks the name"},
      {"a > ", "lacks the name"},
      {"> a", "lacks the name"},
      {"<> a", "lacks the name"},
      {"a > b,", "lacks the name"},
      {"a > > b", "lacks the name"},
      {"a b > c", "\"a b\""},
      {"a < b", "\"a < b\""},
      {"../a > b", "\"../a\""},
      {".", "\".\""},
      {"a > a", "replicates from itself"},
      {"a > c, b > c", "c has two masters, a and b"},
      {"a <> b <> c", "b has two masters"},
  }));
  CAPTURE(text);
  try {
    static_cast<void>(parse_tree(text));
    FAIL("was accepted");
  } catch (const topo::Error& error) {
    CHECK(error.code() == topo::Code::invalid_argument);
    CHECK_THAT(error.what(), Catch::Contains(reason));
  }
}

TEST_CASE("the roots of a tree are the servers that accept writes", "[sandbox]") {
  const auto roots_of = [](std::string_view text) { return sandbox::roots(parse_tree(text)); };
  CHECK(roots_of("a > b > c, d > e") == std::vector<std::string>{"a", "d"});
  CHECK(roots_of("a <> b > c") == std::vector<std::string>{"a"});
  CHECK(roots_of("c > d, b > c, c > b") == std::vector<std::string>{"c"});
  CHECK(roots_of("x > y, a > b > c > a") == std::vector<std::string>{"x", "a"});
}
