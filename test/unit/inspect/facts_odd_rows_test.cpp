// Rows that no healthy server sends, and columns that healthy servers may lack.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "inspect/facts.h"
#include "support/recorded.h"

using Catch::Matchers::Contains;
using recorded::one_row;
using topo::Instance;
using topo::InstanceKey;
using topo::ThreadState;
using topo::inspect::apply_processes;
using topo::inspect::apply_replica_hosts;
using topo::inspect::apply_replica_status;
using topo::mysql::ResultSet;
using namespace std::chrono_literals;

namespace {

using Columns = std::vector<std::pair<std::string, std::optional<std::string>>>;

const topo::inspect::ResolveHost as_it_is = [](const InstanceKey& told) { return told; };

Instance instance() {
  Instance made;
  made.key = {"db1", 3306};
  return made;
}

std::optional<topo::ReplicationChannel> channel(const Columns& columns) {
  return topo::mysql::parse_replica_status(one_row(columns)[0]);
}

ResultSet processes(const std::vector<std::vector<std::optional<std::string>>>& rows) {
  return {{"ID", "USER", "HOST", "DB", "COMMAND", "TIME", "STATE", "info"}, rows};
}

ResultSet hosts(const std::vector<std::vector<std::optional<std::string>>>& rows) {
  return {{"Server_id", "Host", "Port", "Master_id"}, rows};
}

std::vector<InstanceKey> replica_hosts(const ResultSet* registered, const std::vector<std::string>& dumping) {
  auto made = instance();
  apply_replica_hosts(registered, dumping, as_it_is, made);
  return made.replica_hosts;
}

}  // namespace

TEST_CASE("a channel with few columns", "[inspect][odd]") {
  const auto sparse = channel({{"Master_Host", "m"}, {"Master_Port", "3306"}});
  REQUIRE(sparse);
  CHECK(sparse->name.empty());
  CHECK(sparse->io_thread == ThreadState::other);
  CHECK_FALSE(sparse->using_oracle_gtid);
  CHECK_FALSE(sparse->using_mariadb_gtid);
  CHECK_FALSE(sparse->has_filters);
  CHECK_FALSE(sparse->seconds_behind_master);
  CHECK(sparse->sql_delay == 0s);
  CHECK_FALSE(channel({{"Master_Port", "3306"}}));
  CHECK_FALSE(channel({{"Master_Host", ""}, {"Master_Port", "3306"}}));
  CHECK_FALSE(channel({{"Master_Host", std::nullopt}, {"Master_Port", "3306"}}));
}

TEST_CASE("out-of-range values of a channel", "[inspect][odd]") {
  for (const char* port : {"0", "-1", "65536", "99999999999999999999", "", "x"}) {
    INFO(port);
    const auto told = channel({{"Master_Host", "m"}, {"Master_Port", port}});
    CHECK_FALSE(told->master.has_value());
    CHECK(told->unusable_master.starts_with("m:"));
  }
  CHECK(channel({{"Master_Host", "m"}, {"Master_Port", "65535"}})->master->port() == 65535);
  for (const char* position : {"-5", "", "x"})
    CHECK(channel({{"Master_Host", "m"}, {"Read_Master_Log_Pos", position}})->read.position == 0);
  CHECK(channel({{"Master_Host", "m"}, {"Exec_Master_Log_Pos", "9223372036854775807"}})->exec.position ==
        9223372036854775807U);
  for (const char* lag : {"-1", "", "x", "1.5"})
    CHECK_FALSE(channel({{"Master_Host", "m"}, {"Seconds_Behind_Master", lag}})->seconds_behind_master);
  CHECK(channel({{"Master_Host", "m"}, {"Using_Gtid", "Current_Pos"}})->using_mariadb_gtid);
  CHECK_FALSE(channel({{"Master_Host", "m"}, {"Using_Gtid", "No"}})->using_mariadb_gtid);
  CHECK_FALSE(channel({{"Master_Host", "m"}, {"Using_Gtid", std::nullopt}})->using_mariadb_gtid);
}

