#include "pgtid/injection.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <vector>

#include "pgtid/matching.h"
#include "pgtid/pattern.h"
#include "pgtid/recorded_logs.h"

using namespace std::chrono_literals;
using pgtid::EntrySequence;
using std::chrono::microseconds;

namespace {

std::vector<std::string> made_at(EntrySequence& entries, std::initializer_list<microseconds> times) {
  std::vector<std::string> made;
  for (const auto time : times) made.push_back(entries.next(time));
  return made;
}

bool is_ascending(const std::vector<std::string>& texts) {
  return std::adjacent_find(texts.begin(), texts.end(), std::greater_equal<>()) == texts.end();
}

}  // namespace

TEST_CASE("an injected entry contains its time, its number and its process", "[pgtid]") {
  EntrySequence entries(0xfedcba9876543210U);
  CHECK(entries.next(microseconds(0x1122334455667)) ==
        "drop view if exists `_pseudo_gtid_`.`_asc:0001122334455667:00000000:fedcba9876543210`");
  CHECK(entries.next(microseconds(0x1122334455668)) ==
        "drop view if exists `_pseudo_gtid_`.`_asc:0001122334455668:00000001:fedcba9876543210`");
}

TEST_CASE("injected entries sort by time as text, whatever the clock does", "[pgtid]") {
  EntrySequence entries(1);
  const auto made = made_at(entries, {1us, 9us, 10us, 16us, 255us, 256us, 1s, 1h, 1h, 1s, 0us, 2h, 1h});
  CHECK(is_ascending(made));
  CHECK(std::set<std::string>(made.begin(), made.end()).size() == made.size());

  // Another process, with its clock behind, takes over.
  EntrySequence other(0);
  other.go_behind(3h);
  other.go_behind(1h);
  const auto later = made_at(other, {1s, 2s, 4h});
  CHECK(is_ascending(later));
  CHECK(made.back() < later.front());
}

TEST_CASE("the pattern of injected entries matches them in any server's log", "[pgtid]") {
  const pgtid::Pattern pattern(pgtid::injected_entry_pattern);
  EntrySequence entries(1);
  CHECK(pattern.matches(entries.next(1us)));
  CHECK(pattern.matches("use `shop`; " + entries.next(1us) + " /* xid=69 */"));
  CHECK_FALSE(pattern.matches("drop view if exists `meta`.`_pseudo_gtid_hint__asc:0001`"));
}

TEST_CASE("log files that begin after an ascending entry are skipped", "[pgtid]") {
  EntrySequence entries(1);
  pgtid::RecordedLogs own, other;
  std::vector<std::string> texts;
  for (int i = 1; i <= 6; ++i) texts.push_back(entries.next(microseconds(i)));
  const auto add = [](pgtid::RecordedLogs& logs, const std::string& text, std::uint64_t position) {
    logs.add({position, position + 100, 1, "Query", text});
  };
  own.add_file("own.1");
  add(own, texts[1], 4);
  // The other server's files begin with entries 0, 2 and 4.
  for (std::size_t file = 0; file < 3; ++file) {
    other.add_file("other." + std::to_string(file + 1));
    add(other, texts[2 * file], 4);
    add(other, texts[2 * file + 1], 104);
  }
  const auto verdict = pgtid::match({own, {"own.1", 104}}, {other, other.newest()},
                                    pgtid::Pattern(pgtid::injected_entry_pattern));
  const auto* match = std::get_if<pgtid::Match>(&verdict);
  REQUIRE(match != nullptr);
  CHECK(match->entry_in_other.file == "other.1");
}
