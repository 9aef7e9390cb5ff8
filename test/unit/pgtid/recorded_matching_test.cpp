// Logs of real servers. All servers of a topology had executed everything, so any two match at their ends,
// from any entry.
//
// ORCHESTRATOR_RECORDED_EVENTS=FOLDER uses the output of bench_record_events there instead of the stored set.
#include <re2/re2.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "pgtid/matching.h"
#include "pgtid/recorded_logs.h"

namespace {

namespace fs = std::filesystem;
using pgtid::BinlogCoordinates;
using pgtid::LogType;

struct Recorded {
  std::string name;  // "b.relay"
  std::string text;
  BinlogCoordinates end;  // of its binary log, or of the executed part of the relay log
};

BinlogCoordinates coordinates_after(const std::string& text, std::string_view mark, LogType type) {
  const auto at = text.find(mark);
  REQUIRE(at != std::string::npos);
  const auto begin = at + mark.size();
  const auto colon = text.find(':', begin);
  return {text.substr(begin, colon - begin), std::stoull(text.substr(colon + 1)), type};
}

// By case.
std::map<std::string, std::vector<Recorded>> all_recorded() {
  const auto* other = std::getenv("ORCHESTRATOR_RECORDED_EVENTS");
  const fs::path folder = other != nullptr ? fs::path(other) : fs::path(TEST_DATA) / "recorded" / "events";
  std::map<std::string, std::vector<Recorded>> all;
  for (const auto& file : fs::directory_iterator(folder)) {
    const auto name = file.path().stem().string();  // "mysql-5.6-row.b.relay"
    const auto kind = name.rfind('.');
    const auto server = name.rfind('.', kind - 1);
    std::ostringstream text;
    text << std::ifstream(file.path(), std::ios::binary).rdbuf();
    const bool is_relay = name.substr(kind + 1) == "relay";
    const auto mark = is_relay ? "# relay position: " : "# own binary log ends: ";
    all[name.substr(0, server)].push_back(
        {name.substr(server + 1), text.str(),
         coordinates_after(text.str(), mark, is_relay ? LogType::relay : LogType::binary)});
  }
  return all;
}

std::vector<std::string> hints_in(const std::string& text) {
  std::vector<std::string> hints;
  re2::StringPiece rest(text);
  std::string hint;
  while (RE2::FindAndConsume(&rest, "drop view if exists `meta`.`(_pseudo_gtid_hint__[^`]+)", &hint))
    hints.push_back(hint);
  return hints;
}

// A multi-threaded replica: it committed transactions of other databases, or without an engine's
// transactions, in another order than its master.
bool is_reordered(const std::string& topology, const Recorded& log) {
  return topology.starts_with("mysql") && log.name == "c.binlog";
}

pgtid::Verdict match(const Recorded& own, const Recorded& other, const std::string& hint) {
  auto own_logs = pgtid::RecordedLogs::parse(own.text);
  auto other_logs = pgtid::RecordedLogs::parse(other.text);
  return pgtid::match({own_logs, own.end}, {other_logs, other.end.file}, pgtid::Pattern(hint),
                      {.side_by_side = false});
}

// Calls check(other, verdict, may_differ) for any two logs of a topology and each entry.
template <typename Check>
void for_each_pair(bool of_rows_and_statements, const Check& check) {
  for (const auto& [name, logs] : all_recorded()) {
    if ((name.find("statement-to-row") != std::string::npos) != of_rows_and_statements) continue;
    for (const auto& own : logs) {
      for (const auto& other : logs) {
        if (other.end.type == LogType::relay || &own == &other) continue;
        const bool may_differ = is_reordered(name, own) != is_reordered(name, other);
        for (const auto& hint : hints_in(own.text)) {
          const auto verdict = match(own, other, hint);
          INFO(name << ": " << own.name << " in " << other.name << " from " << hint << ": "
                    << pgtid::describe(verdict));
          check(other, verdict, may_differ);
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("logs from real servers match at their ends", "[pgtid][one-thread]") {
  std::size_t matches = 0;
  for_each_pair(false, [&](const Recorded& other, const pgtid::Verdict& verdict, bool may_differ) {
    const auto* match = std::get_if<pgtid::Match>(&verdict);
    if (match == nullptr) {
      CHECK(may_differ);
      CHECK(std::holds_alternative<pgtid::Diverged>(verdict));
      return;
    }
    CHECK(match->coordinates.display() == other.end.display());
    ++matches;
  });
  CHECK(matches > 500);
}

TEST_CASE("row and statement logs match only without changes of either kind in between", "[pgtid]") {
  std::size_t refusals = 0;
  for_each_pair(true, [&](const Recorded& other, const pgtid::Verdict& verdict, bool) {
    if (const auto* match = std::get_if<pgtid::Match>(&verdict)) {
      CHECK(match->coordinates.display() == other.end.display());
      return;
    }
    CHECK_THAT(pgtid::describe(verdict), Catch::Contains("it has diverged: it has executed"));
    ++refusals;
  });
  CHECK(refusals > 0);
}
