#include "topo/topology/status.h"

#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "support/picture.h"
#include "topo/config/configuration.h"
#include "topo/topology/rules.h"

namespace status_test {

using topo::KnownInstance;
using topo::ThreadState;
using namespace std::chrono_literals;

namespace {

const topo::StatusLimits status_limits{60s, 10s, 20s};

topo::ReplicationChannel& channel(KnownInstance& known) {
  return known.instance.channels.front();
}

struct Case {
  const char* what;
  std::function<void(KnownInstance&)> change;
  const char* status;
  std::vector<std::string> problems;
  topo::Problem worst = topo::Problem::none;
};

const std::vector<Case>& replica_cases() {
  static const std::vector<Case> cases{
      {"all is well", [](auto&) {}, "OK", {}},
      {"the last check failed",
       [](auto& k) { k.last_check_valid = false; },
       "last check invalid",
       {"It could not be read"},
       topo::Problem::last_check_invalid},
      {"the last check failed, and why",
       [](auto& k) {
         k.last_check_valid = false;
         k.last_check_error = "no route to host";
       },
       "last check invalid",
       {"It could not be read: no route to host"},
       topo::Problem::last_check_invalid},
      {"five poll intervals ago", [](auto& k) { k.since_last_checked = 300s; }, "OK", {}},
      {"more than five poll intervals ago",
       [](auto& k) { k.since_last_checked = 301s; },
       "not recently checked",
       {"It has not been checked for more than five poll intervals"},
       topo::Problem::not_recently_checked},
      {"never checked",
       [](auto& k) { k.since_last_checked = std::nullopt; },
       "not recently checked",
       {"It has not been checked for more than five poll intervals"},
       topo::Problem::not_recently_checked},
      {"an invalid check counts first",
       [](auto& k) {
         k.last_check_valid = false;
         k.since_last_checked = 301s;
       },
       "last check invalid",
       {"It could not be read"},
       topo::Problem::last_check_invalid},
      {"stopped",
       [](auto& k) { channel(k).io_thread = channel(k).sql_thread = ThreadState::stopped; },
       "not replicating",
       {"The SQL thread is not running", "The IO thread is not running"},
       topo::Problem::not_replicating},
      {"connecting",
       [](auto& k) {
         channel(k).io_thread = ThreadState::other;
         channel(k).last_io_error = "cannot connect";
         channel(k).seconds_behind_master = std::nullopt;
       },
       "not replicating",
       {"The IO thread is not running: cannot connect"},
       topo::Problem::not_replicating},
      {"the SQL thread broke",
       [](auto& k) {
         channel(k).sql_thread = ThreadState::stopped;
         channel(k).last_sql_error = "Duplicate entry '7'";
       },
       "not replicating",
       {"The SQL thread is not running: Duplicate entry '7'"},
       topo::Problem::not_replicating},
      {"both run and the lag is not known",
       [](auto& k) { channel(k).seconds_behind_master = k.instance.slave_lag = std::nullopt; },
       "cannot determine slave lag",
       {}},
      {"as late as is reasonable",
       [](auto& k) { channel(k).seconds_behind_master = k.instance.slave_lag = 10s; },
       "OK",
       {}},
      {"later than reasonable",
       [](auto& k) { channel(k).seconds_behind_master = k.instance.slave_lag = 11s; },
       "OK",
       {"Lags 11 s behind its master"},
       topo::Problem::replication_lag},
      {"as late as is reasonable in maintenance",
       [](auto& k) { channel(k).seconds_behind_master = k.instance.slave_lag = 20s; },
       "OK",
       {"Lags 20 s behind its master"},
       topo::Problem::replication_lag},
      {"later than that",
       [](auto& k) { channel(k).seconds_behind_master = k.instance.slave_lag = 21s; },
       "lags too much",
       {"Lags 21 s behind its master"},
       topo::Problem::replication_lag},
      {"as late as is reasonable by SlaveLagQuery", [](auto& k) { k.instance.slave_lag = 10s; }, "OK", {}},
      {"late by SlaveLagQuery only",
       [](auto& k) { k.instance.slave_lag = 30s; },
       "lags too much",
       {"Lags 30 s by SlaveLagQuery"},
       topo::Problem::replication_lag},
      {"it has lost what it had received",
       [](auto& k) {
         k.instance.received_most = {"binlog.000009", 900};
         channel(k).read = {"binlog.000009", 400};
         channel(k).io_thread = ThreadState::other;
       },
       "not replicating",
       {"The IO thread is not running",
        "It had received events of its master up to binlog.000009:900, and has lost them: it has received up "
        "to "
        "binlog.000009:400"},
       topo::Problem::not_replicating},
      {"it receives again what it has lost",
       [](auto& k) {
         k.instance.received_most = {"binlog.000009", 900};
         channel(k).read = {"binlog.000009", 400};
       },
       "OK",
       {}},
      {"it and its co-master take writes",
       [](auto& k) { k.writable_co_master = picture::key("b"); },
       "OK",
       {"It and its co-master b:3306 both take writes, which may contradict each other"},
       topo::Problem::writable_co_masters},
      {"it has errant transactions",
       [](auto& k) { k.instance.errant_gtids = "0-2-7..9"; },
       "OK",
       {"It has errant transactions, which its master does not have: 0-2-7..9"},
       topo::Problem::errant_gtid},
      {"a second channel is broken",
       [](auto& k) {
         k.instance.channels.push_back(channel(k));
         k.instance.channels.back().name = "second";
         k.instance.channels.back().sql_thread = ThreadState::stopped;
         k.instance.channels.back().last_sql_error = "no such table";
         k.instance.channels.back().seconds_behind_master = 40s;
       },
       "OK",
       {"The SQL thread is not running (channel second): no such table",
        "Lags 40 s behind its master (channel second)"},
       topo::Problem::not_replicating},
      {"a stopped replica that had a lag, left by an operation",
       [](auto& k) {
         channel(k).sql_thread = ThreadState::stopped;
         k.instance.slave_lag = 30s;
         k.unfinished_operation = "move-up of r:3306";
       },
       "not replicating",
       {"move-up of r:3306", "The SQL thread is not running", "Lags 30 s by SlaveLagQuery"},
       topo::Problem::not_replicating},
      {"what a reset left is no replica",
       [](auto& k) {
         channel(k).read = channel(k).exec = {};
         channel(k).relay.file = "";
         channel(k).io_thread = channel(k).sql_thread = ThreadState::stopped;
       },
       "OK",
       {}},
      {"what a reset left on 5.5",
       [](auto& k) {
         channel(k).set_master("_", 3306);
         channel(k).io_thread = channel(k).sql_thread = ThreadState::stopped;
       },
       "OK",
       {}},
      {"an operation left it",
       [](auto& k) { k.unfinished_operation = "move-up of r:3306, started now by ann: it is gone"; },
       "OK",
       {"move-up of r:3306, started now by ann: it is gone"},
       topo::Problem::other},
      {"a replica that never got through to its master",
       [](auto& k) {
         channel(k).read = channel(k).exec = {};
         channel(k).io_thread = ThreadState::other;
         channel(k).last_io_error = "Access denied for user 'repl'";
       },
       "never connected",
       {"It has never connected to its master, m:3306, since that master was configured: Access denied for "
        "user 'repl'"},
       topo::Problem::never_connected},
      {"one whose master is told by a name that is not a valid host and port",
       [](auto& k) {
         channel(k).set_master("x;y", 3306);
         channel(k).read = channel(k).exec = {};
         channel(k).io_thread = ThreadState::other;
       },
       "never connected",
       {"It has never connected to its master, x;y:3306, since that master was configured"},
       topo::Problem::never_connected},
      {"nor can it be read any more",
       [](auto& k) {
         channel(k).read = channel(k).exec = {};
         channel(k).io_thread = ThreadState::other;
         k.last_check_valid = false;
       },
       "last check invalid",
       {"It could not be read",
        "It has never connected to its master, m:3306, since that master was configured"},
       topo::Problem::last_check_invalid},
  };
  return cases;
}

}  // namespace

TEST_CASE("the status of a replica is its first problem", "[topology][status]") {
  for (const auto& c : replica_cases()) {
    INFO(c.what);
    auto known = picture::known(picture::instance("r", "m"));
    c.change(known);
    CHECK(topo::status_of(known, status_limits) == c.status);
    CHECK(topo::problems_of(known, status_limits) == c.problems);
    CHECK(topo::problem_of(known, status_limits) == c.worst);
    CHECK((c.worst == topo::Problem::none) == c.problems.empty());
  }
}

TEST_CASE("a master has no replication problems", "[topology][status]") {
  auto master = picture::known(picture::instance("m"));
  CHECK(topo::status_of(master, status_limits) == "OK");
  CHECK(topo::problems_of(master, status_limits).empty());
  master.last_check_valid = false;
  CHECK(topo::status_of(master, status_limits) == "last check invalid");
}

TEST_CASE("limits come from the configuration", "[topology][status]") {
  auto known = picture::known(picture::instance("r", "m"));
  channel(known).seconds_behind_master = known.instance.slave_lag = 5s;
  known.since_last_checked = 20s;
  CHECK(topo::status_of(known, {4s, 10s, 20s}) == "OK");
  CHECK(topo::status_of(known, {3s, 10s, 20s}) == "not recently checked");
  CHECK(topo::status_of(known, {60s, 10s, 4s}) == "lags too much");
  known.instance.slave_lag = 21s;  // by SlaveLagQuery
  CHECK(topo::status_of(known, {60s, 10s, 20s}) == "lags too much");
  known.instance.slave_lag = 5s;
  CHECK(topo::problems_of(known, {60s, 4s, 20s}).size() == 1);

  topo::Configuration configuration;
  configuration.instance_poll = 7s;
  configuration.reasonable_replication_lag = 8s;
  configuration.reasonable_maintenance_replication_lag = 9s;
  const auto from_configuration = topo::status_limits(configuration);
  CHECK(from_configuration.poll_interval == 7s);
  CHECK(from_configuration.reasonable_lag == 8s);
  CHECK(from_configuration.reasonable_maintenance_lag == 9s);
}

TEST_CASE("an instance described in brackets", "[topology][status]") {
  auto known = picture::known(picture::instance("r", "m"));
  CHECK(topo::describe(known, status_limits) == "[OK,10.11.6-MariaDB-log,ROW,>>]");
  known.instance.log_slave_updates = false;
  CHECK(topo::describe(known, status_limits) == "[OK,10.11.6-MariaDB-log,ROW]");
  known.instance.channels.push_back(channel(known));
  known.instance.channels.push_back(channel(known));
  CHECK(topo::describe(known, status_limits) == "[OK,10.11.6-MariaDB-log,ROW,multi-source:3]");
  known.unfinished_operation = "move-up of r:3306, started now by ann: it is gone";
  CHECK(topo::describe(known, status_limits) == "[OK,10.11.6-MariaDB-log,ROW,multi-source:3,unfinished]");
  known.instance.warnings = {"one", "another"};
  CHECK(topo::describe(known, status_limits) ==
        "[OK,10.11.6-MariaDB-log,ROW,multi-source:3,unfinished,warnings:2]");
  known.unfinished_operation.clear();
  known.instance = {};
  known.instance.version = "Unknown";
  known.last_check_valid = false;
  CHECK(topo::describe(known, status_limits) == "[last check invalid,Unknown,]");
}

TEST_CASE("The remedy for a detached replica is reattach-slave", "[topology][status]") {
  auto detached = picture::known(picture::instance("a", "m"));
  auto& channel = detached.instance.channels.front();
  channel.exec = topo::detached_coordinates({"m-bin.000002", 4711, topo::LogType::binary});
  channel.io_thread = channel.sql_thread = ThreadState::stopped;
  CHECK(topo::problems_of(detached, {}).front() == "It is detached, at m-bin.000002:4711 of m:3306");
  CHECK(topo::problem_of(detached, {}) == topo::Problem::not_replicating);
  CHECK(topo::remedy_of(detached, {}) == "Let it replicate again where it was detached (reattach-slave)");
}

TEST_CASE("Every problem has a name and a remedy", "[topology][status]") {
  CHECK(topo::remedy_of(topo::Problem::none).empty());
  for (std::size_t rank = 1; rank < topo::problem_names.size(); ++rank) {
    const auto problem = static_cast<topo::Problem>(rank);
    INFO(topo::problem_names.at(rank));
    CHECK_FALSE(topo::problem_names.at(rank).empty());
    CHECK_FALSE(topo::remedy_of(problem).empty());
    CHECK_FALSE(topo::remedy_of(problem).ends_with('.'));
  }
  CHECK(topo::problem_names.at(static_cast<std::size_t>(topo::Problem::other)) == "other");
}

TEST_CASE("Instances are sorted by their worst problem, then by lag, then by name", "[topology][status]") {
  std::vector<KnownInstance> all;
  const auto add = [&](std::string_view name, const std::function<void(KnownInstance&)>& change) {
    change(all.emplace_back(picture::known(picture::instance(name, "m"))));
  };
  const auto lags = [](std::chrono::seconds lag) {
    return [lag](KnownInstance& k) { channel(k).seconds_behind_master = k.instance.slave_lag = lag; };
  };
  add("well", [](auto&) {});
  add("left", [](auto& k) { k.unfinished_operation = "move-up"; });
  add("db10", lags(20s));
  add("db2:3307", lags(20s));
  add("db2", lags(20s));
  add("db02", lags(20s));
  add("dba", lags(20s));
  add("db2a", lags(20s));
  add("late", lags(99s));
  add("stopped", [](auto& k) { channel(k).sql_thread = ThreadState::stopped; });
  add("dead", [](auto& k) { k.last_check_valid = false; });
  add("stale", [](auto& k) { k.since_last_checked = 301s; });
  topo::sort_by_problem(all, status_limits);
  std::string order;
  for (const auto& known : all) order += known.instance.key.display() + " ";
  CHECK(
      order ==
      "dead:3306 stale:3306 stopped:3306 late:3306 db02:3306 db2:3306 db2:3307 db2a:3306 db10:3306 dba:3306 "
      "left:3306 well:3306 ");
}

}  // namespace status_test
