#include "topo/model/gtid_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>

#include "fuzz/mutate.h"
#include "topo/base/error.h"

namespace gtid_list_test {
namespace {

using topo::Error;
using topo::GtidList;

GtidList list(std::string_view text) {
  return GtidList::parse(text);
}

TEST_CASE("A list of GTIDs of MariaDB is written as a server writes it", "[model]") {
  CHECK(list("").text().empty());
  CHECK(list(" ").text().empty());
  CHECK(list("0-1-15").text() == "0-1-15");
  CHECK(list("7-1-3, 0-2-18,\n0-1-15").text() == "0-1-15,0-2-18,7-1-3");
  CHECK(list("4294967295-4294967295-18446744073709551615").text() ==
        "4294967295-4294967295-18446744073709551615");
  CHECK(list("0-1-0,0-2-1").text() == "0-2-1");
}

TEST_CASE("An error in a list of GTIDs names the place", "[model]") {
  const auto problem = [](std::string_view text) -> std::string {
    try {
      static_cast<void>(list(text));
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  };
  CHECK(problem("x") ==
        R"(Not a list of GTIDs at character 1, "x": expected a domain, a number up to 4294967295)");
  CHECK(problem("0-1-1,0") == "The list of GTIDs ends early: expected a GTID, as 0-1-15");
  CHECK(problem("0-1") == "The list of GTIDs ends early: expected a GTID, as 0-1-15");
  CHECK(problem("0-1-") ==
        "The list of GTIDs ends early: expected a sequence number up to 18446744073709551615");
  CHECK(problem("0-1-1,") == R"(The list of GTIDs ends early: expected a GTID after ",")");
  CHECK(problem("0-1-1 0-2-1") == R"(Not a list of GTIDs at character 7, "0-2-1": expected ",")");
  CHECK(
      problem("0-4294967296-1") ==
      R"(Not a list of GTIDs at character 3, "4294967296-1": expected a server id, a number up to 4294967295)");
  CHECK(problem("-1-1-1") != "none");
  CHECK(problem("0-1-18446744073709551616") != "none");
  CHECK(problem("3-7-1,0-1-1,3-7-2") == "Not a list of GTIDs: server 7 is in domain 3 twice");
}

TEST_CASE("Lists of GTIDs are compared and combined", "[model]") {
  CHECK(list("0-1-5,0-2-9").contains(list("0-1-5")));
  CHECK(list("0-1-5,0-2-9").contains(list("0-1-4,0-2-9")));
  CHECK_FALSE(list("0-2-9").contains(list("0-1-5")));
  CHECK_FALSE(list("0-1-5").contains(list("0-1-6")));
  CHECK_FALSE(list("0-1-5").contains(list("1-1-5")));
  CHECK(list("0-1-5").contains(list("")));
  CHECK(text(list("0-1-5,0-2-9,7-1-1").minus(list("0-1-2,0-2-9"))) == "0-1-3..5,7-1-1");
  CHECK(count(list("0-1-5,0-2-9,7-1-1").minus(list("0-1-2,0-2-9"))) == 4);
  CHECK(count(list("0-1-18446744073709551615,1-1-1").minus({})) == 18446744073709551615U);
  CHECK(list("0-1-5,7-1-1").united(list("0-1-3,0-2-9")) == list("0-1-5,0-2-9,7-1-1"));
  CHECK(list("0-1-5,7-1-1").common(list("0-1-3,0-2-9")) == list("0-1-3"));
}

TEST_CASE("The position of a list is the last transaction of each domain", "[model]") {
  CHECK(list("0-1-5,0-2-9,0-3-7,4-1-1").position() == list("0-2-9,4-1-1"));
  CHECK(list("").position().empty());
}

// The same as the last number by domain and server.
using Naive = std::map<std::pair<unsigned, unsigned>, unsigned>;

struct Generated {
  std::string text;
  Naive naive;
};

Generated generated(std::mt19937_64& random) {
  Generated result;
  for (auto gtids = random() % 5; gtids > 0; --gtids) {
    const auto domain = static_cast<unsigned>(random() % 3);
    const auto server = static_cast<unsigned>(random() % 3);
    const auto number = 1 + static_cast<unsigned>(random() % 6);
    if (!result.naive.try_emplace({domain, server}, number).second) continue;
    result.text += fmt::format("{}{}-{}-{}", result.text.empty() ? "" : ",", domain, server, number);
  }
  return result;
}

unsigned number_in(const Naive& naive, const Naive::key_type& server) {
  const auto found = naive.find(server);
  return found == naive.end() ? 0 : found->second;
}

TEST_CASE("Generated lists of GTIDs agree with numbers by server", "[model][large]") {
  std::mt19937_64 random(fuzz::seed());
  for (std::uint64_t round = 0; round < fuzz::rounds(100'000); ++round) {
    const auto a = generated(random);
    const auto b = generated(random);
    const auto one = GtidList::parse(a.text);
    const auto other = GtidList::parse(b.text);
    bool contains = true;
    std::string missing, larger, smaller;
    std::uint64_t count_missing = 0;
    Naive all = a.naive;
    all.insert(b.naive.begin(), b.naive.end());
    for (const auto& [server, ignored] : all) {
      const auto own = number_in(a.naive, server);
      const auto theirs = number_in(b.naive, server);
      contains = contains && own >= theirs;
      if (own > theirs) count_missing += own - theirs;
      const auto add = [&, &key = server](std::string& text, unsigned number) {
        if (number > 0)
          text += fmt::format("{}{}-{}-{}", text.empty() ? "" : ",", key.first, key.second, number);
      };
      add(larger, std::max(own, theirs));
      add(smaller, std::min(own, theirs));
    }
    const bool is_right = one.contains(other) == contains && count(one.minus(other)) == count_missing &&
                          one.united(other).text() == larger && one.common(other).text() == smaller &&
                          (one == other) == (a.naive == b.naive) &&
                          one.minus(other).empty() == other.contains(one);
    if (!is_right)
      FAIL(fmt::format("seed {}, round {}: \"{}\" and \"{}\"", fuzz::seed(), round, a.text, b.text));
  }
}

TEST_CASE("Ranges are read as they are written", "[model]") {
  const auto again = [](std::string_view written) { return text(topo::parse_gtid_ranges(written)); };
  for (const auto* written : {"", "0-1-16", "0-1-16..18", "0-1-1..3,7-4294967295-5"})
    CHECK(again(written) == written);
  CHECK(again(" 0-1-16..18 , 7-1-1\n") == "0-1-16..18,7-1-1");
  CHECK(again("0-1-16..16") == "0-1-16");
  for (const auto* odd :
       {"0-1", "0-1-16..", "0-1-16..15", "0-1-0", "0-1-1 0-1-2", "0-1-1,", "0-1-1..x", "x"}) {
    INFO(odd);
    CHECK_THROWS_AS(again(odd), topo::Error);
  }
}

}  // namespace
}  // namespace gtid_list_test
