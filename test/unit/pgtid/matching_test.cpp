#include "pgtid/matching.h"

#include <catch2/catch.hpp>

#include "unit/pgtid/log_builder.h"

namespace pgtid {

namespace {

Verdict match_both_ways(const OwnLogs& own, const OtherLogs& other, std::string_view pattern = injected) {
  auto verdict = match(own, other, Pattern(pattern), {false});
  CHECK(describe(match(own, other, Pattern(pattern), {true})) == describe(verdict));
  return verdict;
}

std::string described(LogBuilder& own, LogBuilder& other, std::string_view pattern = injected) {
  return describe(match_both_ways(own.own(), other.other(), pattern));
}

// The coordinates matched by a server that has executed all of `own`.
BinlogCoordinates place_of(LogBuilder& own, LogBuilder& other) {
  const auto verdict = match_both_ways(own.own(), other.other());
  if (!std::holds_alternative<Match>(verdict)) FAIL(describe(verdict));
  return std::get<Match>(verdict).coordinates;
}

bool fails(const OwnLogs& own, const OtherLogs& other) {
  for (const bool side_by_side : {false, true}) {
    try {
      const auto verdict = match(own, other, Pattern(injected), {side_by_side});
      UNSCOPED_INFO(describe(verdict));
      return false;
    } catch (const LogError&) {
    }
  }
  return true;
}

}  // namespace

TEST_CASE("a match is right behind the last common event", "[pgtid]") {
  LogBuilder own, other;
  own.entry("1").transaction("x").transaction("y");
  other.transaction("w").entry("1").file(3).transaction("x").transaction("y").file(3).transaction("z");
  const auto verdict = match_both_ways(own.own(), other.other());
  REQUIRE(std::holds_alternative<Match>(verdict));
  const auto& match = std::get<Match>(verdict);
  CHECK(match.coordinates == BinlogCoordinates{"mysql-bin.000002", 704});
  CHECK(match.entry == Entry{{"mysql-bin.000001", 104}, hint("1")});
  CHECK(match.entry_in_other == BinlogCoordinates{"mysql-bin.000001", 404});
  CHECK(match.events == 5);
  CHECK(describe(verdict) ==
        "it matches mysql-bin.000002:704, by 5 identical events from the entry at "
        "mysql-bin.000001:404 on");
}

TEST_CASE("a match tells what the other log goes on with", "[pgtid]") {
  LogBuilder own, other;
  own.entry("1").transaction("x");
  other.entry("1").transaction("x");
  const auto next = [&]() -> std::optional<ShownEvent> {
    return std::get<Match>(match_both_ways(own.own(), other.other())).next;
  };
  CHECK_FALSE(next());
  other.file(3).transaction("y", 7).transaction("z", 8);
  REQUIRE(next());
  CHECK(next()->server_id == 7);
  CHECK(next()->at == BinlogCoordinates{"mysql-bin.000002", 204});
  CHECK(next()->text == "y");
}

TEST_CASE("an entry without later events is a match, too", "[pgtid]") {
  LogBuilder own, other;
  own.entry("1").file(2).file(2);
  other.entry("1").transaction("x");
  CHECK(place_of(own, other) == BinlogCoordinates{"mysql-bin.000001", 204});
}

TEST_CASE("the message about a server that is ahead", "[pgtid]") {
  LogBuilder own, other;
  own.entry("1").transaction("x").entry("2");
  other.entry("1").transaction("x");
  CHECK(described(own, other) ==
        "it is ahead: the other server lacks the Pseudo-GTID entry at mysql-bin.000001:504");
  other.entry("2");
  own.transaction("y");
  CHECK(described(own, other) ==
        "it is ahead: it has Query \"y\" at mysql-bin.000001:704 (server id 1), where the other's log ends");
  // The other server has executed a part of it.
  other.event("Query", "BEGIN").event("Query", "y");
  CHECK(
      described(own, other) ==
      "it is ahead: it has Xid \"COMMIT\" at mysql-bin.000001:804 (server id 1), where the other's log ends");
}

TEST_CASE("the message about a server with diverged events", "[pgtid]") {
  LogBuilder own, other;
  SECTION("another text") {
    own.entry("1").transaction("x");
    other.entry("1").transaction("y");
    CHECK(
        described(own, other) ==
        "it has diverged: it has executed Query \"x\" at mysql-bin.000001:304 (server id 1), where the other "
        "has Query \"y\" at mysql-bin.000001:304 (server id 1)");
  }
  SECTION("from another server") {
    own.entry("1").transaction("x", 2);
    other.entry("1").transaction("x", 1);
    CHECK(described(own, other).find("(server id 2), where the other has Query \"x\"") != std::string::npos);
  }
  SECTION("rows instead of statements") {
    own.entry("1").event("Query", "BEGIN").event("Table_map", "table_id: 7 (a.t)");
    own.event("Write_rows", "table_id: 7 flags: STMT_END_F").event("Xid", "COMMIT /* xid=1 */");
    other.entry("1").transaction("x");
    CHECK(
        described(own, other) ==
        "it has diverged: it has executed Write_rows \"Write (a.t)\" at mysql-bin.000001:404 (server id 1), "
        "where the other has Query \"x\" at mysql-bin.000001:304 (server id 1); the events of rows and of "
        "statements cannot be compared");
  }
  SECTION("DDL, logged as a statement everywhere, instead of rows") {
    own.entry("1").event("Query", "use `a`; CREATE TABLE t (id int)");
    other.entry("1").event("Query", "BEGIN").event("Table_map", "table_id: 7 (a.t)");
    other.event("Write_rows", "table_id: 7 flags: STMT_END_F").event("Xid", "COMMIT /* xid=1 */");
    const auto said = described(own, other);
    CHECK(said.find("it has diverged: it has executed Query \"use `a`; CREATE TABLE t (id int)\"") !=
          std::string::npos);
    CHECK(said.find("cannot be compared") == std::string::npos);
  }
  SECTION("a transaction with another GTID") {
    own.event("Gtid", "GTID 0-1-1").entry("1").event("Gtid", "BEGIN GTID 0-1-2").event("Query", "x");
    own.event("Xid", "COMMIT /* xid=1 */");
    other.event("Gtid", "GTID 0-1-1").entry("1").event("Gtid", "BEGIN GTID 0-1-3").event("Query", "x");
    other.event("Xid", "COMMIT /* xid=1 */");
    CHECK(
        described(own, other) ==
        "it has diverged: it has executed Query \"x\" at mysql-bin.000001:404 (server id 1), where the other "
        "has Query \"x\" at mysql-bin.000001:404 (server id 1); they are alike, but their transactions have "
        "different GTIDs");
  }
  SECTION("a difference at the end of a long text") {
    own.entry("1").transaction(std::string(5000, 'x') + "1");
    other.entry("1").transaction(std::string(5000, 'x') + "2");
    CHECK(described(own, other).starts_with("it has diverged: it has executed Query \"xxx"));
    CHECK(described(own, other).size() < 1000);
  }
}

TEST_CASE("the message about a missing entry", "[pgtid]") {
  LogBuilder own, other;
  own.transaction("x").file().transaction("y");
  other.entry("1");
  CHECK(described(own, other) == "it has no Pseudo-GTID entry in mysql-bin.000001:0 to mysql-bin.000002");
  own.entry("2");
  CHECK(
      described(own, other) ==
      "its last Pseudo-GTID entry, at mysql-bin.000002:404, is not in mysql-bin.000001 of the other server");
  CHECK(described(own, other, "nothing like it").starts_with("it has no Pseudo-GTID entry in "));
}

TEST_CASE("GTIDs that differ between servers are ignored", "[pgtid]") {
  LogBuilder own, other;
  own.event("Gtid", "GTID 0-1-1").entry("1").event("Gtid", "BEGIN GTID 0-1-2").event("Query", "x");
  own.event("Xid", "COMMIT /* xid=1 */");
  other.event("Gtid", "GTID 0-1-5").entry("1").event("Gtid", "BEGIN GTID 0-1-6").event("Query", "x");
  other.event("Xid", "COMMIT /* xid=1 */");
  CHECK(place_of(own, other) == other.end());
}

TEST_CASE("GTIDs are compared, wherever reading begins", "[pgtid]") {
  LogBuilder own, other;
  for (auto* one : {&own, &other}) {
    one->event("Gtid", "GTID 0-1-1").entry("0").event("Gtid", "GTID 0-1-2").entry("1");
    // One server skipped this transaction.
    if (one == &other) one->event("Gtid", "GTID 0-1-3").event("Query", "create table t");
    one->event("Gtid", "GTID 0-1-4").event("Query", "create table t");
  }
  const auto begin = BinlogCoordinates{"mysql-bin.000001", 304};
  for (const auto& starts : {std::vector<BinlogCoordinates>{}, {begin}, {{begin.file, 104}, begin}}) {
    CHECK(std::holds_alternative<Diverged>(match_both_ways(own.own(starts), other.other())));
    CHECK(std::holds_alternative<Diverged>(match_both_ways(own.own(), other.other(starts))));
    CHECK(std::holds_alternative<Diverged>(match_both_ways(own.own(starts), other.other(starts))));
  }
}

TEST_CASE("the GTID of an entry is not taken from a later file of its log", "[pgtid]") {
  LogBuilder own, other;
  for (auto* one : {&own, &other}) one->event("Gtid", "GTID 0-1-1").entry("1");
  own.event("Gtid", "GTID 0-1-2").event("Query", "create table t");
  // The other server skipped a transaction.
  other.event("Gtid", "GTID 0-1-3").event("Query", "create table t");
  // Reading begins after the GTID, so that the file is read once more for it.
  auto logs = own.own({{"mysql-bin.000001", 204}});
  own.file().event("Gtid", "GTID 0-1-9").event("Query", "create table u");
  CHECK(std::holds_alternative<Diverged>(match_both_ways(logs, other.other())));
  // Where the entry has another GTID, GTIDs are not compared.
  LogBuilder differing;
  differing.event("Gtid", "GTID 0-2-7")
      .entry("1")
      .event("Gtid", "GTID 0-2-8")
      .event("Query", "create table t");
  CHECK(std::holds_alternative<Match>(match_both_ways(logs, differing.other())));
}

TEST_CASE("tagged GTIDs are compared as well", "[pgtid]") {
  LogBuilder own, other;
  for (auto* one : {&own, &other}) {
    one->event("Gtid", "SET @@SESSION.GTID_NEXT= 'a:1'").event("Query", "create table t");
    one->event("Gtid_tagged",
               one == &own ? "SET @@SESSION.GTID_NEXT= 'a:x:1'" : "SET @@SESSION.GTID_NEXT= 'b:x:9'");
    one->entry("1").event("Gtid",
                          one == &own ? "SET @@SESSION.GTID_NEXT= 'a:2'" : "SET @@SESSION.GTID_NEXT= 'b:2'");
    one->event("Query", "create table u");
  }
  // The entries have different GTIDs, so GTIDs are ignored; tagged GTIDs before an entry do not belong to it.
  CHECK(place_of(own, other) == other.end());
}

TEST_CASE("a relay log is read up to its executed position", "[pgtid]") {
  LogBuilder own("relay-bin."), other;
  own.entry("1").transaction("x").entry("2").transaction("y");
  other.entry("1").transaction("x").entry("2").transaction("z");
  auto logs = own.own();
  logs.end = {"relay-bin.000001", 504, LogType::relay};
  const auto verdict = match_both_ways(logs, other.other());
  REQUIRE(std::holds_alternative<Match>(verdict));
  CHECK(std::get<Match>(verdict).coordinates == BinlogCoordinates{"mysql-bin.000001", 504});
  logs.end.position = 504 + 100;
  CHECK(std::get<Match>(match_both_ways(logs, other.other())).events == 1);
}

TEST_CASE("GTIDs are compared in a relay log that begins inside an entry's transaction", "[pgtid]") {
  LogBuilder own("relay-bin."), other;
  own.entry("1").event("Gtid", "GTID 0-1-3").event("Query", "create table t");
  auto logs = own.own();
  logs.end.type = LogType::relay;
  other.event("Gtid", "GTID 0-1-1").entry("1");
  SECTION("the other server skipped a transaction") {
    other.event("Gtid", "GTID 0-1-4").event("Query", "create table t");
    CHECK(std::holds_alternative<Diverged>(match_both_ways(logs, other.other())));
  }
  SECTION("the other server has all transactions") {
    other.event("Gtid", "GTID 0-1-3").event("Query", "create table t");
    CHECK(std::holds_alternative<Match>(match_both_ways(logs, other.other())));
  }
  SECTION("its master has no GTIDs") {
    LogBuilder without("relay-bin.");
    without.entry("1").event("Query", "create table t");
    auto plain = without.own();
    plain.end.type = LogType::relay;
    other.event("Gtid", "GTID 0-1-3").event("Query", "create table t");
    CHECK(std::holds_alternative<Match>(match_both_ways(plain, other.other())));
  }
}

TEST_CASE("an event without an end position ends where the next one begins", "[pgtid]") {
  LogBuilder own;
  own.entry("1");
  RecordedLogs other;
  other.add_file("mysql-bin.000001");
  other.add({4, 100, 1, "Format_desc", ""});
  other.add({100, 0, 1, "Query", hint("1")});
  other.add({250, 300, 1, "Query", "create table t"});
  const auto verdict = match_both_ways(own.own(), {other, "mysql-bin.000001"});
  REQUIRE(std::holds_alternative<Match>(verdict));
  CHECK(std::get<Match>(verdict).coordinates.position == 250);
  RecordedLogs shorter;
  shorter.add_file("mysql-bin.000001");
  shorter.add({100, 0, 1, "Query", hint("1")});
  CHECK(fails(own.own(), {shorter, "mysql-bin.000001"}));
}

TEST_CASE("an invalid end position is an error", "[pgtid]") {
  LogBuilder own, other;
  own.entry("1").transaction("x").transaction("y");
  other.entry("1").transaction("x").transaction("y");
  const auto ends_at = [&](std::uint64_t position) {
    auto logs = own.own();
    logs.end.position = position;
    return logs;
  };
  for (const std::uint64_t good : {204U, 504U, 804U}) {
    INFO(good);
    CHECK_FALSE(fails(ends_at(good), other.other()));
  }
  // Inside an event, also the last one; behind the end; behind an uncommitted statement.
  for (const std::uint64_t bad : {250U, 450U, 750U, 803U, 805U, 900U, 404U, 704U}) {
    INFO(bad);
    CHECK(fails(ends_at(bad), other.other()));
  }
}

TEST_CASE("an end position inside the entry's transaction is an error, too", "[pgtid]") {
  for (const bool is_mariadb : {false, true}) {
    LogBuilder own, other;
    for (auto* one : {&own, &other}) {
      one->event(is_mariadb ? "Gtid" : "Query", is_mariadb ? "BEGIN GTID 0-1-1" : "BEGIN");
      one->entry("1").event("Xid", "COMMIT /* xid=1 */");
    }
    CHECK(place_of(own, other).position == 404);
    auto logs = own.own();
    logs.end.position = 304;
    CHECK(fails(logs, other.other()));
    logs.starts = {{"mysql-bin.000001", 104}};
    CHECK(fails(logs, other.other({{"mysql-bin.000001", 104}})));
  }
}

TEST_CASE("a missing file is an error", "[pgtid]") {
  LogBuilder own, other;
  own.entry("1");
  other.entry("1");
  auto logs = own.own();
  logs.end.file = "mysql-bin.000009";
  CHECK(fails(logs, other.other()));
  CHECK(fails(own.own(), {other.logs, "mysql-bin.000009"}));
}

namespace {

// Logs that are purged or extended during a read.
class ChangingLogs : public EventReader {
 public:
  explicit ChangingLogs(RecordedLogs& logs) : logs_(logs) {}
  std::function<void()> after_reading;
  int reads_left = 1;