TEST_CASE("thread states from status texts", "[inspect][odd]") {
  const auto io = [](const char* text) {
    return channel({{"Master_Host", "m"}, {"Slave_IO_Running", text}})->io_thread;
  };
  CHECK(io("Yes") == ThreadState::running);
  CHECK(io("No") == ThreadState::stopped);
  CHECK(io("Connecting") == ThreadState::other);
  CHECK(io("Preparing") == ThreadState::other);
  CHECK(io("") == ThreadState::other);
  const auto renamed =
      channel({{"Source_Host", "m"}, {"Replica_IO_Running", "Yes"}, {"Replica_SQL_Running", "No"}});
  CHECK(renamed->io_thread == ThreadState::running);
  CHECK(renamed->sql_thread == ThreadState::stopped);
}

TEST_CASE("old and new column names give the same channel", "[inspect][odd]") {
  const auto old_names = channel({{"Master_Host", "m"},
                                  {"Master_Port", "3307"},
                                  {"Master_Log_File", "binlog.000009"},
                                  {"Read_Master_Log_Pos", "90"},
                                  {"Relay_Master_Log_File", "binlog.000008"},
                                  {"Exec_Master_Log_Pos", "80"},
                                  {"Slave_IO_Running", "Yes"},
                                  {"Slave_SQL_Running", "No"},
                                  {"Master_SSL_Allowed", "Yes"},
                                  {"Seconds_Behind_Master", "5"},
                                  {"Master_UUID", "u"},
                                  {"Master_Server_Id", "7"},
                                  {"Relay_Log_Pos", "256"}});
  const auto new_names = channel({{"Source_Host", "m"},
                                  {"Source_Port", "3307"},
                                  {"Source_Log_File", "binlog.000009"},
                                  {"Read_Source_Log_Pos", "90"},
                                  {"Relay_Source_Log_File", "binlog.000008"},
                                  {"Exec_Source_Log_Pos", "80"},
                                  {"Replica_IO_Running", "Yes"},
                                  {"Replica_SQL_Running", "No"},
                                  {"Source_SSL_Allowed", "Yes"},
                                  {"Seconds_Behind_Source", "5"},
                                  {"Source_UUID", "u"},
                                  {"Source_Server_Id", "7"},
                                  {"Relay_Log_Pos", "256"}});
  REQUIRE((old_names && new_names));
  CHECK(*old_names == *new_names);
  CHECK(new_names->master == InstanceKey{"m", 3307});
  CHECK(new_names->master_uuid == "u");
  CHECK(new_names->master_server_id == 7);
  CHECK(new_names->read == topo::BinlogCoordinates{"binlog.000009", 90, topo::LogType::binary});
  CHECK(new_names->exec == topo::BinlogCoordinates{"binlog.000008", 80, topo::LogType::binary});
  CHECK(new_names->seconds_behind_master == 5s);
  CHECK(new_names->allow_tls);
}

TEST_CASE("a channel has the id of its master once it has received something", "[inspect][odd]") {
  const auto id = [](const char* told, const char* position) {
    return channel({{"Master_Host", "m"}, {"Master_Server_Id", told}, {"Relay_Log_Pos", position}})
        ->master_server_id;
  };
  CHECK(id("4294967295", "256") == 4294967295);
  CHECK(id("7", "4") == 0);
  CHECK(id("-1", "256") == 0);
  CHECK(id("99999999999", "256") == 4294967295);
  CHECK(id("x", "256") == 0);
  CHECK(channel({{"Master_Host", "m"}, {"Relay_Log_Pos", "256"}})->master_server_id == 0);
}

TEST_CASE("each of the filters counts", "[inspect][odd]") {
  for (const char* column :
       {"Replicate_Do_DB", "Replicate_Ignore_DB", "Replicate_Do_Table", "Replicate_Ignore_Table",
        "Replicate_Wild_Do_Table", "Replicate_Wild_Ignore_Table", "Replicate_Rewrite_DB",
        "Replicate_Do_Domain_Ids", "Replicate_Ignore_Domain_Ids", "Replicate_Ignore_Server_Ids"}) {
    INFO(column);
    CHECK(channel({{"Master_Host", "m"}, {column, "x"}})->has_filters);
    CHECK_FALSE(channel({{"Master_Host", "m"}, {column, ""}})->has_filters);
  }
}

