#include "pgtid/recorded_logs.h"

#include <catch2/catch.hpp>

namespace pgtid {

namespace {

std::string read_all(RecordedLogs& logs, const std::string& file, std::uint64_t position = 0) {
  std::string text;
  logs.read(file, position, [&](const Event& event) {
    text += std::to_string(event.position) + '-' + std::to_string(event.end) + ' ' +
            std::to_string(event.server_id) + ' ' + std::string(event.type) + ' ' + std::string(event.info) +
            ';';
    return true;
  });
  return text;
}

constexpr std::string_view recorded =
    "# a comment\n"
    "Log_name\tPos\tEvent_type\tServer_id\tEnd_log_pos\tInfo\n"
    "b.000009\t4\tFormat_desc\t7\t120\tServer ver: 5.6\n"
    "\n"
    "b.000009\t120\tQuery\t8\t0\tuse `a`; insert\\tinto\\nt values ('\\\\')\n"
    "Log_name\tPos\tEvent_type\tServer_id\tEnd_log_pos\tInfo\n"
    "b.000010\t4\tStop\t7\t27\t\n";

}  // namespace

TEST_CASE("recorded logs have the format of mysql --batch", "[pgtid]") {
  auto logs = RecordedLogs::parse(recorded);
  CHECK(logs.newest() == "b.000010");
  CHECK(read_all(logs, "b.000009") ==
        "4-120 7 Format_desc Server ver: 5.6;120-0 8 Query use `a`; insert\tinto\nt values ('\\');");
  CHECK(read_all(logs, "b.000010") == "4-27 7 Stop ;");
  CHECK(logs.events_read() == 3);
  CHECK(read_all(logs, "b.000009", 120).starts_with("120-0"));
}

TEST_CASE("recorded logs have a previous and a next file", "[pgtid]") {
  auto logs = RecordedLogs::parse(recorded);
  CHECK(logs.before("b.000009") == std::nullopt);
  CHECK(logs.before("b.000010") == "b.000009");
  CHECK(logs.after("b.000009") == "b.000010");
  CHECK(logs.after("b.000010") == std::nullopt);
  logs.drop_oldest();
  CHECK(logs.before("b.000010") == std::nullopt);
  CHECK_THROWS_AS(logs.before("b.000009"), LogError);
  CHECK_THROWS_AS(read_all(logs, "b.000009"), LogError);
  logs.add_file("b.000011");
  CHECK(read_all(logs, "b.000011").empty());
}

TEST_CASE("recorded logs are read from the start of an event, or the end", "[pgtid]") {
  auto logs = RecordedLogs::parse(recorded);
  CHECK(read_all(logs, "b.000010", 27).empty());
  for (const std::uint64_t position : {5, 26, 28, 1000}) {
    INFO(position);
    CHECK_THROWS_AS(read_all(logs, "b.000010", position), LogError);
  }
}

TEST_CASE("reading of recorded logs stops on request", "[pgtid]") {
  auto logs = RecordedLogs::parse(recorded);
  logs.read("b.000009", 0, [](const Event&) { return false; });
  CHECK(logs.events_read() == 1);
}

TEST_CASE("invalid recorded logs are an error", "[pgtid]") {
  for (const auto* text : {"nothing", "b.1\t4\tQuery\t1\t100", "b.1\tx\tQuery\t1\t100\tinfo",
                           "b.1\t4\tQuery\t-1\t100\tinfo", "b.1\t4\tQuery\t4294967296\t100\tinfo",
                           "b.1\t4\tQuery\t1\t10 0\tinfo", "b.1\t\tQuery\t1\t100\tinfo"}) {
    INFO(text);
    CHECK_THROWS_AS(RecordedLogs::parse(text), LogError);
  }
  CHECK_NOTHROW(RecordedLogs::parse(""));
}

}  // namespace pgtid
