#include "mysql/query_text.h"

#include <catch2/catch.hpp>

using topo::mysql::first_word;
using topo::mysql::parse_query_text;

TEST_CASE("Unclosed quotes and comments are reported, and statements are counted") {
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
  CHECK(parse_query_text(c.text).statements.size() == c.statements);
  CHECK(parse_query_text(c.text).unclosed == c.unclosed);
}

TEST_CASE("The first word of a statement determines its kind") {
  using Texts = std::vector<std::string>;
  const auto statements = [](std::string_view text) { return parse_query_text(text).statements; };
  CHECK(statements(" ;/* a */ -- b\n ((Select 1) union (select 2))") ==
        Texts{"((Select 1) union (select 2))"});
  CHECK(statements("set @a = ';'; select @a # b") == Texts{"set @a = ''", "select @a"});
  CHECK(statements("sel/**/ect 1") == Texts{"sel ect 1"});
  CHECK(statements("").empty());
  CHECK(first_word("select 1") == "SELECT");
  CHECK(first_word(" ( (Select 1) union (select 2))") == "SELECT");
  CHECK(first_word("''") == "");
  CHECK(first_word("1 select") == "");
}

TEST_CASE("Only queries known to read are accepted") {
  using topo::mysql::why_not_to_read;
  for (const auto* query :
       {"", "select 1; select 2", "set @a = 1; (select @a)",
        "set @a = (select max(1), 2), @b := 'x, y'; select @b", "call lag()", "show databases",
        "select 'drop'; -- drop", "do sleep(1)", "with a as (select 1) select * from a",
        "/* mine */ select /*+ MAX_EXECUTION_TIME(9) */ 1", "select '/*! x */' -- /*! x */",
        "values row(1)"}) {
    INFO(query);
    CHECK_FALSE(why_not_to_read(query));
  }
  for (const auto* query : {"drop table t", "select 1;drop table t", "select 1; /* x */ DROP table t",
                            "set @a = 1;\ndrop table t; select 1"})
    CHECK(why_not_to_read(query) == "it has a statement that begins with DROP");
  for (const auto* query :
       {"stop slave", "execute immediate 'stop slave'", "prepare s from 'stop slave'; execute s",
        "begin not atomic stop slave; end", "start transaction", "1", "sel/**/ect 1", "use t; select 1",
        "analyze table t", "''"}) {
    INFO(query);
    CHECK_THAT(why_not_to_read(query).value_or(""),
               Catch::StartsWith("it has a statement that begins with "));
  }
  for (const auto* query :
       {"/*!50000 stop slave */", "/*M! stop slave */", "select 1 /*!99999 ' */; stop slave; -- '"})
    CHECK(why_not_to_read(query) == "it has a comment that servers execute (/*! */)");
  for (const auto* query :
       {"set global read_only = 0; select 5", "set @a = 1, global read_only = 0",
        "set session transaction read write; select 1", "set @@global.read_only = 0",
        "set @a = (1), @@read_only = 0", "set statement x = 1 for stop slave", "set", "set names x"}) {
    INFO(query);
    CHECK(why_not_to_read(query) == "it sets something other than a user variable (@name)");
  }
}
