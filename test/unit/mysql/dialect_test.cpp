#include "topo/mysql/dialect.h"

#include <re2/re2.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>

using topo::Version;
using topo::mysql::Dialect;
using topo::mysql::Flavour;

namespace {

// Releases of one flavour with a keyword: from `since` up to, but not including, `until`.
struct Known {
  Flavour flavour;
  Version since;
  Version until{1000, 0, 0};
};

constexpr Version first{0, 0, 0};
constexpr Known all_mysql{Flavour::mysql, first};
constexpr Known all_mariadb{Flavour::mariadb, first};

// Sources: the reference manuals and release notes of MySQL and MariaDB, and tests on MariaDB 10.11 and 11.8,
// MySQL 5.6 and 9.7.
const std::map<std::string, std::vector<Known>>& known_words() {
  static const std::map<std::string, std::vector<Known>> words{
      {"SHOW SLAVE STATUS", {{Flavour::mysql, first, {8, 4, 0}}, all_mariadb}},
      {"SHOW REPLICA STATUS", {{Flavour::mysql, {8, 0, 22}}, {Flavour::mariadb, {10, 5, 1}}}},
      {"SHOW ALL SLAVES STATUS", {{Flavour::mariadb, {10, 0, 0}}}},
      {"SHOW MASTER STATUS", {{Flavour::mysql, first, {8, 4, 0}}, all_mariadb}},
      {"SHOW BINARY LOG STATUS", {{Flavour::mysql, {8, 2, 0}}}},
      {"SHOW SLAVE HOSTS", {{Flavour::mysql, first, {8, 4, 0}}, all_mariadb}},
      {"SHOW REPLICAS", {{Flavour::mysql, {8, 0, 22}}}},
      {"SHOW GLOBAL STATUS LIKE 'Uptime'", {all_mysql, all_mariadb}},
      {"server_id", {all_mysql, all_mariadb}},
      {"version", {all_mysql, all_mariadb}},
      {"version_comment", {all_mysql, all_mariadb}},
      {"hostname", {all_mysql, all_mariadb}},
      {"port", {all_mysql, all_mariadb}},
      {"report_host", {all_mysql, all_mariadb}},
      {"read_only", {all_mysql, all_mariadb}},
      {"binlog_format", {all_mysql, all_mariadb}},
      {"log_bin", {all_mysql, all_mariadb}},
      {"log_slave_updates", {all_mysql, all_mariadb}},
      {"log_replica_updates", {{Flavour::mysql, {8, 0, 26}}}},
      {"binlog_row_image", {{Flavour::mysql, {5, 6, 2}}, {Flavour::mariadb, {10, 1, 6}}}},
      {"binlog_checksum", {{Flavour::mysql, {5, 6, 2}}, all_mariadb}},
      {"binlog_transaction_compression", {{Flavour::mysql, {8, 0, 20}}}},
      {"server_uuid", {{Flavour::mysql, {5, 6, 0}}}},
      {"gtid_mode", {{Flavour::mysql, {5, 6, 5}}}},
      {"gtid_executed", {{Flavour::mysql, {5, 6, 9}}}},
      {"gtid_purged", {{Flavour::mysql, {5, 6, 9}}}},
      {"gtid_current_pos", {{Flavour::mariadb, {10, 0, 3}}}},
      {"gtid_binlog_state", {{Flavour::mariadb, {10, 0, 5}}}},
      {"super_read_only", {{Flavour::mysql, {5, 7, 8}}}},
      {"slave_parallel_workers", {{Flavour::mysql, {5, 6, 3}, {8, 4, 0}}}},
      {"slave_preserve_commit_order", {{Flavour::mysql, {5, 7, 5}, {8, 4, 0}}}},
      {"slave_parallel_type", {{Flavour::mysql, {5, 7, 2}, {8, 4, 0}}}},
      {"replica_parallel_workers", {{Flavour::mysql, {8, 0, 26}}}},
      {"replica_preserve_commit_order", {{Flavour::mysql, {8, 0, 26}}}},
  };
  return words;
}

bool knows(const Dialect& dialect, const std::string& word) {
  const auto found = known_words().find(word);
  if (found == known_words().end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const Known& known) {
    return known.flavour == dialect.flavour() && dialect.version() >= known.since &&
           dialect.version() < known.until;
  });
}

std::vector<std::string> variables_in(const std::string& sql) {
  std::vector<std::string> names;
  re2::StringPiece rest(sql);
  std::string name;
  while (RE2::FindAndConsume(&rest, R"(@@global\.(\w+))", &name)) names.push_back(name);
  return names;
}

