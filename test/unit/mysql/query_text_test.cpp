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

TEST_CASE("The first word of a statement tells what it does") {
  using Words = std::vector<std::string>;
  const auto first_words = [](std::string_view text) { return parse_query_text(text).first_words; };
  CHECK(first_words("select 1") == Words{"SELECT"});
  CHECK(first_words(" ;/* a */ -- b\n ((Select 1) union (select 2))") == Words{"SELECT"});
  CHECK(first_words("DROP table t;") == Words{"DROP"});
  CHECK(first_words("set @a = ';'; select @a") == Words{"SET", "SELECT"});
  CHECK(first_words("'select'; 1 select") == Words{"", ""});
  CHECK(first_words("").empty());
}

TEST_CASE("A query that changes something is no query that reads") {
  using topo::mysql::why_not_to_read;
  for (const auto* query : {"", "select 1; select 2", "set @a = 1; (select @a)", "call lag()",
                            "show databases", "select 'drop'; -- drop", "do sleep(1)"})
    CHECK_FALSE(why_not_to_read(query));
  for (const auto* query : {"drop table t", "select 1;drop table t", "select 1; /* x */ DROP table t",
                            "set @a = 1;\ndrop table t; select 1"})
    CHECK(why_not_to_read(query) == "it has a statement that begins with DROP");
  CHECK(why_not_to_read("stop slave"));
}
