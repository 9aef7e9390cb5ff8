#include "topo/model/gtid_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>
#include <string>

#include "fuzz/mutate.h"
#include "topo/base/error.h"

namespace gtid_set_test {
namespace {

using topo::Error;
using topo::GtidSet;

constexpr std::string_view uuid_1 = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
constexpr std::string_view uuid_2 = "4350f323-7565-4e59-8763-4b1b83a0ce0e";

// "X" and "Z" stand for the two UUIDs.
std::string expanded(std::string_view text) {
  std::string all;
  for (const char c : text) {
    if (c == 'X')
      all += uuid_1;
    else if (c == 'Z')
      all += uuid_2;
    else
      all += c;
  }
  return all;
}

GtidSet set(std::string_view text) {
  return GtidSet::parse(expanded(text));
}

TEST_CASE("A set of GTIDs is written as a server writes it", "[model]") {
  const auto written = [](std::string_view text) { return set(text).text(); };
  CHECK(written("").empty());
  CHECK(written(" \n").empty());
  CHECK(written("X:1-5") == expanded("X:1-5"));
  CHECK(written("X:1") == expanded("X:1"));
  CHECK(written("X:1-5:7,\nZ:1-3") == expanded("X:1-5:7,Z:1-3"));
  CHECK(written("Z:1 , X : 2 - 3 : 1,") == expanded("X:1-3,Z:1"));
  CHECK(written("X:1-3:4:6-9:8-12") == expanded("X:1-4:6-12"));
  CHECK(written("X:7,X:1-5,X:6") == expanded("X:1-7"));
  CHECK(written("3E11FA47-71CA-11E1-9E33-C80AA9429562:1") == expanded("X:1"));
  CHECK(written("X:9223372036854775806") == expanded("X:9223372036854775806"));
}

TEST_CASE("Tagged GTIDs of MySQL 8.3 are other transactions than those without", "[model]") {
  CHECK(set("X:1-5:tag_a:1-2:tag_b:7").text() == expanded("X:1-5:tag_a:1-2:tag_b:7"));
  CHECK(set("X:Tag_B:7:9,X:1,X:tag_b:8").text() == expanded("X:1:tag_b:7-9"));
  CHECK(set("X:tag:1,Z:tag:1").text() == expanded("X:tag:1,Z:tag:1"));
  CHECK_FALSE(set("X:1-5").contains(set("X:tag:1")));
  CHECK(set("X:1-5:tag:1").minus(set("X:1-9")) == set("X:tag:1"));
}

TEST_CASE("An error in a set of GTIDs names the place", "[model]") {
  const auto problem = [](std::string_view text) -> std::string {
    try {
      static_cast<void>(set(text));
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  };
  CHECK(problem("x") == R"(Not a set of GTIDs at character 1, "x": expected a UUID)");
  CHECK(problem("X:1,3e11") == R"(Not a set of GTIDs at character 40, "3e11": expected a UUID)");
  CHECK(problem("X") == R"(The set of GTIDs ends early: expected ":" and a number)");
  CHECK(problem("X:") == "The set of GTIDs ends early: expected a number from 1");
  CHECK(problem("X:0") == R"(Not a set of GTIDs at character 38, "0": expected a number from 1)");
  CHECK(
      problem("X:5-3") ==
      R"(Not a set of GTIDs at character 38, "5-3": expected an interval whose end is not below its begin)");
  CHECK(problem("X:1-") == "The set of GTIDs ends early: expected a number from 1");
  CHECK(problem("X:1;Z:2") == fmt::format(R"(Not a set of GTIDs at character 39, "{}": expected "," or ":")",
                                          expanded(";Z:2").substr(0, 20)));
  CHECK(
      problem("X:9223372036854775807") ==
      R"(Not a set of GTIDs at character 38, "9223372036854775807": expected a number below 9223372036854775807)");
  CHECK(problem("X:99999999999999999999") != "none");
  CHECK(problem("X:tag") == R"(The set of GTIDs ends early: expected ":" after a tag)");
  CHECK(
      problem("X:" + std::string(33, 'a') + ":1") ==
      R"(Not a set of GTIDs at character 38, "aaaaaaaaaaaaaaaaaaaa": expected a tag of at most 32 characters)");
  CHECK(problem("X:" + std::string(32, 'a') + ":1") == "none");
  CHECK(problem("X:1\x1b[31m") != "none");
  CHECK(problem("X:1\x1b[31m").find('\x1b') == std::string::npos);
}

TEST_CASE("Sets of GTIDs are compared and combined", "[model]") {
  CHECK(set("X:1-9").contains(set("X:1-3:7")));
  CHECK_FALSE(set("X:1-9").contains(set("X:9-10")));
  CHECK_FALSE(set("X:1-4:6-9").contains(set("X:4-6")));
  CHECK(set("X:1").contains(set("")));
  CHECK_FALSE(set("").contains(set("X:1")));
  CHECK(set("X:1-9,Z:1").minus(set("X:3-4:6")) == set("X:1-2:5:7-9,Z:1"));
  CHECK(set("X:1-3:5-7:9").minus(set("X:2-6")) == set("X:1:7:9"));
  CHECK(set("X:1-3").minus(set("X:1-3")).empty());
  CHECK(set("X:1-2,Z:4").united(set("X:3,Z:9")) == set("X:1-3,Z:4:9"));
  CHECK(set("X:1-5:8,Z:1").common(set("X:4-9")) == set("X:4-5:8"));
  CHECK(set("X:1-5:8,Z:1").count() == 7);
  CHECK(set("").count() == 0);
  CHECK(set("X:1-9223372036854775806:a:1-9223372036854775806:b:1-9").count() == 18446744073709551615U);
}

// The same with a set of single transactions.
using Naive = std::set<std::pair<std::string, unsigned>>;

constexpr unsigned largest = 12;

struct Generated {
  std::string text;
  Naive naive;
};

// Sources and intervals in any order, overlapping.
Generated generated(std::mt19937_64& random) {
  const auto up_to = [&](unsigned most) { return static_cast<unsigned>(random() % (most + 1)); };
  Generated result;
  for (auto sources = up_to(4); sources > 0; --sources) {
    std::string source(up_to(1) == 0 ? uuid_1 : uuid_2);
    result.text += (result.text.empty() ? "" : ",") + source;
    if (up_to(3) == 0) {
      const auto* tag = up_to(1) == 0 ? ":x" : ":y";
      source += tag;
      result.text += tag;
    }
    for (auto intervals = 1 + up_to(3); intervals > 0; --intervals) {
      const auto first = 1 + up_to(largest - 1);
      const auto last = std::min(largest, first + up_to(4));
      result.text += first == last ? fmt::format(":{}", first) : fmt::format(":{}-{}", first, last);
      for (auto number = first; number <= last; ++number) result.naive.emplace(source, number);
    }
  }
  return result;
}

std::string text_of(const Naive& naive) {
  std::string text;
  for (const auto& [source, number] : naive)
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", source, number);
  return text;
}

TEST_CASE("Generated sets of GTIDs agree with sets of single transactions", "[model][large]") {
  std::mt19937_64 random(fuzz::seed());
  for (std::uint64_t round = 0; round < fuzz::rounds(100'000); ++round) {
    const auto a = generated(random);
    const auto b = generated(random);
    const auto one = GtidSet::parse(a.text);
    const auto other = GtidSet::parse(b.text);
    Naive difference, both, all = a.naive;
    std::ranges::set_difference(a.naive, b.naive, std::inserter(difference, difference.end()));
    std::ranges::set_intersection(a.naive, b.naive, std::inserter(both, both.end()));
    all.insert(b.naive.begin(), b.naive.end());
    const bool is_right = one.count() == a.naive.size() && one.contains(other) == (both == b.naive) &&
                          one.minus(other) == GtidSet::parse(text_of(difference)) &&
                          one.common(other) == GtidSet::parse(text_of(both)) &&
                          one.united(other) == GtidSet::parse(text_of(all)) &&
                          GtidSet::parse(one.text()) == one && (one == other) == (a.naive == b.naive);
    if (!is_right)
      FAIL(fmt::format("seed {}, round {}: \"{}\" and \"{}\"", fuzz::seed(), round, a.text, b.text));
  }
}

TEST_CASE("The transactions of one server are selected, tagged ones too", "[model]") {
  const auto all = set("X:1-5:tag:2,Z:1-3");
  CHECK(all.from(uuid_1) == set("X:1-5:tag:2"));
  CHECK(all.from(uuid_2) == set("Z:1-3"));
  CHECK(set("X:1").from(uuid_2).empty());
  CHECK(all.from("").empty());
  CHECK(all.from("no UUID").empty());
}

TEST_CASE("The transactions of a set are named one by one", "[model]") {
  const auto each = [](std::string_view text, std::size_t limit) {
    std::string all;
    for (const auto& gtid : set(text).each(limit)) all += gtid + "\n";
    return all;
  };
  CHECK(each("X:1-2:9:tag:4,Z:7", 100) == expanded("X:1\nX:2\nX:9\nX:tag:4\nZ:7\n"));
  CHECK(each("X:1-9223372036854775806", 2) == expanded("X:1\nX:2\n"));
  CHECK(each("", 2).empty());
}

}  // namespace
}  // namespace gtid_set_test