constexpr const char* versions[] = {
    // MySQL, Percona Server, Aurora
    "5.1.73", "5.5.32-log", "5.5.62", "5.6.8-rc", "5.6.9-rc", "5.6.24-log", "5.6.51-91.0", "5.7.7-rc",
    "5.7.8-rc", "5.7.44-48-log", "8.0.11", "8.0.21", "8.0.22", "8.0.25-15", "8.0.26", "8.0.36-28", "8.1.0",
    "8.2.0", "8.3.0", "8.4.0", "8.4.3", "9.0.1", "9.7.0", "9.7.4-2", "5.7.mysql_aurora.2.11.1",
    "8.0.mysql_aurora.3.04.0",
    // MariaDB
    "5.5.68-MariaDB", "10.0.38-MariaDB", "10.1.5-MariaDB", "10.1.6-MariaDB", "10.4.12-MariaDB-log",
    "5.5.5-10.11.6-MariaDB-1:10.11.6+maria~deb12-log", "10.6.16-MariaDB-log",
    "11.8.9-MariaDB-4 from Debian-log", "12.0.2-MariaDB", "12.3.1-MariaDB"};

}  // namespace

TEST_CASE("flavour and version from the version string", "[mysql][dialect]") {
  struct Case {
    const char* text;
    Flavour flavour;
    Version version;
  };
  const Case cases[] = {
      {"5.5.32-log", Flavour::mysql, {5, 5, 32}},
      {"5.6.24-log", Flavour::mysql, {5, 6, 24}},
      {"5.7.44-48-log", Flavour::mysql, {5, 7, 44}},
      {"8.0.36-28", Flavour::mysql, {8, 0, 36}},
      {"8.0.36-0ubuntu0.22.04.1", Flavour::mysql, {8, 0, 36}},
      {"8.4.3", Flavour::mysql, {8, 4, 3}},
      {"9.7.0", Flavour::mysql, {9, 7, 0}},
      {"9.7.0-commercial", Flavour::mysql, {9, 7, 0}},
      {"5.7.mysql_aurora.2.11.1", Flavour::mysql, {5, 7, 0}},
      {"8.0.mysql_aurora.3.04.0", Flavour::mysql, {8, 0, 0}},
      {"5.5.68-MariaDB", Flavour::mariadb, {5, 5, 68}},
      {"5.5.5-MariaDB", Flavour::mariadb, {5, 5, 5}},
      {"5.5.5-10.11.6-MariaDB-1:10.11.6+maria~deb12-log", Flavour::mariadb, {10, 11, 6}},
      {"5.5.5-10.4.12-MariaDB-log", Flavour::mariadb, {10, 4, 12}},
      {"10.6.16-MariaDB-log", Flavour::mariadb, {10, 6, 16}},
      {"11.8.9-MariaDB-4 from Debian-log", Flavour::mariadb, {11, 8, 9}},
      {"12.0.2-MariaDB", Flavour::mariadb, {12, 0, 2}},
      {"10.6.16-mariadb-enterprise", Flavour::mariadb, {10, 6, 16}},
      {"10.2.14 2.2.4-maxscale", Flavour::maxscale, {10, 2, 14}},
      {"5.5.5-10.4.12 2.4.12-maxscale", Flavour::maxscale, {5, 5, 5}},
      {"1.4.3-MaxScale", Flavour::maxscale, {1, 4, 3}},
      {"MaxScale with MariaDB", Flavour::maxscale, {0, 0, 0}},
      {"Unknown", Flavour::mysql, {0, 0, 0}},
      {"", Flavour::mysql, {0, 0, 0}},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    const auto dialect = Dialect::of(c.text);
    CHECK(dialect.flavour() == c.flavour);
    CHECK(dialect.version() == c.version);
  }
}

TEST_CASE("statements contain only what the server's version supports", "[mysql][dialect]") {
  for (const char* version : versions) {
    INFO(version);
    const auto dialect = Dialect::of(version);
    for (const auto& statement : {dialect.show_replica_status(), dialect.show_binary_log_status(),
                                  dialect.show_replicas(), dialect.show_uptime()}) {
      INFO(statement);
      CHECK(knows(dialect, statement));
    }
    const auto variables = variables_in(dialect.select_facts());
    CHECK(variables.size() >= 10);
    for (const auto& variable : variables) {
      INFO(variable);
      CHECK(knows(dialect, variable));
    }
    for (const auto& variable : variables_in(dialect.select_commits_out_of_order())) {
      INFO(variable);
      CHECK(knows(dialect, variable));
    }
  }
}

