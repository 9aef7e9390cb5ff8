// The format of the recorded results that other tests use.
#include "support/recorded.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <stdexcept>

namespace recorded_test {

using recorded::Server;

namespace {

constexpr const char* servers[] = {"mysql-5.5",    "mysql-5.6",  "mysql-5.7", "mysql-8.0.21",
                                   "mysql-8.0.36", "mysql-8.4",  "mysql-9.7", "mariadb-10.11",
                                   "mariadb-11.8", "mariadb-12", "maxscale"};

}  // namespace

TEST_CASE("recorded results are parsed in the client's format", "[mysql][recorded]") {
  const auto server = Server::parse(R"(# where from
version 9.7.0

== one
mysql> SHOW A
*************************** 1. row ***************************
  Name: x: y
 Error: Error 'a'
on two lines: b
  Gone: NULL
 Empty:
*************************** 2. row ***************************
  Name: second
 Error: first
Gone in 2: lines
  Gone: 7
 Empty: not

mysql> SHOW B
Empty set

== two
mysql> SHOW A
ERROR 1227 (42000): Access denied; you need more
)");
  CHECK(server.version() == "9.7.0");
  CHECK(server.scenes() == std::vector<std::string>{"one", "two"});
  CHECK(server.statements() == std::vector<std::string>{"SHOW A", "SHOW B", "SHOW A"});
  const auto& rows = server.answer("one", "SHOW A")->rows;
  REQUIRE(rows.size() == 2);
  CHECK(rows.columns() == std::vector<std::string>{"Name", "Error", "Gone", "Empty"});
  CHECK(rows[0].text("Name") == "x: y");
  CHECK(rows[0].text("Error") == "Error 'a'\non two lines: b");
  CHECK_FALSE(rows[0].text("Gone"));
  CHECK(rows[0].text("Empty") == "");
  CHECK(rows[1].text("Error") == "first\nGone in 2: lines");
  CHECK(rows[1].number("Gone") == 7);
  CHECK(server.answer("one", "SHOW B")->rows.empty());
  CHECK(server.answer("one", "SHOW C") == nullptr);
  CHECK(server.answer("two", "SHOW A")->error->number() == 1227);
  CHECK(std::string(server.answer("two", "SHOW A")->error->what()) == "Access denied; you need more");
  CHECK_THROWS_AS(server.answer("three", "SHOW A"), std::runtime_error);
  CHECK_THROWS_AS(Server::parse("== one\nmysql> X\n"), std::runtime_error);
  CHECK_THROWS_AS(Server::parse("version 1\nmysql> X\n"), std::runtime_error);
  CHECK_THROWS_AS(Server::load("no such server"), std::runtime_error);
}

TEST_CASE("recorded statements match those of the dialect", "[mysql][recorded]") {
  for (const char* name : servers) {
    INFO(name);
    const auto server = Server::load(name);
    const auto dialect = server.dialect();
    const std::vector<std::string> sent{dialect.select_facts(),           dialect.show_uptime(),
                                        dialect.select_processes(60),     dialect.show_replica_status(),
                                        dialect.show_binary_log_status(), dialect.show_replicas()};
    CHECK_FALSE(server.statements().empty());
    for (const auto& statement : server.statements()) {
      INFO(statement);
      CHECK(std::find(sent.begin(), sent.end(), statement) != sent.end());
    }
  }
}

}  // namespace recorded_test