TEST_CASE("master names are resolved, unless there is no master", "[inspect][odd]") {
  std::vector<std::string> asked;
  const auto resolve = [&](const InstanceKey& told) {
    asked.push_back(told.hostname());
    return InstanceKey{told.hostname() + ".example.com", told.port()};
  };
  auto made = instance();
  apply_replica_status({{"Master_Host", "Master_Port", "Channel_Name"},
                        {{"m", "3306", "b"}, {"_", "3306", "c"}, {"z", "0", "a"}}},
                       resolve, made);
  CHECK(asked == std::vector<std::string>{"m"});
  REQUIRE(made.channels.size() == 3);
  CHECK(made.channels[0].name == "a");
  CHECK(made.channels[1].master == InstanceKey{"m.example.com", 3306});
  CHECK_FALSE(made.channels[2].has_master());
}

TEST_CASE("an invalid master name is a warning and not followed", "[inspect][odd]") {
  const auto* host = GENERATE("x;host=127.0.0.1;local-infile=1", "m,n", "-h", "a\nb", "//m", "d\xc3\xa4");
  CAPTURE(host);
  auto made = instance();
  apply_replica_status({{"Master_Host", "Master_Port", "Master_Log_File", "Slave_IO_Running"},
                        {{host, "3306", "binlog.000001", "Yes"}}},
                       as_it_is, made);
  CHECK(made.is_replica());
  CHECK_FALSE(made.master_key().has_value());
  REQUIRE(made.warnings.size() == 1);
  CHECK_THAT(made.warnings[0], Contains("is not a valid host and port"));
  CHECK(made.warnings[0].find('\n') == std::string::npos);
}

TEST_CASE("replicas with invalid names are counted in a warning and not followed", "[inspect][odd]") {
  auto made = instance();
  const topo::mysql::ResultSet registered(
      {"Server_id", "Host", "Port"},
      {{"2", "x;plugin-dir=/tmp", "3306"}, {"3", "good", "3307"}, {"4", "b,c", "1"}});
  topo::inspect::apply_replica_hosts(&registered, {"10.0.0.1;x", "10.0.0.2"}, as_it_is, made);
  CHECK(made.replica_hosts == std::vector{InstanceKey{"good", 3307}});
  REQUIRE(made.warnings.size() == 1);
  CHECK_THAT(made.warnings[0], Contains("2 of its replicas") && Contains("\"x;plugin-dir=/tmp:3306\""));
}

TEST_CASE("hosts that read binary logs are followed only under valid host names", "[inspect][odd]") {
  auto made = instance();
  topo::inspect::apply_replica_hosts(nullptr, {"x;host=127.0.0.1", "10.0.0.2", "-c"}, as_it_is, made);
  CHECK(made.replica_hosts == std::vector{InstanceKey{"10.0.0.2", made.key.port()}});
}

TEST_CASE("unusable facts", "[inspect][odd]") {
  auto made = instance();
  CHECK_THROWS_AS(topo::inspect::apply_facts({}, made), topo::Error);
  topo::inspect::apply_facts(one_row({{"server_id", "4294967295"},
                                      {"version", "5.6.24"},
                                      {"read_only", std::nullopt},
                                      {"report_host", std::nullopt},
                                      {"log_bin", "0"}}),
                             made);
  CHECK(made.server_id == 4294967295U);
  CHECK_FALSE(made.read_only);
  CHECK_FALSE(made.log_bin);
  CHECK(made.server_uuid.empty());
  CHECK(made.reported_port == 0);
  for (const char* read_only : {"1", "ON", "NO_LOCK", "NO_LOCK_NO_ADMIN"}) {
    topo::inspect::apply_facts(one_row({{"read_only", read_only}}), made);
    CHECK(made.read_only);
  }
  for (const char* read_only : {"0", "OFF"}) {
    topo::inspect::apply_facts(one_row({{"read_only", read_only}}), made);
    CHECK_FALSE(made.read_only);
  }
}

