#include "topo/mysql/mariadb_gtid.h"

#include <catch2/catch.hpp>
#include <initializer_list>
#include <utility>

#include "topo/mysql/connection.h"

using namespace topo::mysql;

namespace {

FetchedByGtid parsed(std::initializer_list<std::pair<const char*, const char*>> columns) {
  std::vector<std::string> names;
  std::vector<std::optional<std::string>> values;
  for (const auto& [name, value] : columns) {
    names.emplace_back(name);
    values.emplace_back(value);
  }
  const ResultSet rows(names, {values});
  return parse_fetched_by_gtid(rows[0]);
}

std::string statement(std::string_view channel, GtidUse use) {
  const ReplicationStatements statements(Dialect::of("10.11.6-MariaDB"), channel,
                                         [](std::string_view text) { return "'" + std::string(text) + "'"; });
  return statements.use_gtid(use, {"relay.000002", 304}, std::chrono::milliseconds(2500));
}

}  // namespace

TEST_CASE("The received GTID position of a MariaDB replica is in its status", "[mysql]") {
  const auto fetched = parsed({{"Using_Gtid", "Slave_Pos"}, {"Gtid_IO_Pos", "0-1-5,7-2-9"}});
  CHECK(fetched.use == GtidUse::slave_pos);
  CHECK(fetched.position == "0-1-5,7-2-9");
  CHECK(parsed({{"Using_Gtid", "Current_Pos"}, {"Gtid_IO_Pos", ""}}).use == GtidUse::current_pos);
  CHECK(parsed({{"Using_Gtid", "No"}}).use == GtidUse::no);
  CHECK(parsed({{"Master_Host", "db1"}}).use == GtidUse::no);  // MySQL has no such column
}

TEST_CASE("A delay is changed without deleting relay logs", "[mysql]") {
  const auto statement = [](std::string_view version, GtidUse use) {
    const ReplicationStatements statements(
        Dialect::of(version), "", [](std::string_view text) { return "'" + std::string(text) + "'"; });
    return statements.change_delay(std::chrono::seconds(60), {"relay.000002", 304}, use,
                                   std::chrono::milliseconds(2500));
  };
  CHECK(statement("9.7.0", GtidUse::no) == "CHANGE REPLICATION SOURCE TO SOURCE_DELAY = 60");
  CHECK(statement("5.7.44-log", GtidUse::no) == "CHANGE MASTER TO MASTER_DELAY = 60");
  CHECK(statement("5.6.51-log", GtidUse::no) ==
        "CHANGE MASTER TO MASTER_DELAY = 60, RELAY_LOG_FILE = 'relay.000002', RELAY_LOG_POS = 304");
  CHECK(statement("10.11.6-MariaDB", GtidUse::slave_pos) ==
        "CHANGE MASTER TO MASTER_DELAY = 60, RELAY_LOG_FILE = 'relay.000002', RELAY_LOG_POS = 304, "
        "MASTER_USE_GTID = slave_pos, MASTER_HEARTBEAT_PERIOD = 2.500");
}

TEST_CASE("Domains with one position ahead of another are counted", "[mysql]") {
  CHECK(domains_ahead("", "") == 0);
  CHECK(domains_ahead("0-1-5", "0-1-5") == 0);
  CHECK(domains_ahead("0-1-6", "0-1-5") == 1);
  CHECK(domains_ahead("0-1-4", "0-1-5") == 0);
  CHECK(domains_ahead("0-2-10", "0-1-9") == 1);  // by sequence number, for any server id
  CHECK(domains_ahead("0-1-5,7-2-9", "0-1-5") == 1);
  CHECK(domains_ahead("0-1-6,\n7-2-9", "7-2-8, 0-1-5") == 2);
  CHECK(domains_ahead("0-1-5", "0-1-5,7-2-9") == 0);
  CHECK(domains_ahead("0-1-18446744073709551615", "0-1-18446744073709551614") == 1);
}

TEST_CASE("Invalid GTIDs in a position are ignored", "[mysql]") {
  CHECK(domains_ahead("x", "") == 0);
  CHECK(domains_ahead("0-1-", "") == 0);
  CHECK(domains_ahead("-1-5", "") == 0);
  CHECK(domains_ahead(",,0-1-5,", "0-1-4") == 1);
  CHECK(domains_ahead("0-1-99999999999999999999,1-1-1", "1-1-1") == 0);
}

TEST_CASE("The use of GTIDs on MariaDB changes without losing received events", "[mysql]") {
  CHECK(statement("", GtidUse::no) ==
        "CHANGE MASTER TO MASTER_USE_GTID = no, RELAY_LOG_FILE = 'relay.000002', RELAY_LOG_POS = 304, "
        "MASTER_HEARTBEAT_PERIOD = 2.500");
  CHECK(statement("c2", GtidUse::slave_pos)
            .starts_with("CHANGE MASTER 'c2' TO MASTER_USE_GTID = slave_pos, RELAY_LOG_FILE ="));
  CHECK(statement("", GtidUse::current_pos).find("MASTER_USE_GTID = current_pos,") != std::string::npos);
}

TEST_CASE("coordinates that MariaDB has made up are not taken for executed", "[mysql]") {
  const auto executed = [](const char* sql, const char* gtid, const char* received, const char* at) {
    const std::vector<std::pair<std::string, std::string>> row{{"Master_Host", "a"},
                                                               {"Master_Port", "3306"},
                                                               {"Slave_IO_Running", "No"},
                                                               {"Slave_SQL_Running", sql},
                                                               {"Master_Log_File", "b.1"},
                                                               {"Read_Master_Log_Pos", "1077"},
                                                               {"Relay_Master_Log_File", "b.1"},
                                                               {"Exec_Master_Log_Pos", at},
                                                               {"Using_Gtid", gtid},
                                                               {"Gtid_IO_Pos", received},
                                                               {"Gtid_Slave_Pos", "0-1-3"}};
    std::vector<std::string> names;
    std::vector<std::optional<std::string>> values;
    for (const auto& [name, value] : row) {
      names.push_back(name);
      values.emplace_back(value);
    }
    const ResultSet rows(names, {values});
    return parse_replica_status(rows[0])->exec.display();
  };
  CHECK(executed("No", "Slave_Pos", "0-1-4", "1077") == ":0");
  CHECK(executed("No", "Slave_Pos", "0-1-3", "1077") == "b.1:1077");
  CHECK(executed("No", "Slave_Pos", "0-1-4", "850") == "b.1:850");
  CHECK(executed("Yes", "Slave_Pos", "0-1-4", "1077") == "b.1:1077");
  CHECK(executed("No", "No", "0-1-4", "1077") == "b.1:1077");
}
