// The events read by the search, and its results.
#include <catch2/catch.hpp>

#include "unit/pgtid/log_builder.h"

namespace pgtid {

namespace {

const MatchOptions one_thread{false};
constexpr int files = 100;
constexpr std::uint64_t entries_of_file = 20, events_of_file = 1 + entries_of_file * 4;

std::string random_hint(int number) {
  return std::to_string(number * 7919 % 10007) + ":" + std::to_string(number);
}
std::string ascending_hint(int number) {
  return "asc:" + std::to_string(100000 + number);
}
using Hint = std::string (*)(int);

// A hundred files with twenty entries each, and three events after each entry.
LogBuilder hundred_files(Hint hint_of) {
  LogBuilder builder;
  for (int number = 0; number < files * static_cast<int>(entries_of_file); ++number) {
    if (number > 0 && number % static_cast<int>(entries_of_file) == 0) builder.file();
    builder.entry(hint_of(number)).transaction("insert");
  }
  return builder;
}

// The log of a replica with the entries `from` to `last`; its files are half as long.
LogBuilder own_until(Hint hint_of, int from, int last) {
  LogBuilder builder("replica-bin.");
  for (int number = from; number <= last; ++number) {
    if (number > from && number % 10 == 5) builder.file(2);
    builder.entry(hint_of(number)).transaction("insert");
  }
  return builder;
}

const Match& matched(const Verdict& verdict) {
  if (!std::holds_alternative<Match>(verdict)) FAIL(describe(verdict));
  return std::get<Match>(verdict);
}

}  // namespace

TEST_CASE("among many files, the search reads the heads and the right file", "[pgtid]") {
  for (const auto hint_of : {&random_hint, &ascending_hint}) {
    INFO(hint_of(1));
    auto other = hundred_files(hint_of);
    // The 12th entry of the 40th newest file.
    constexpr int last = 60 * static_cast<int>(entries_of_file) + 11;
    auto own = own_until(hint_of, 0, last);
    const auto verdict = match(own.own(), other.other(), Pattern(injected), one_thread);
    const auto& found = matched(verdict);
    CHECK(found.entry_in_other.file == "mysql-bin.000061");
    CHECK(found.coordinates == BinlogCoordinates{"mysql-bin.000061", 104 + 12 * 400});
    CHECK(found.events == 3);
    // The newest file and the right one completely, a few events of each head, and the compared events.
    CHECK(other.logs.events_read() <= 2 * events_of_file + files * 2 + 20);
    // At least half of the newest file; an earlier one contains the entry at the start of the other's file.
    CHECK(own.logs.events_read() <= 2 * (events_of_file / 2 + 1) + 20);
    // Ascending entries make that unnecessary.
    if (hint_of == &ascending_hint) CHECK(own.logs.events_read() <= events_of_file / 2 + 10);
  }
}

TEST_CASE("the search continues if the own files do not reach back to the start of the other's file",
          "[pgtid]") {
  for (const auto hint_of : {&random_hint, &ascending_hint}) {
    INFO(hint_of(1));
    auto other = hundred_files(hint_of);
    constexpr int last = 60 * static_cast<int>(entries_of_file) + 19;
    LogBuilder own("replica-bin.");
    for (int number = 1100; number <= last; ++number) {
      if (number % 2 == 0) own.file(2);
      own.entry(hint_of(number)).transaction("insert");
    }
    const auto verdict = match(own.own(), other.other(), Pattern(injected), one_thread);
    CHECK(matched(verdict).entry_in_other == BinlogCoordinates{"mysql-bin.000061", 104 + 19 * 400});
    CHECK(other.logs.events_read() <= 3 * events_of_file + files * 2 + 20);
  }
}

TEST_CASE("with start positions, only the ends of both logs are read", "[pgtid]") {
  auto other = hundred_files(random_hint), own = own_until(random_hint, 0, 1999);
  own.transaction("update");
  other.transaction("update").transaction("delete");
  const auto near = [](const BinlogCoordinates& end) {
    return std::vector<BinlogCoordinates>{{end.file, end.position - 1600}, {end.file, end.position - 2400}};
  };
  const auto verdict =
      match(own.own(near(own.end())), other.other(near(other.end())), Pattern(injected), one_thread);
  CHECK(matched(verdict).coordinates == BinlogCoordinates{"mysql-bin.000100", other.end().position - 300});
  CHECK(own.logs.events_read() <= 60);
  CHECK(other.logs.events_read() <= 60);
}

TEST_CASE("start positions of another log with the same name are ignored", "[pgtid]") {
  auto other = hundred_files(random_hint), own = own_until(random_hint, 1900, 1999);
  const std::vector<BinlogCoordinates> of_own{{own.end().file, 150}, {own.end().file, 99999}, {"x.1", 4}};
  const std::vector<BinlogCoordinates> of_other{{"mysql-bin.000100", 7777}, {"mysql-bin.000100", 1000000}};
  const auto verdict = match(own.own(of_own), other.other(of_other), Pattern(injected), one_thread);
  CHECK(matched(verdict).coordinates == other.end());
}

TEST_CASE("ascending entries lead to the right file even if the own log has no other entry", "[pgtid]") {
  auto other = hundred_files(ascending_hint);
  LogBuilder own;
  own.entry(ascending_hint(1211));
  CHECK(matched(match(own.own(), other.other(), Pattern(injected), one_thread)).entry_in_other ==
        BinlogCoordinates{"mysql-bin.000061", 104 + 11 * 400});
  CHECK(other.logs.events_read() <= 2 * events_of_file + 40 * 2 + 50);
  // Times are only a hint: clocks can be wrong.
  for (const auto* wrong : {"asc:0", "asc:9"}) {
    LogBuilder third, second;
    third.entry(ascending_hint(1))
        .entry(wrong)
        .file()
        .entry(ascending_hint(3))
        .file()
        .entry(ascending_hint(4));
    second.entry(ascending_hint(1)).entry(wrong);
    CHECK(matched(match(second.own(), third.other(), Pattern(injected), one_thread)).coordinates ==
          BinlogCoordinates{"mysql-bin.000001", 304});
  }
}

TEST_CASE("with a start position at its end, the other log is not read twice", "[pgtid]") {
  auto other = hundred_files(random_hint);
  auto own = own_until(random_hint, 1900, 1970);
  const auto verdict = match(own.own(), other.other({other.end()}), Pattern(injected), one_thread);
  CHECK(matched(verdict).entry_in_other.file == "mysql-bin.000099");
  CHECK(other.logs.events_read() <= 2 * events_of_file + 60);
}

TEST_CASE("a repeated entry is identified by the entry before it", "[pgtid]") {
  LogBuilder other, own;
  other.entry("a").entry("again").transaction("x").entry("b").entry("again").transaction("y").entry("c");
  own.entry("a").entry("again").transaction("x").entry("b").entry("again").transaction("y");
  CHECK(matched(match(own.own(), other.other(), Pattern(injected), one_thread)).entry_in_other ==
        BinlogCoordinates{"mysql-bin.000001", 704});
  // The entry is not there yet, but an identical one is.
  LogBuilder behind;
  behind.entry("a").entry("again").transaction("x").transaction("y");
  CHECK(std::holds_alternative<NotFound>(match(own.own(), behind.other(), Pattern(injected), one_thread)));
}

TEST_CASE("entries that are not unique are refused", "[pgtid]") {
  const auto refused = [](LogBuilder& own, LogBuilder& other) {
    const auto verdict = match(own.own(), other.other(), Pattern(injected), one_thread);
    INFO(describe(verdict));
    return std::holds_alternative<NotFound>(verdict) &&
           describe(verdict).find("entries must be unique") != std::string::npos;
  };
  SECTION("all are the same") {
    LogBuilder own, other;
    own.entry("same").transaction("x").entry("same").transaction("x");
    other.transaction("x").entry("same").transaction("x");
    CHECK(refused(own, other));
  }
  SECTION("all are the same, one per file") {
    LogBuilder own, other;
    own.entry("same").file().entry("same").transaction("x");
    other.entry("same").file().entry("same").transaction("x").file().entry("same").transaction("x");
    CHECK(refused(own, other));
  }
  SECTION("two repeated entries in the same order") {
    LogBuilder own, other;
    own.entry("a").entry("b").transaction("x");
    other.entry("a").entry("b").transaction("x").entry("a").entry("b").transaction("x");
    CHECK(refused(own, other));
    CHECK(refused(other, own));
  }
  SECTION("the other log begins with a repeated entry") {
    LogBuilder own, other;
    own.entry("b").transaction("x").entry("a").entry("b").transaction("x");
    other.entry("b").transaction("x");
    CHECK(refused(own, other));
    const auto near = own.own({{"mysql-bin.000001", 504}});
    CHECK_FALSE(std::holds_alternative<Match>(match(near, other.other(), Pattern(injected), one_thread)));
  }
  SECTION("the own log begins with a repeated entry") {
    LogBuilder own, other;
    own.entry("b").transaction("x");
    other.entry("a").entry("b").transaction("x").entry("c").entry("b").transaction("x");
    CHECK(refused(own, other));
    const auto near = other.other({{"mysql-bin.000001", 604}});
    CHECK(std::holds_alternative<NotFound>(match(own.own(), near, Pattern(injected), one_thread)));
  }
}

TEST_CASE("the search includes a file that begins with an entry missing from the own log", "[pgtid]") {
  LogBuilder other, own;
  other.entry("1").entry("2").file().entry("x", 9).entry("3").entry("4").transaction("z").file().entry("5");
  own.entry("1").entry("2").entry("3").entry("4").transaction("z");
  const auto verdict = match(own.own(), other.other(), Pattern(injected), one_thread);
  CHECK(matched(verdict).coordinates == BinlogCoordinates{"mysql-bin.000002", 704});
}

TEST_CASE("an entry is not found where the other log goes on otherwise, and the message names that file",
          "[pgtid]") {
  LogBuilder other, own;
  other.entry("1").file().entry("2").entry("x", 9).file().entry("y", 9);
  own.entry("1").entry("2").entry("3");
  const auto verdict = match(own.own(), other.other(), Pattern(injected), one_thread);
  REQUIRE(std::holds_alternative<NotFound>(verdict));
  CHECK(
      describe(verdict) ==
      "its last Pseudo-GTID entry, at mysql-bin.000001:304, is not in mysql-bin.000002 of the other server");
}

TEST_CASE("a purged or missing entry is not found", "[pgtid]") {
  auto other = hundred_files(random_hint);
  auto own = own_until(random_hint, 0, 210);
  for (int i = 0; i < 20; ++i) other.logs.drop_oldest();
  const auto verdict = match(own.own(), other.other(), Pattern(injected), one_thread);
  REQUIRE(std::holds_alternative<NotFound>(verdict));
  CHECK(describe(verdict) == "its last Pseudo-GTID entry, at " + own_until(random_hint, 0, 209).end().file +
                                 ":" + std::to_string(own.end().position - 400) +
                                 ", is not in mysql-bin.000021 to mysql-bin.000100 of the other server");
}

TEST_CASE("if the other server is behind, the search stops early", "[pgtid]") {
  for (const auto hint_of : {&random_hint, &ascending_hint}) {
    auto other = hundred_files(hint_of);
    auto own = own_until(hint_of, 0, 2020);
    const auto verdict = match(own.own(), other.other(), Pattern(injected), one_thread);
    REQUIRE(std::holds_alternative<Ahead>(verdict));
    CHECK_FALSE(std::get<Ahead>(verdict).entry);
    CHECK(other.logs.events_read() <= events_of_file + 2 * files + 20);
  }
}

TEST_CASE("the events that only the own log has begin after the last common entry", "[pgtid]") {
  for (const int own_entries : {1, 2, 3, 4, 7, 8, 23, 45}) {
    for (const int other_entries : {0, 1, 30}) {
      INFO(own_entries << " entries of its own, " << other_entries << " of the other");
      LogBuilder own("replica-bin."), other;
      for (auto* log : {&own, &other})
        for (int number = 0; number < 12; ++number) log->entry(random_hint(number)).transaction("insert");
      const auto first_own = own.transaction("only here").end();
      for (int number = 0; number < own_entries; ++number) {
        if (number % 10 == 1) own.file();
        own.entry("own:" + std::to_string(number)).transaction("insert");
      }
      for (int number = 0; number < other_entries; ++number)
        other.transaction("only there").entry("other:" + std::to_string(number));
      const auto verdict = match_last_common(own.own(), other.other(), Pattern(injected), one_thread);
      // Where a transaction begins is not compared.
      const auto expected = first_own.position - 200;
      if (const auto* ahead = std::get_if<Ahead>(&verdict)) {
        CHECK(other_entries == 0);
        REQUIRE(ahead->entry);
        CHECK(ahead->entry->text == hint(random_hint(11)));
        CHECK(ahead->event.at == BinlogCoordinates{"replica-bin.000001", expected});
      } else {
        CHECK(other_entries > 0);
        REQUIRE(std::holds_alternative<Diverged>(verdict));
        CHECK(std::get<Diverged>(verdict).own.at == BinlogCoordinates{"replica-bin.000001", expected});
      }
    }
  }
}

TEST_CASE("without a common entry there is no last one", "[pgtid]") {
  for (const int own_entries : {1, 2, 3, 9}) {
    LogBuilder own("replica-bin."), other;
    for (int number = 0; number < own_entries; ++number) own.entry("own:" + std::to_string(number));
    for (int number = 0; number < 5; ++number) other.entry("other:" + std::to_string(number));
    const auto verdict = match_last_common(own.own(), other.other(), Pattern(injected), one_thread);
    CHECK(std::holds_alternative<NotFound>(verdict));
  }
}

TEST_CASE("what was injected on the own server alone does not prevent a match, where it may be", "[pgtid]") {
  MatchOptions options;
  options.side_by_side = false;
  options.is_injected = [](std::string_view text) { return text == "update status"; };
  const auto verdict_of = [&](const std::function<void(LogBuilder&)>& more, bool goes_on) {
    LogBuilder own("replica-bin."), other;
    for (auto* log : {&own, &other}) log->entry("1").transaction("x").entry("2").transaction("y");
    if (goes_on) other.transaction("z", 7).entry("3", 7);
    own.file();
    more(own);
    return match_last_common(own.own(), other.other(), Pattern(injected), options);
  };
  for (const bool goes_on : {false, true}) {
    CAPTURE(goes_on);
    const auto injects = [](LogBuilder& log) {
      log.entry("own").transaction("update status").entry("own 2");
    };
    const auto verdict = verdict_of(injects, goes_on);
    CHECK(matched(verdict).injected == 3);
    CHECK(matched(verdict).coordinates == BinlogCoordinates{"mysql-bin.000001", 904});
    CHECK((goes_on ? matched(verdict).next->server_id == 7 : !matched(verdict).next));
    CHECK_THAT(describe(verdict), Catch::EndsWith("; transactions of Pseudo-GTID that only it has: 3"));
    CHECK(matched(verdict_of([](LogBuilder&) {}, goes_on)).injected == 0);
    const auto has_its_own = [&](const std::function<void(LogBuilder&)>& more) {
      return !std::holds_alternative<Match>(verdict_of(more, goes_on));
    };
    // Whatever comes before it.
    const auto names_it = [&](const std::function<void(LogBuilder&)>& more) {
      return describe(verdict_of(more, goes_on)).find("Query \"only here\"") != std::string::npos;
    };
    CHECK(names_it([&](auto& log) { injects(log.transaction("only here")); }));
    CHECK(names_it([&](auto& log) {
      injects(log);
      log.transaction("only here");
    }));
    // Within one transaction.
    CHECK(names_it([](auto& log) {
      log.event("Query", "BEGIN").event("Query", "update status");
      log.event("Query", "only here").event("Xid", "COMMIT /* xid=9 */");
    }));
    CHECK(has_its_own([](auto& log) { log.event("Query", "BEGIN").event("Xid", "COMMIT /* xid=9 */"); }));
  }
}

TEST_CASE("the newest entry shows that the other server is behind", "[pgtid]") {
  auto other = hundred_files(random_hint);
  LogBuilder own;
  for (int number = 1995; number < 2010; ++number) own.entry(random_hint(number));
  CHECK(std::holds_alternative<Ahead>(match(own.own(), other.other(), Pattern(injected), one_thread)));
  CHECK(other.logs.events_read() <= events_of_file + 10);
}

TEST_CASE("the last entry of a log", "[pgtid]") {
  LogBuilder own;
  own.entry("1").entry("2").transaction("x").file().transaction("y");
  const Pattern pattern(injected);
  CHECK(find_last_entry(own.own(), pattern, Reach::newest_file) == std::nullopt);
  const Entry second{{"mysql-bin.000001", 204}, hint("2")};
  CHECK(find_last_entry(own.own(), pattern, Reach::all_files) == second);
  own.entry("3").entry("4");
  const Entry fourth{{"mysql-bin.000002", 504}, hint("4")};
  CHECK(find_last_entry(own.own(), pattern, Reach::newest_file) == fourth);
  // Entries at or behind the end are ignored.
  auto before = own.own();
  before.end.position = 504;
  CHECK(find_last_entry(before, pattern, Reach::newest_file)->text == hint("3"));
  before.starts = {{"mysql-bin.000002", 404}, {"mysql-bin.000002", 104}};
  CHECK(find_last_entry(before, pattern, Reach::newest_file)->text == hint("3"));
  before.end.position = 404;
  CHECK(find_last_entry(before, pattern, Reach::newest_file) == std::nullopt);
  CHECK(find_last_entry(before, pattern, Reach::all_files) == second);
  CHECK(find_last_entry(own.own(), Pattern("nothing like it"), Reach::all_files) == std::nullopt);
  before.end.type = LogType::relay;
  CHECK(find_last_entry(before, pattern, Reach::all_files)->at.type == LogType::relay);
}

TEST_CASE("an event by its text", "[pgtid]") {
  LogBuilder other;
  other.entry("1").event("Query", hint("2") + " /* xid=19 */").entry("1").file().transaction("x");
  const Entry second{{"mysql-bin.000001", 204}, hint("2") + " /* xid=19 */"};
  CHECK(find_event(other.other(), hint("2")) == second);
  CHECK(find_event(other.other(), hint("2") + " /* xid=8 */") == second);
  CHECK(find_event(other.other(), hint("1"))->at == BinlogCoordinates{"mysql-bin.000001", 304});
  CHECK(find_event(other.other(), hint("")) == std::nullopt);
}

TEST_CASE("a file may have more entries than fit in memory", "[pgtid][large]") {
  LogBuilder other, own;
  constexpr int many = 450'000;
  for (int i = 0; i < many; ++i) other.entry(std::to_string(i));
  other.file().transaction("x");
  const auto expect_found = [&](int last) {
    INFO(last);
    own.file().entry(std::to_string(last - 1)).entry(std::to_string(last));
    const auto verdict = match(own.own(), other.other(), Pattern(injected), one_thread);
    CHECK(matched(verdict).coordinates ==
          BinlogCoordinates{"mysql-bin.000001", 204 + static_cast<std::uint64_t>(last) * 100});
  };
  for (const int last : {many - 1, many / 2, 100, 1}) expect_found(last);
}

TEST_CASE("the newest file may have more entries than fit in memory", "[pgtid][large]") {
  LogBuilder other, own;
  for (int i = 0; i < 250'000; ++i) other.entry(std::to_string(i));
  own.entry("99").entry("100");
  CHECK(matched(match(own.own(), other.other(), Pattern(injected), one_thread)).coordinates ==
        BinlogCoordinates{"mysql-bin.000001", 10204});
  CHECK(other.logs.events_read() > 350'000);  // most entries were dropped, and read again
  // And so may the own log.
  const auto all = match(other.own(), other.other(), Pattern(injected), one_thread);
  CHECK(matched(all).coordinates == other.end());
}

}  // namespace pgtid