TEST_CASE("no binary log coordinates without a binary log", "[inspect][odd]") {
  const auto status = one_row({{"File", "binlog.000001"}, {"Position", "4"}});
  auto made = instance();
  topo::inspect::apply_binary_log_status(status, made);
  CHECK(made.self_coordinates.empty());
  made.log_bin = true;
  topo::inspect::apply_binary_log_status({}, made);
  CHECK(made.self_coordinates.empty());
  topo::inspect::apply_binary_log_status(status, made);
  CHECK(made.self_coordinates.position == 4);
}

TEST_CASE("neither uptime nor MaxScale", "[inspect][odd]") {
  auto made = instance();
  topo::inspect::apply_uptime({}, made);
  CHECK(made.uptime == 0s);
  topo::inspect::apply_uptime(one_row({{"Variable_name", "Uptime"}, {"Value", "x"}}), made);
  CHECK(made.uptime == 0s);
  CHECK_FALSE(topo::inspect::apply_maxscale_facts({}, made));
  CHECK_FALSE(topo::inspect::apply_maxscale_facts(
      one_row({{"Variable_name", "MAXSCALE_THREADS"}, {"Value", "4"}}), made));
  CHECK_FALSE(made.is_binlog_server);
}

TEST_CASE("hosts that read binary logs", "[inspect][odd]") {
  auto made = instance();
  const auto dumping = apply_processes(
      processes({{"1", "repl", "10.0.0.2:41100", std::nullopt, "Binlog Dump", "9", "", std::nullopt},
                 {"2", "repl", "fe80::2:41100", std::nullopt, "Binlog Dump GTID", "9", "", std::nullopt},
                 {"3", "repl", "db9.example.com:41100", std::nullopt, "Binlog Dump", "9", "", std::nullopt},
                 {"4", "repl", "localhost", std::nullopt, "Binlog Dump", "9", "", std::nullopt},
                 {"5", "repl", std::nullopt, std::nullopt, "Binlog Dump", "9", "", std::nullopt}}),
      topo::Timestamp{}, made);
  CHECK(dumping == std::vector<std::string>{"10.0.0.2", "fe80::2", "db9.example.com", "localhost", ""});
  CHECK(made.long_queries.empty());
  CHECK(replica_hosts(nullptr, dumping) ==
        std::vector<InstanceKey>{
            {"10.0.0.2", 3306}, {"db9.example.com", 3306}, {"fe80::2", 3306}, {"localhost", 3306}});
}

TEST_CASE("a query's time may be invalid", "[inspect][odd]") {
  const topo::Timestamp now{std::chrono::seconds(1700000000)};
  for (const char* time : {"-1", "4294967295999", "9223372036854775807", "-9223372036854775808", "", "x"}) {
    INFO(time);
    auto made = instance();
    apply_processes(processes({{"18446744073709551615", "u", "h:1", "d", "Query", time, "", "SELECT 1"}}),
                    now, made);
    REQUIRE(made.long_queries.size() == 1);
    CHECK(made.long_queries.front().time == 0s);
    CHECK(made.long_queries.front().started_at == now);
  }
  auto made = instance();
  apply_processes(processes({{"7", "u", "h:1", "d", "Query", "75", "", "SELECT 1"}}), now, made);
  CHECK(made.long_queries.front().started_at == now - 75s);
}