  using EventReader::read;
  void read(const std::string& file, std::uint64_t position, Taking taking, const Take& take) override {
    logs_.read(file, position, taking, take);
    if (--reads_left == 0 && after_reading) after_reading();
  }
  std::optional<std::string> before(const std::string& file) override { return logs_.before(file); }
  std::optional<std::string> after(const std::string& file) override { return logs_.after(file); }

 private:
  RecordedLogs& logs_;
};

}  // namespace

TEST_CASE("a file purged while in use is an error", "[pgtid]") {
  LogBuilder own, other;
  own.entry("1").transaction("x");
  other.entry("1").file().transaction("x");
  ChangingLogs changing(other.logs);
  changing.reads_left = 3;  // the newest file, the events written meanwhile, the start of the older file
  changing.after_reading = [&] { other.logs.drop_oldest(); };
  CHECK_THROWS_AS(match(own.own(), {changing, other.logs.newest()}, Pattern(injected), {false}), LogError);
}

TEST_CASE("events written to the other log meanwhile are found", "[pgtid]") {
  for (const bool is_new_file : {false, true}) {
    LogBuilder own, other;
    own.entry("1").transaction("x").entry("2").transaction("y");
    other.entry("1").transaction("x");
    ChangingLogs changing(other.logs);
    const auto newest = other.logs.newest();
    changing.after_reading = [&] {
      if (is_new_file) other.file();
      other.entry("2").transaction("y").transaction("z");
    };
    const auto verdict = match(own.own(), {changing, newest}, Pattern(injected), {false});
    if (!std::holds_alternative<Match>(verdict)) FAIL(describe(verdict));
    CHECK(std::get<Match>(verdict).coordinates.position == other.end().position - 300);
  }
}

TEST_CASE("many events are compared, also with one much shorter log", "[pgtid]") {
  LogBuilder own, other;
  for (auto* one : {&own, &other}) {
    one->entry("1");
    for (int i = 0; i < 20000; ++i) {
      if (one == &other && i % 5000 == 4999) one->file();
      one->transaction("insert into t values (" + std::to_string(i) + ")");
    }
  }
  CHECK(place_of(own, other) == other.end());
  own.entry("2");
  CHECK(described(own, other).starts_with("it is ahead: the other server lacks"));
  LogBuilder shorter;
  shorter.entry("1").transaction("insert into t values (0)");
  auto logs = own.own();
  logs.end.position -= 100;
  CHECK(std::holds_alternative<Ahead>(match_both_ways(logs, shorter.other())));
  CHECK(std::holds_alternative<Match>(match_both_ways(shorter.own(), other.other())));
}

TEST_CASE("a pattern must compile and not be empty", "[pgtid]") {
  CHECK_THROWS_AS(Pattern(""), std::invalid_argument);
  CHECK_THROWS_AS(Pattern("(a"), std::invalid_argument);
  const Pattern pattern("hint__[0-9]+`$");
  CHECK(pattern.text() == "hint__[0-9]+`$");
  CHECK(pattern.matches("drop view `hint__12`"));
  CHECK_FALSE(pattern.matches("drop view `HINT__12`"));
}

namespace {

// A server whose log cannot be read the first time.
class FailingOnce : public EventReader {
 public:
  explicit FailingOnce(RecordedLogs& logs) : logs_(logs) {}
  void read(const std::string& file, std::uint64_t position, Taking taking, const Take& take) override {
    if (std::exchange(is_first_, false)) throw LogError("the connection is lost");
    static_cast<EventReader&>(logs_).read(file, position, taking, take);
  }
  std::optional<std::string> before(const std::string& file) override { return logs_.before(file); }
  std::optional<std::string> after(const std::string& file) override { return logs_.after(file); }

 private:
  RecordedLogs& logs_;
  bool is_first_ = true;
};

}  // namespace

TEST_CASE("an error of the other log is told, also when both logs are read at once", "[pgtid]") {
  const bool side_by_side = GENERATE(false, true);
  LogBuilder own, other;
  own.entry("1").transaction("x");
  other.entry("1").transaction("x").file().transaction("y");
  FailingOnce failing(other.logs);
  CHECK_THROWS_WITH(match(own.own(), {failing, other.logs.newest()}, Pattern(injected), {side_by_side}),
                    "the connection is lost");
}

}  // namespace pgtid
