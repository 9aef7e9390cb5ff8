#include "pgtid/coordinates.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <compare>
#include <map>
#include <vector>

using pgtid::BinlogCoordinates;
using pgtid::compare_log_files;
using pgtid::LogType;
using pgtid::next_log_file;
using pgtid::previous_log_file;

TEST_CASE("coordinates are ordered by file, then position", "[pgtid]") {
  const BinlogCoordinates first{"mysql-bin.00017", 104};
  const BinlogCoordinates later_in_file{"mysql-bin.00017", 5000};
  const BinlogCoordinates later_file{"mysql-bin.00112", 104};

  CHECK(first < later_in_file);
  CHECK(later_in_file < later_file);
  CHECK(first < later_file);
  CHECK_FALSE(later_file < first);
  CHECK_FALSE(first < first);
  CHECK(first <= first);
}

TEST_CASE("positions beyond 32 bits keep their order", "[pgtid]") {
  CHECK(BinlogCoordinates{"b.1", 4294967295U} < BinlogCoordinates{"b.1", 4294967296U});
}

TEST_CASE("coordinates compare equal whether read from a binary or a relay log", "[pgtid]") {
  const BinlogCoordinates binary{"mysql-bin.000001", 4, LogType::binary};
  const BinlogCoordinates relay{"mysql-bin.000001", 4, LogType::relay};
  CHECK(binary == relay);
  CHECK(std::is_eq(binary <=> relay));
}

TEST_CASE("coordinates are map keys by value", "[pgtid]") {
  std::map<BinlogCoordinates, int> seen;
  seen[{"mysql-bin.00017", 104}] = 1;
  seen[{"mysql-bin.00017", 104}] = 2;
  seen[{"mysql-bin.00017", 105}] = 3;
  CHECK(seen.size() == 2);
  CHECK(seen.at({"mysql-bin.00017", 104}) == 2);
}

TEST_CASE("log files are ordered by number, even beyond the counter's usual width", "[pgtid]") {
  CHECK(std::is_lt(compare_log_files("mysql-bin.999999", "mysql-bin.1000000")));
  CHECK(std::is_gt(compare_log_files("mysql-bin.1000000", "mysql-bin.999999")));
  CHECK(std::is_lt(compare_log_files("a.99999999999999999999999999", "a.100000000000000000000000000")));
  CHECK(std::is_eq(compare_log_files("mysql-bin.000001", "mysql-bin.000001")));
}

TEST_CASE("names of different logs compare as text", "[pgtid]") {
  CHECK(std::is_lt(compare_log_files("binlog.000009", "mysql-bin.000001")));
  CHECK(std::is_lt(compare_log_files("binlog", "binlog.000001")));
  CHECK(std::is_lt(compare_log_files("", "binlog.000001")));
  CHECK(std::is_gt(compare_log_files("binlog.index", "binlog.000001")));
}

TEST_CASE("names that differ only in padding are ordered, but not equal", "[pgtid]") {
  CHECK(std::is_lt(compare_log_files("b.01", "b.1")));
  CHECK(std::is_gt(compare_log_files("b.1", "b.01")));
}

TEST_CASE("the order is total, even with odd names", "[pgtid]") {
  std::vector<std::string> names{"b.2", "b.10", "b.010", "c.1", "b", "b.x", "b.1x", "", ".1", "b.", "b.0"};
  const auto less = [](const std::string& a, const std::string& b) {
    return std::is_lt(compare_log_files(a, b));
  };
  std::sort(names.begin(), names.end(), less);
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t j = i + 1; j < names.size(); ++j) {
      INFO(names[i] << " before " << names[j]);
      CHECK(less(names[i], names[j]));
      CHECK_FALSE(less(names[j], names[i]));
    }
  }
}

TEST_CASE("the previous log file", "[pgtid]") {
  CHECK(previous_log_file("mysql-bin.00017") == "mysql-bin.00016");
  CHECK(previous_log_file("mysql-bin.00100") == "mysql-bin.00099");
  CHECK(previous_log_file("mysql.00.prod.com.00100") == "mysql.00.prod.com.00099");
  CHECK(previous_log_file("mysql.00.prod.com.00000") == std::nullopt);
  CHECK(previous_log_file("mysql-bin") == std::nullopt);
  CHECK(previous_log_file("mysql-bin.") == std::nullopt);
  CHECK(previous_log_file("mysql-bin.12a") == std::nullopt);
  CHECK(previous_log_file("") == std::nullopt);
}

TEST_CASE("the next log file", "[pgtid]") {
  CHECK(next_log_file("mysql-bin.00016") == "mysql-bin.00017");
  CHECK(next_log_file("mysql-bin.00099") == "mysql-bin.00100");
  CHECK(next_log_file("mysql.00.prod.com.00099") == "mysql.00.prod.com.00100");
  CHECK(next_log_file("mysql-bin.999999") == "mysql-bin.1000000");
  CHECK(next_log_file("mysql-bin") == std::nullopt);
  CHECK(next_log_file("mysql-bin.12a") == std::nullopt);
}

TEST_CASE("the file after the previous one is the file itself", "[pgtid]") {
  for (const auto* file : {"b.1", "b.000001", "b.000010", "b.100000", "a.b.42"}) {
    const auto before = previous_log_file(file);
    REQUIRE(before);
    CHECK(next_log_file(*before) == std::string(file));
  }
}

TEST_CASE("coordinates are displayed as file and position", "[pgtid]") {
  CHECK(BinlogCoordinates{"mysql-bin.000012", 345}.display() == "mysql-bin.000012:345");
  CHECK(BinlogCoordinates{}.display() == ":0");
  CHECK(BinlogCoordinates{}.empty());
}