TEST_CASE("registered replicas, with and without host names", "[inspect][odd]") {
  const ResultSet none = hosts({});
  CHECK(replica_hosts(&none, {}).empty());
  CHECK(replica_hosts(nullptr, {}).empty());
  CHECK(replica_hosts(nullptr, {"db1"}).empty());  // the server itself

  SECTION("host names suffice") {
    const auto named = hosts({{"3", "b", "3307", "1"}, {"2", "a", "0", "1"}, {"4", "b", "3307", "1"}});
    CHECK(replica_hosts(&named, {"10.0.0.2"}) == std::vector<InstanceKey>{{"a", 3306}, {"b", 3307}});
  }
  SECTION("a replica without a host name is expected on its registered port") {
    const auto one =
        hosts({{"2", "a", "3306", "1"}, {"3", "", "3307", "1"}, {"4", std::nullopt, "3307", "1"}});
    auto made = instance();
    apply_replica_hosts(&one, {"10.0.0.2", "10.0.0.3"}, as_it_is, made);
    CHECK(made.replica_hosts ==
          std::vector<InstanceKey>{{"10.0.0.2", 3307}, {"10.0.0.3", 3307}, {"a", 3306}});
    REQUIRE(made.warnings.size() == 1);
    CHECK(made.warnings.front().starts_with("2 of 3 registered replicas have no host name"));
  }
  SECTION("several replicas on one host get one port each") {
    const auto both = hosts({{"2", "", "3307", "1"}, {"3", "", "3308", "1"}});
    CHECK(replica_hosts(&both, {"127.0.0.1", "127.0.0.1"}) ==
          std::vector<InstanceKey>{{"127.0.0.1", 3307}, {"127.0.0.1", 3308}});
  }
  SECTION("several ports on several hosts are ambiguous") {
    const auto both = hosts({{"2", "", "3307", "1"}, {"3", "", "3308", "1"}});
    CHECK(replica_hosts(&both, {"10.0.0.2", "10.0.0.3"}) ==
          std::vector<InstanceKey>{{"10.0.0.2", 3306}, {"10.0.0.3", 3306}});
  }
}

TEST_CASE("replica names are resolved", "[inspect][odd]") {
  const auto resolve = [](const InstanceKey& told) {
    return told.hostname() == "10.0.0.2" || told.hostname() == "alias" ? InstanceKey{"db2", told.port()}
                                                                       : told;
  };
  auto made = instance();
  const auto registered = hosts({{"2", "alias", "3306", "1"}, {"3", "", "3306", "1"}});
  apply_replica_hosts(&registered, {"10.0.0.2", "10.0.0.3"}, resolve, made);
  CHECK(made.replica_hosts == std::vector<InstanceKey>{{"10.0.0.3", 3306}, {"db2", 3306}});
}

TEST_CASE("the number of replicas is limited", "[inspect][odd]") {
  std::vector<std::vector<std::optional<std::string>>> rows;
  for (int i = 0; i < 6000; ++i) rows.push_back({"1", "r" + std::to_string(i), "3306", "1"});
  const auto listed = hosts(rows);
  auto made = instance();
  std::size_t resolved = 0;
  apply_replica_hosts(
      &listed, {},
      [&](const InstanceKey& told) {
        ++resolved;
        return told;
      },
      made);
  CHECK(made.replica_hosts.size() == 5000);
  CHECK(resolved == 5000);
  REQUIRE(made.warnings.size() == 1);
  CHECK_THAT(made.warnings[0], Contains("lists 6000 replicas: 1000 of them are ignored"));
  // The same replicas each time, in any listed order.
  std::ranges::reverse(rows);
  const auto reversed = hosts(rows);
  auto again = instance();
  apply_replica_hosts(&reversed, {}, as_it_is, again);
  CHECK(again.replica_hosts == made.replica_hosts);
}

TEST_CASE("the numbers of log readers, channels and long queries are limited", "[inspect][odd]") {
  std::vector<std::string> fetching;
  std::vector<std::vector<std::optional<std::string>>> channels, queries;
  for (int i = 0; i < 6000; ++i) {
    fetching.push_back("r" + std::to_string(i));
    channels.push_back({"c" + std::to_string(i), "m" + std::to_string(i), "3306"});
    queries.push_back({std::to_string(i), "u", "h:1", "d", "Query", "100", "", "SELECT 1"});
  }
  auto made = instance();
  apply_replica_hosts(nullptr, fetching, as_it_is, made);
  CHECK(made.replica_hosts.size() == 5000);
  apply_replica_status({{"Connection_name", "Master_Host", "Master_Port"}, channels}, as_it_is, made);
  CHECK(made.channels.size() == 256);
  CHECK_THAT(made.warnings.at(1), Contains("lists 6000 channels: 5744 of them are ignored"));
  apply_processes(processes(queries), {}, made);
  CHECK(made.long_queries.size() == 1000);
}
