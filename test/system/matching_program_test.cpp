// Matching by Pseudo-GTID from the command line and the API.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>

#include "sandbox/wait.h"
#include "system/support/matching.h"
#include "system/support/program_fixture.h"

namespace {

using namespace std::chrono_literals;
using Catch::Contains;
using Catch::StartsWith;
using sandbox::patience;
using system_test::built;
using system_test::count;
using system_test::http_get;
using system_test::inject;
using system_test::require_error;
using system_test::say;

constexpr const char* with_pattern = R"("PseudoGTIDPattern": "drop view if exists .*?`_pseudo_gtid_hint__")";

std::string entry(std::string_view hint) {
  return fmt::format("drop view if exists `meta`.`_pseudo_gtid_hint__{}`", hint);
}

// a > b > c, a > d with entries injected by the test; all servers are known.
class MatchingFixture : public system_test::ProgramFixture {
 public:
  MatchingFixture() : system_test::ProgramFixture("a > b > c, a > d", {}, with_pattern) {
    auto& a = servers.server("a");
    a.execute("create database meta");
    a.execute("create table meta.rows (id int primary key)");
    inject(a, "one");
    write();
    CHECK(orchestrator({"-c", "discover", "-i", key("a")}).status == 0);
  }

  // Writes a row, and waits until all servers have it.
  void write() {
    servers.server("a").execute(fmt::format("insert into meta.rows values ({})", ++rows_));
    servers.wait_for_replication(patience);
  }
  // The start or end of the entry in a server's first binary log.
  std::string coordinates(std::string_view name, std::string_view hint, const char* column) {
    const auto events = servers.server(name).query("show binlog events");
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (events[i].string_or("Info") == entry(hint))
        return fmt::format("binlog.000001:{}", events[i].number_or(column, -1));
    }
    return "nowhere";
  }
  std::string end_of(std::string_view name) {
    const auto end = servers.server(name).binlog_position();
    return fmt::format("{}:{}", end.file, end.position);
  }
  std::string printed(const std::vector<std::string>& words) const {
    const auto outcome = orchestrator(words);
    INFO(words.at(1) << ": " << outcome.err);
    CHECK(outcome.status == 0);
    return outcome.out;
  }
  // Writes an errant transaction after the last entry.
  void err(const char* name) {
    servers.server(name).execute("create table meta.errant (id int)");
    write();
  }
  void make_good(const char* name) {
    servers.server(name).execute("drop table meta.errant");
    inject(servers.server("a"), "two");
    write();
  }
  // Makes d lag behind b and c, and kills the master. Returns the expected candidate: c has erred.
  std::string lose_master() {
    say(servers.server("d"), "stop", "io_thread");
    inject(servers.server("a"), "last");
    servers.server("a").execute("insert into meta.rows values (1000)");
    for (const char* name : {"b", "c"}) {
      const auto has_it = [&] {
        return !servers.server(name).query("select 1 from meta.rows where id = 1000").empty();
      };
      sandbox::wait_until(has_it, patience, "the last row");
    }
    servers.server("a").kill9();
    return "b";
  }

 private:
  int rows_ = 0;
};

}  // namespace

TEST_CASE("The command line finds coordinates in logs by Pseudo-GTID", "[program][pgtid][matching]") {
  MatchingFixture programs;
  const auto key = [&](const char* name) { return programs.key(name); };
  const auto shown = [](std::string coordinates) {
    coordinates.replace(coordinates.find(':'), 1, " LogPos:");
    return "{LogFile:" + coordinates + " Type:0}";
  };
  const auto last = shown(programs.coordinates("b", "one", "Pos")) + ":" + entry("one") + "\n";
  CHECK(programs.printed({"-c", "last-pseudo-gtid", "-i", key("b")}) == last);
  CHECK(programs.printed({"-c", "find-binlog-entry", "-i", key("b"), "-pattern", entry("one")}) ==
        programs.coordinates("b", "one", "Pos") + "\n");
  require_error(programs.orchestrator({"-c", "find-binlog-entry", "-i", key("b"), "-pattern", entry("no")}),
                "No event of the binary logs of " + key("b") + " has exactly that text");
  const auto there = programs.coordinates("d", "one", "End_log_pos") + "\n";
  CHECK(programs.printed({"-c", "correlate-binlog-pos", "-i", key("b"), "-binlog",
                          programs.coordinates("b", "one", "End_log_pos"), "-s", key("d")}) == there);
  CHECK(programs.printed({"-c", "correlate-binlog-pos", "-i", key("b"), "-binlog",
                          programs.coordinates("b", "one", "End_log_pos"), "-d", key("d")}) == there);
  CHECK(programs.printed({"-c", "correlate-binlog-pos", "-i", key("b"), "-d", key("d")}) ==
        programs.end_of("d") + "\n");
  require_error(programs.orchestrator(
                    {"-c", "correlate-binlog-pos", "-i", key("b"), "-binlog", "binlog.1:x", "-d", key("d")}),
                "is not a pair of binary log coordinates");

  programs.servers.server("a").execute("flush binary logs");
  require_error(programs.orchestrator({"-c", "last-pseudo-gtid", "-i", key("a")}),
                "There is no Pseudo-GTID entry in the newest logs of " + key("a"));
  CHECK(programs.printed({"-c", "last-pseudo-gtid", "-i", key("a"), "-strict"}) ==
        shown(programs.coordinates("a", "one", "Pos")) + ":" + entry("one") + "\n");
  // All servers still replicate.
  for (const char* name : {"b", "c", "d"}) CHECK(programs.servers.server(name).replicates());
}

TEST_CASE("The command line matches and regroups replicas", "[program][pgtid][matching]") {
  MatchingFixture programs;
  const auto key = [&](const char* name) { return programs.key(name); };
  const auto plan = programs.printed({"-c", "match-below", "-i", key("c"), "-s", key("d"), "-dry-run"});
  CHECK_THAT(plan, StartsWith(key("c") + ": stop replication\n") &&
                       Contains(key("c") + ": replicate from " + key("d") +
                                ", beginning at its position in " + key("d") + "'s binary log"));
  CHECK(programs.printed({"-c", "which-master", "-i", key("c")}) == key("b") + "\n");
  CHECK(programs.printed({"-c", "match-below", "-i", key("c"), "-s", key("d")}) ==
        key("c") + "<" + key("d") + "\n");
  CHECK(programs.printed({"-c", "match-up", "-i", key("c")}) == key("c") + "<" + key("a") + "\n");
  CHECK(programs.printed({"-c", "rematch", "-i", key("c")}) == key("c") + "<" + key("a") + "\n");
  CHECK(programs.printed({"-c", "multi-match-slaves", "-i", key("a"), "-s", key("b"), "-pattern",
                          std::to_string(programs.servers.server("c").port())}) == key("c") + "\n");
  CHECK(programs.printed({"-c", "match-up-slaves", "-i", key("b")}) == key("c") + "\n");

  programs.err("c");
  require_error(programs.orchestrator({"-c", "match-below", "-i", key("c"), "-s", key("d")}),
                "it has diverged: it has executed");
  CHECK(programs.servers.server("c").replicates());
  programs.make_good("c");

  const auto chosen = programs.lose_master();
  const auto foreseen = programs.printed({"-c", "regroup-slaves", "-i", key("a"), "-dry-run"});
  CHECK_THAT(foreseen, Contains(key("d") + ": replicate from " + programs.key(chosen)));
  CHECK(programs.printed({"-c", "which-master", "-i", key("d")}) == key("a") + "\n");
  CHECK(programs.printed({"-c", "regroup-slaves", "-i", key("a")}) ==
        fmt::format("{0}\n{0} lost: 0, trivial: 1, pseudo-gtid: 1\n", programs.key(chosen)));
  CHECK(programs.printed({"-c", "which-master", "-i", key("d")}) == programs.key(chosen) + "\n");
  CHECK(programs.printed({"-c", "make-master", "-i", programs.key(chosen)}) == programs.key(chosen) + "\n");
  programs.servers.server(chosen).execute("insert into meta.rows values (1001)");
  programs.servers.wait_for_replication(patience);
  for (const char* name : {"b", "c", "d"})
    CHECK(programs.servers.server(name).query("select * from meta.rows where id >= 1000").size() == 2);
}

TEST_CASE("HTTP requests match and regroup replicas, and are in the audit", "[program][pgtid][matching]") {
  MatchingFixture programs;
  const auto path = [&](const char* name) { return programs.path(name); };
  const auto key = [&](const char* name) { return programs.key(name); };
  const auto get = [&](const std::string& target) { return http_get(programs.port(), "/api/" + target); };
  const auto begin = [&](const std::string& file) {
    auto server = std::make_unique<system_test::Program>(
        std::vector<std::string>{built("orchestrator-http"), "-discovery=false", "-config", file},
        programs.folder);
    sandbox::wait_until([&] { return get("clusters").status == 200; }, patience, "the server");
    return server;
  };
  programs.write_configuration("read_only.json", std::string(with_pattern) + R"(, "ReadOnly": true)");
  {
    const auto server = begin("read_only.json");
    for (const auto& target : std::vector<std::string>{
             "match-below/" + path("c") + "/" + path("d"), "regroup-slaves/" + path("a"),
             "last-pseudo-gtid/" + path("b"), "match-up/" + path("c") + "?dry-run=true"}) {
      INFO(target);
      const auto answer = get(target);
      CHECK(answer.status == 403);
      CHECK_THAT(answer.body, StartsWith(R"({"Code":"ERROR","Message":")"));
    }
    CHECK(server->end(SIGTERM).status == 0);
  }
  const auto server = begin("orchestrator.conf.json");
  const auto said = [&](const std::string& target) {
    const auto answer = get(target);
    INFO(target << ": " << answer.body);
    CHECK(answer.status == 200);
    CHECK_THAT(answer.body, StartsWith(R"({"Code":"OK","Message":")"));
    return answer.body;
  };
  CHECK_THAT(said("last-pseudo-gtid/" + path("b") + "?strict=true"), Contains(entry("one")));
  CHECK_THAT(said("find-binlog-entry/" + path("b") +
                  "?pattern=drop%20view%20if%20exists%20%60meta%60.%60_pseudo_gtid_hint__one%60"),
             Contains(programs.coordinates("b", "one", "Pos")));
  CHECK(get("find-binlog-entry/" + path("b") + "?pattern=no").status == 404);
  CHECK_THAT(said("correlate-binlog-pos/" + path("b") + "/" + path("d") +
                  "?binlog=" + programs.coordinates("b", "one", "End_log_pos")),
             Contains(programs.coordinates("d", "one", "End_log_pos")));
  CHECK_THAT(said("correlate-binlog-pos/" + path("b") + "/" + path("d")), Contains(programs.end_of("d")));

  const auto below = "match-below/" + path("c") + "/" + path("d");
  CHECK_THAT(said(below + "?dry-run=true"),
             Contains("Dry run of match-below") && Contains(key("c") + ": stop replication"));
  CHECK(programs.servers.server("c").replication_status()->master == programs.servers.server("b").key());
  CHECK_THAT(said(below), Contains("Instance " + key("c") + " matched below " + key("d") + " at binlog."));
  CHECK(programs.servers.server("c").replication_status()->master == programs.servers.server("d").key());
  CHECK(get("match-below/" + path("d") + "/" + path("c")).status == 409);
  CHECK_THAT(said("match-up/" + path("c")), Contains("Instance " + key("c") + " matched up at binlog."));
  said("rematch/" + path("c"));
  CHECK_THAT(said("multi-match-slaves/" + path("a") + "/" + path("b") +
                  "?pattern=" + std::to_string(programs.servers.server("c").port())),
             Contains("Matched 1 replicas of " + key("a") + " below " + key("b")));
  CHECK_THAT(said("match-up-slaves/" + path("b")),
             Contains("Matched 1 replicas of " + key("b") + " below " + key("a")));
  programs.err("c");
  CHECK(get(below).status == 409);
  programs.make_good("c");
  CHECK(get("make-master/" + path("b")).status == 409);  // its master is alive
  const auto chosen = programs.lose_master();
  CHECK_THAT(said("regroup-slaves/" + path("a") + "?dry-run=true"),
             Contains("Dry run of regroup-slaves") &&
                 Contains(key("d") + ": replicate from " + programs.key(chosen)));
  CHECK(programs.servers.server("d").replication_status()->master == programs.servers.server("a").key());
  CHECK_THAT(said("regroup-slaves/" + path("a")),
             Contains("promoted replica: " + programs.key(chosen) + ", lost: 0, trivial: 1, pseudo-gtid: 1"));
  CHECK(programs.servers.server("d").replication_status()->master == programs.servers.server(chosen).key());

  const auto audit = get("audit").body;
  CHECK(count(audit, R"("AuditType":"match-below")") == 4);
  CHECK_THAT(audit, Contains("matched " + key("c") + " below " + key("d")) &&
                        Contains("failed: match-below " + key("c") + ": ") &&
                        Contains(R"("AuditType":"multi-match-slaves")") &&
                        Contains("matched 1/1 replicas of " + key("b") + " below " + key("a")) &&
                        Contains("regrouped 2/2 replicas of " + key("a") + " below " + programs.key(chosen)));
  CHECK(server->end(SIGTERM).status == 0);
}
