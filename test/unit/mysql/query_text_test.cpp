#include "mysql/query_text.h"

#include <catch2/catch.hpp>

using topo::mysql::parse_query_text;

TEST_CASE("What is not closed in a query is named, and its statements are counted") {
  struct Case {
    const char* text;
    std::size_t statements;
    const char* unclosed;
  };
  const auto c = GENERATE(values<Case>({
      {"", 0, ""},
      {" ; ;", 0, ""},
      {"-- nothing", 0, ""},
      {"/* nothing */ # nothing", 0, ""},
      {"select 1", 1, ""},
      {"select 1;", 1, ""},
      {"select 1; -- end", 1, ""},
      {"set @a = 1; select @a", 2, ""},
      {"select ';', \";\", `;` /* ; */", 1, ""},
      {"select 'it''s', 'it\\'s'", 1, ""},
      {"select 1 -- it's\n, 2", 1, ""},
      {"select 1--1", 1, ""},
      {"select 'a", 1, "a string in single quotes"},
      {"select 'a''", 1, "a string in single quotes"},
      {"select 'a\\'", 1, "a string in single quotes"},
      {"select \"a", 1, "a string in double quotes"},
      {"select `a", 1, "a name in backquotes"},
      {"select 1 /* a", 1, "a comment"},
  }));
  INFO(c.text);
  CHECK(parse_query_text(c.text).statements == c.statements);
  CHECK(parse_query_text(c.text).unclosed == c.unclosed);
}

TEST_CASE("The first word of a query tells what it does") {
  const auto first_word = [](std::string_view text) { return parse_query_text(text).first_word; };
  CHECK(first_word("select 1") == "SELECT");
  CHECK(first_word(" ;/* a */ -- b\n ((Select 1) union (select 2))") == "SELECT");
  CHECK(first_word("DROP table t") == "DROP");
  CHECK(first_word("set @a = 1; select @a") == "SET");
  CHECK(first_word("'select'").empty());
  CHECK(first_word("1 select").empty());
  CHECK(first_word("").empty());
}
