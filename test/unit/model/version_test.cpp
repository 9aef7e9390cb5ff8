#include <catch2/catch.hpp>
#include <string>
#include <tuple>

#include "topo/model/instance.h"

using topo::Version;

namespace {

bool is_smaller_series(const char* left, const char* right) {
  const auto x = Version::parse(left);
  const auto y = Version::parse(right);
  return std::tie(x.major, x.minor) < std::tie(y.major, y.minor);
}

}  // namespace

TEST_CASE("a version consists of its leading numbers", "[topology][version]") {
  struct Case {
    const char* text;
    Version version;
  };
  const Case cases[] = {
      {"5.6.24-log", {5, 6, 24}},
      {"8.0.36-28", {8, 0, 36}},
      {"10.11.6-MariaDB-1:10.11.6+maria~deb12-log", {10, 11, 6}},
      {"9.7.0", {9, 7, 0}},
      {"5.5", {5, 5, 0}},
      {"12", {12, 0, 0}},
      {"8.0.mysql_aurora.3.04.0", {8, 0, 0}},
      {"5.6.24.1.2", {5, 6, 24}},
      {"Unknown", {0, 0, 0}},
      {"", {0, 0, 0}},
      {".5.6", {0, 0, 0}},
      {"-5.6", {0, 0, 0}},
      {" 5.6", {0, 0, 0}},
      {"99999999999999999999.1.2", {0, 0, 0}},
      {"5.99999999999999999999.2", {5, 0, 0}},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    CHECK(Version::parse(c.text) == c.version);
  }
}

TEST_CASE("versions are ordered as tuples of numbers", "[topology][version]") {
  CHECK(Version::parse("5.5.32") < Version::parse("5.6.1"));
  CHECK(Version::parse("5.6.9") < Version::parse("5.6.10"));
  CHECK(Version::parse("5.6.24") < Version::parse("8.0.0"));
  CHECK(Version::parse("5.5.5") < Version::parse("10.0.1"));
  CHECK(Version::parse("9.7.0") < Version::parse("10.0.0"));
  CHECK(Version::parse("5.6.24-log") == Version::parse("5.6.24"));
}

TEST_CASE("release series compare without their patch level", "[topology][version]") {
  CHECK_FALSE(is_smaller_series("5.5", "5.5.17"));
  CHECK_FALSE(is_smaller_series("5.6", "5.5.17"));
  CHECK(is_smaller_series("5.5", "5.6"));
  CHECK(is_smaller_series("5.5", "10.0"));
  CHECK_FALSE(is_smaller_series("10.0", "5.5"));
  CHECK_FALSE(is_smaller_series("6.0", "5.6"));
  CHECK_FALSE(is_smaller_series("Unknown", "Unknown"));
}

TEST_CASE("the release series as text", "[topology][version]") {
  CHECK(topo::major_version_text("5.6.24-log") == "5.6");
  CHECK(topo::major_version_text("10.11.6-MariaDB-log") == "10.11");
  CHECK(topo::major_version_text("5.6") == "5.6");
  CHECK(topo::major_version_text("8.0-rc") == "8.0");
  CHECK(topo::major_version_text("Unknown") == "Unknown");
  CHECK(topo::major_version_text("").empty());
}

TEST_CASE("MariaDB names itself in its version", "[topology][version]") {
  CHECK(topo::is_mariadb("10.11.6-MariaDB-log"));
  CHECK(topo::is_mariadb("5.5.5-10.4.12-MariaDB"));
  CHECK_FALSE(topo::is_mariadb("8.0.36-28"));
  CHECK_FALSE(topo::is_mariadb(""));
}