TEST_CASE("statements read all that the server's version supports", "[mysql][dialect]") {
  const auto asks_for = [](const char* version, const std::string& variable) {
    const auto asked = variables_in(Dialect::of(version).select_facts());
    return std::find(asked.begin(), asked.end(), variable) != asked.end();
  };
  CHECK(asks_for("5.6.24", "server_uuid"));
  CHECK(asks_for("5.6.24", "gtid_executed"));
  CHECK(asks_for("5.6.24", "binlog_row_image"));
  CHECK(asks_for("5.7.8", "super_read_only"));
  CHECK(asks_for("8.0.26", "log_replica_updates"));
  CHECK_FALSE(asks_for("8.0.26", "log_slave_updates"));
  CHECK(asks_for("9.7.0", "super_read_only"));
  CHECK(asks_for("10.11.6-MariaDB", "binlog_row_image"));
  CHECK(asks_for("10.11.6-MariaDB", "gtid_current_pos"));
  CHECK(Dialect::of("5.6.24").select_commits_out_of_order().empty());
  CHECK(Dialect::of("11.8.2-MariaDB").select_commits_out_of_order().empty());
  CHECK(variables_in(Dialect::of("5.7.30").select_commits_out_of_order()).size() == 3);
  CHECK(variables_in(Dialect::of("9.7.0").select_commits_out_of_order()).size() == 2);
  CHECK(Dialect::of("8.0.22").show_replica_status() == "SHOW REPLICA STATUS");
  CHECK(Dialect::of("8.2.0").show_binary_log_status() == "SHOW BINARY LOG STATUS");
  // MariaDB has SHOW REPLICA STATUS too, but it shows only one connection.
  CHECK(Dialect::of("12.0.2-MariaDB").show_replica_status() == "SHOW ALL SLAVES STATUS");
}

TEST_CASE("facts have the same names in all versions", "[mysql][dialect]") {
  for (const char* version : versions) {
    INFO(version);
    const auto sql = Dialect::of(version).select_facts();
    for (const char* name : {"server_id", "version", "version_comment", "hostname", "port", "report_host",
                             "read_only", "binlog_format", "log_bin", "log_slave_updates"}) {
      INFO(name);
      CHECK(RE2::PartialMatch(sql, std::string(" AS ") + name + "(,|$)"));
    }
  }
}

TEST_CASE("MaxScale is queried as a binlog server", "[mysql][dialect]") {
  const auto dialect = Dialect::of("10.2.14 2.2.4-maxscale");
  CHECK(dialect.select_facts() == "SHOW VARIABLES LIKE 'maxscale%'");
  CHECK(dialect.show_replica_status() == "SHOW SLAVE STATUS");
  CHECK(dialect.show_binary_log_status() == "SHOW MASTER STATUS");
}

TEST_CASE("several statements can be sent in one request", "[mysql][dialect]") {
  for (const char* version : versions) {
    const auto dialect = Dialect::of(version);
    for (const auto& statement :
         {dialect.select_facts(), dialect.show_replica_status(), dialect.show_binary_log_status(),
          dialect.show_replicas(), dialect.show_uptime(), dialect.select_processes(60)}) {
      CHECK(statement.find(';') == std::string::npos);
    }
  }
  CHECK(Dialect::of("9.7.0").select_processes(90).find("time > 90 ") != std::string::npos);
}

TEST_CASE("Commits are blocked without waiting for SELECTs, where the server can do that") {
  using Statements = std::vector<std::string>;
  const Statements stages{"BACKUP STAGE START", "BACKUP STAGE BLOCK_COMMIT"};
  for (const auto* version : {"10.4.1-MariaDB", "11.8.2-MariaDB"}) {
    INFO(version);
    CHECK(Dialect::of(version).block_commits() == stages);
    CHECK(Dialect::of(version).end_commit_block() == "BACKUP STAGE END");
  }
  for (const auto* version : {"5.5.62", "5.7.7", "10.3.39-MariaDB"}) {
    INFO(version);
    CHECK(Dialect::of(version).block_commits() == Statements{"FLUSH TABLES WITH READ LOCK"});
    CHECK(Dialect::of(version).end_commit_block() == "UNLOCK TABLES");
  }
}
