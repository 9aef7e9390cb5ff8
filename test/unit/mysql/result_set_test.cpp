#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>

#include "support/recorded.h"
#include "topo/mysql/connection.h"

using topo::mysql::ResultSet;

TEST_CASE("cells by position and by case-insensitive name", "[mysql]") {
  const std::string with_zero("ä\0b", 4);
  const ResultSet rows({"Id", "NAME", "id"}, {{"1", with_zero, "9"}, {std::nullopt, "", "x"}});
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].text("id") == "1");  // the first column with that name
  CHECK(rows[0].text(2) == "9");
  CHECK(rows[0].text("name") == with_zero);
  CHECK_FALSE(rows[1].text("ID"));
  CHECK(rows[1].text("Name") == "");
  CHECK(rows[1].string_or("Id", "none") == "none");
  CHECK(rows[1].string_or("Name", "none").empty());
  CHECK_FALSE(rows[0].text("other"));
  CHECK_FALSE(rows[0].text(3));
  CHECK(rows.column_index("nAmE") == 1);
  CHECK_FALSE(rows.column_index("nam"));
}

TEST_CASE("an empty result has no cells", "[mysql]") {
  const ResultSet none;
  CHECK(none.empty());
  CHECK(none.columns().empty());
  CHECK(none.affected_rows() == 0);
  CHECK_THROWS_AS(ResultSet({"a", "b"}, {{"1"}}), std::invalid_argument);
}

TEST_CASE("numbers are complete cells in range", "[mysql]") {
  struct Case {
    const char* text;
    std::optional<std::int64_t> number;
  };
  const Case cases[] = {{"0", 0},
                        {"42", 42},
                        {"-1", -1},
                        {"9223372036854775807", 9223372036854775807},
                        {"9223372036854775808", std::nullopt},
                        {"18446744073709551615", std::nullopt},
                        {"", std::nullopt},
                        {" 1", std::nullopt},
                        {"1 ", std::nullopt},
                        {"1.5", std::nullopt},
                        {"+1", std::nullopt},
                        {"0x10", std::nullopt},
                        {"NULL", std::nullopt}};
  for (const auto& c : cases) {
    INFO(c.text);
    const auto rows = recorded::one_row({{"n", c.text}});
    CHECK(rows[0].number("n") == c.number);
    CHECK(rows[0].number(0) == c.number);
    CHECK(rows[0].number_or("n", -7) == c.number.value_or(-7));
  }
  CHECK_FALSE(recorded::one_row({{"n", std::nullopt}})[0].number("n"));
}

TEST_CASE("flags in the spellings of servers", "[mysql]") {
  for (const char* yes : {"1", "ON", "on", "Yes", "YES", "TRUE"})
    CHECK(recorded::one_row({{"f", yes}})[0].flag("f"));
  for (const char* no : {"0", "OFF", "No", "", "FALSE", "2", "ONE"})
    CHECK_FALSE(recorded::one_row({{"f", no}})[0].flag("f"));
  CHECK_FALSE(recorded::one_row({{"f", std::nullopt}})[0].flag("f"));
  CHECK_FALSE(recorded::one_row({{"f", "1"}})[0].flag("g"));
}
