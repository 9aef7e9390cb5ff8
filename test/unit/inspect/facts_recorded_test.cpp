// Facts from the recorded results of servers of many versions.
#include <catch2/catch.hpp>
#include <string>

#include "support/recorded.h"

namespace facts_recorded_test {

using recorded::read_instance;
using recorded::Server;
using topo::BinlogCoordinates;
using topo::InstanceKey;
using topo::LogType;
using topo::ReplicationChannel;
using topo::ThreadState;
using namespace std::chrono_literals;

namespace {

// Facts common to the four sandboxes: results differ in names, positions and ports.
struct Sandbox {
  const char* name;
  const char* version;
  std::uint16_t port;  // the master's; its replicas have the next two
  std::uint32_t server_id;
  std::uint64_t position;  // received by the replica
  std::chrono::seconds behind;
};

constexpr Sandbox sandboxes[] = {
    {"mariadb-10.11", "10.11.19-MariaDB-0+deb12u1-log", 27101, 101, 1090, 0s},
    {"mariadb-11.8", "11.8.9-MariaDB-4 from Debian-log", 27301, 301, 1140, 0s},
    {"mysql-5.6", "5.6.24-log", 27201, 201, 1402, 0s},
    {"mysql-9.7", "9.7.4-2", 27401, 401, 580, 1s},
};

const ReplicationChannel& only_channel(const topo::Instance& instance) {
  REQUIRE(instance.channels.size() == 1);
  return instance.channels.front();
}

constexpr const char* uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

}  // namespace

TEST_CASE("a running replica, on real servers", "[inspect][recorded]") {
  for (const auto& sandbox : sandboxes) {
    INFO(sandbox.name);
    const auto server = Server::load(sandbox.name);
    const auto instance = read_instance(server, "a replica that runs");
    CHECK(instance.version == sandbox.version);
    CHECK(instance.version == server.version());
    CHECK(instance.server_id == sandbox.server_id + 1);
    CHECK(instance.reported_hostname == "db-host");
    CHECK(instance.reported_port == sandbox.port + 1);
    CHECK(instance.binlog_format == "ROW");
    CHECK(instance.binlog_row_image == "FULL");
    CHECK(instance.binlog_checksum == "CRC32");
    CHECK(instance.log_bin);
    CHECK(instance.log_slave_updates);
    CHECK_FALSE(instance.read_only);
    CHECK_FALSE(instance.version_comment.empty());
    CHECK(instance.uptime > 0s);
    CHECK(instance.self_coordinates.file == "binlog.000001");
    CHECK(instance.self_coordinates.position > 500);
    CHECK(instance.replica_hosts.empty());
    CHECK(instance.warnings.empty());

    const auto& channel = only_channel(instance);
    CHECK(channel.name.empty());
    CHECK(channel.master == InstanceKey{"127.0.0.1", sandbox.port});
    CHECK(channel.io_thread == ThreadState::running);
    CHECK(channel.sql_thread == ThreadState::running);
    CHECK(channel.read.file == "binlog.000001");
    CHECK(channel.read.position == sandbox.position);
    CHECK(channel.read.type == LogType::binary);
    CHECK(channel.relay.file == "relay.000002");
    CHECK(channel.relay.type == LogType::relay);
    CHECK(channel.seconds_behind_master == sandbox.behind);
    CHECK(instance.slave_lag == sandbox.behind);
    CHECK_FALSE(channel.using_oracle_gtid);
    CHECK_FALSE(channel.using_mariadb_gtid);
    CHECK_FALSE(channel.has_filters);
    CHECK(channel.last_io_error.empty());
    CHECK(channel.last_sql_error.empty());
    CHECK(instance.is_replica());
    CHECK(instance.replica_running());
  }
}

TEST_CASE("facts that only some servers have", "[inspect][recorded]") {
  const auto mysql = read_instance(Server::load("mysql-9.7"), "a replica that runs");
  CHECK(mysql.server_uuid == "39e213af-e71b-11f1-8c96-02fc00000001");
  CHECK(mysql.channels.front().master_uuid == "39ced521-e71b-11f1-828d-02fc00000001");
  CHECK(mysql.gtid_mode == "ON");
  CHECK(mysql.executed_gtid_set == "39ced521-e71b-11f1-828d-02fc00000001:1-2");
  CHECK(mysql.channels.front().allow_tls);
  const auto old = read_instance(Server::load("mysql-5.6"), "a replica that runs");
  CHECK(old.server_uuid == "374652a1-e71b-11f1-b086-02fc00000001");
  CHECK(old.gtid_mode == "OFF");
  CHECK(old.executed_gtid_set.empty());
  const auto maria = read_instance(Server::load("mariadb-10.11"), "a replica that runs");
  CHECK(maria.server_uuid.empty());
  CHECK(maria.gtid_mode.empty());
  CHECK(maria.executed_gtid_set == "0-101-5");
}

TEST_CASE("broken replication, on real servers", "[inspect][recorded]") {
  for (const auto& sandbox : sandboxes) {
    INFO(sandbox.name);
    const auto server = Server::load(sandbox.name);
    {
      const auto stopped = read_instance(server, "a replica that was stopped");
      const auto& channel = only_channel(stopped);
      CHECK(channel.io_thread == ThreadState::stopped);
      CHECK(channel.sql_thread == ThreadState::stopped);
      CHECK(channel.read == channel.exec);
      CHECK(channel.exec.position == sandbox.position);
      CHECK_FALSE(channel.seconds_behind_master);
      CHECK_FALSE(stopped.slave_lag);
      CHECK(stopped.is_replica());
      CHECK_FALSE(stopped.replica_running());
    }
    {
      const auto unreachable = read_instance(server, "a replica that cannot reach its master");
      const auto& channel = only_channel(unreachable);
      CHECK(channel.master == InstanceKey{"127.0.0.1", 1});
      CHECK(channel.io_thread == ThreadState::other);
      CHECK(channel.sql_thread == ThreadState::running);
      CHECK(channel.last_io_error.find("connecting to ") != std::string::npos);
      CHECK(channel.read.empty());
      CHECK(unreachable.is_replica());
      CHECK(unreachable.never_connected());
    }
    {
      const auto broken = read_instance(server, "a replica whose SQL thread broke");
      const auto& channel = only_channel(broken);
      CHECK(channel.io_thread == ThreadState::running);
      CHECK(channel.sql_thread == ThreadState::stopped);
      CHECK(channel.exec < channel.read);
      CHECK(channel.last_io_error.empty());
      CHECK_FALSE(channel.last_sql_error.empty());
      CHECK_FALSE(channel.seconds_behind_master);
    }
    {
      const auto reset = read_instance(server, "a replica that was reset but not entirely");
      const auto& channel = only_channel(reset);
      CHECK(channel.master == InstanceKey{"127.0.0.1", sandbox.port});
      CHECK(channel.read.empty());
      CHECK(channel.exec.empty());
      CHECK_FALSE(reset.is_replica());
    }
  }
}

TEST_CASE("an error of several lines in several scripts", "[inspect][recorded]") {
  for (const char* name : {"mariadb-10.11", "mariadb-11.8", "mysql-5.6"}) {
    INFO(name);
    const auto instance = read_instance(Server::load(name), "a replica whose SQL thread broke");
    CHECK(only_channel(instance).last_sql_error ==
          "Error 'Duplicate entry '7' for key 'PRIMARY'' on query. Default database: ''. Query: 'INSERT INTO "
          "d.t\n"
          "VALUES\n (7, 'Grüße aus 東京')'");
  }
}

TEST_CASE("a refused statement loses only its own facts", "[inspect][recorded]") {
  for (const auto& sandbox : sandboxes) {
    INFO(sandbox.name);
    const auto server = Server::load(sandbox.name);
    const std::string scene = "a replica whose account does not suffice";
    const auto* status = server.answer(scene, server.dialect().show_replica_status());
    REQUIRE((status != nullptr && status->error));
    CHECK(status->error->number() == 1227);
    CHECK_FALSE(status->error->connection_lost());
    const auto instance = read_instance(server, scene);
    CHECK(instance.server_id == sandbox.server_id + 1);
    CHECK(instance.channels.empty());
    CHECK(instance.replica_hosts.empty());
    CHECK(instance.self_coordinates.empty());
  }
}

TEST_CASE("a replica with several channels, on real servers", "[inspect][recorded]") {
  for (const auto& sandbox : {sandboxes[0], sandboxes[1], sandboxes[3]}) {
    INFO(sandbox.name);
    const auto instance = read_instance(Server::load(sandbox.name), "a replica on several channels");
    const bool is_mysql = std::string(sandbox.name) == "mysql-9.7";
    CHECK(instance.read_only);
    CHECK(instance.super_read_only == is_mysql);
    REQUIRE(instance.channels.size() == 2);
    const auto& first = instance.channels[0];
    const auto& second = instance.channels[1];
    CHECK(first.name.empty());
    CHECK(first.sql_delay == 3600s);
    CHECK_FALSE(first.has_filters);
    CHECK_FALSE(first.using_mariadb_gtid);
    CHECK(second.name == "second");
    CHECK(second.master == InstanceKey{"127.0.0.1", static_cast<std::uint16_t>(sandbox.port + 1)});
    CHECK(second.relay.file == "relay-second.000002");
    CHECK(second.has_filters);
    CHECK(second.using_mariadb_gtid != is_mysql);
    CHECK(instance.is_multi_source());
    CHECK(instance.master_key() == InstanceKey{"127.0.0.1", sandbox.port});
    REQUIRE(instance.warnings.size() == 1);
    CHECK(instance.warnings.front() ==
          "It replicates on 2 channels; its position in the topology is that of channel \"\"");
  }
}

TEST_CASE("a master and its replicas, on real servers", "[inspect][recorded]") {
  for (const auto& sandbox : sandboxes) {
    INFO(sandbox.name);
    const std::string name = sandbox.name;
    const std::string named = name == "mariadb-10.11"  ? "db-m2.example.com"
                              : name == "mariadb-11.8" ? "db-n2.example.com"
                              : name == "mysql-5.6"    ? "db-o2.example.com"
                                                       : "db-p2.example.com";
    const auto master = read_instance(Server::load(name), "a master with two replicas");
    CHECK_FALSE(master.is_replica());
    CHECK(master.channels.empty());
    // One replica reports its name; for the other MariaDB shows the address, MySQL only the port.
    const auto second = static_cast<std::uint16_t>(sandbox.port + 1);
    const auto third = static_cast<std::uint16_t>(sandbox.port + 2);
    CHECK(master.replica_hosts == std::vector<InstanceKey>{{"127.0.0.1", third}, {named, second}});
    CHECK(master.warnings.size() == (name.starts_with("mysql") ? 1 : 0));
    REQUIRE(master.long_queries.size() == 1);
    const auto& query = master.long_queries.front();
    CHECK(query.info == "SELECT SLEEP(200)");
    CHECK(query.user == "o");
    CHECK(query.host.starts_with("127.0.0.1:"));
    CHECK(query.db.empty());
    CHECK(query.command == "Query");
    CHECK(query.state == "User sleep");
    CHECK(query.id > 0);
    CHECK(query.time > 60s);
    CHECK(query.started_at == topo::Timestamp{} - query.time);
  }
}

TEST_CASE("MySQL 5.5", "[inspect][recorded]") {
  const auto server = Server::load("mysql-5.5");
  const auto replica = read_instance(server, "a replica that runs");
  CHECK(replica.version == "5.5.62-log");
  CHECK(replica.server_id == 2);
  CHECK(replica.read_only);
  CHECK_FALSE(replica.log_slave_updates);
  CHECK(replica.binlog_format == "STATEMENT");
  CHECK(replica.binlog_row_image.empty());
  CHECK(replica.uptime == 864213s);
  CHECK(replica.self_coordinates == BinlogCoordinates{"mysql-bin.000007", 107, LogType::binary});
  const auto& channel = only_channel(replica);
  CHECK(channel.master == InstanceKey{"db1.example.com", 3306});
  CHECK(channel.read == BinlogCoordinates{"mysql-bin.000021", 73405, LogType::binary});
  CHECK(channel.exec == BinlogCoordinates{"mysql-bin.000021", 72001, LogType::binary});
  CHECK(channel.relay == BinlogCoordinates{"relay-bin.000060", 73551, LogType::relay});
  CHECK(channel.seconds_behind_master == 3s);
  CHECK(channel.master_uuid.empty());

  const auto broken = read_instance(server, "a replica with filters whose SQL thread broke");
  CHECK(only_channel(broken).has_filters);
  CHECK(only_channel(broken).last_sql_error ==
        "Error 'Duplicate entry '7' for key 'PRIMARY'' on query. Default database: 'shop'. Query: 'INSERT "
        "INTO t\n"
        "VALUES (7, 'Größe 東京')'");

  const auto reset = read_instance(server, "a former replica, reset");
  CHECK(reset.channels.size() == 1);
  CHECK_FALSE(reset.master_key().has_value());
  CHECK_FALSE(reset.master_key().has_value());
  CHECK_FALSE(reset.is_replica());

  const auto master = read_instance(server, "a master of replicas that do not all say their names");
  CHECK(master.replica_hosts ==
        std::vector<InstanceKey>{{"10.0.0.2", 3306}, {"db2.example.com", 3306}, {"fe80::3", 3306}});
  CHECK(master.warnings.size() == 1);
  REQUIRE(master.long_queries.size() == 1);
  CHECK(master.long_queries.front().db == "shop");
  CHECK(master.long_queries.front().time == 75s);
}

TEST_CASE("MySQL 5.7", "[inspect][recorded]") {
  const auto server = Server::load("mysql-5.7");
  const auto replica = read_instance(server, "a replica on several channels");
  CHECK(replica.binlog_row_image == "MINIMAL");
  CHECK(replica.server_uuid == uuid);
  CHECK(replica.gtid_mode == "ON");
  CHECK(replica.executed_gtid_set == std::string(uuid) + ":1-5,\n6e826831-44d1-11e9-84fe-000c29c9014b:1-4");
  CHECK_FALSE(replica.super_read_only);
  REQUIRE(replica.channels.size() == 2);
  const auto& shop = replica.channels[0];
  CHECK(shop.name == "shop");
  CHECK(shop.master == InstanceKey{"10.0.0.10", 3307});
  CHECK(shop.master_uuid == "f780a852-44d2-11e9-8a8e-000c29f84966");
  CHECK(shop.allow_tls);
  CHECK(shop.has_filters);
  CHECK(shop.using_oracle_gtid);
  CHECK(shop.sql_delay == 600s);
  CHECK(shop.seconds_behind_master == 588s);
  const auto& stock = replica.channels[1];
  CHECK(stock.name == "stock");
  CHECK(stock.io_thread == ThreadState::other);
  CHECK(stock.sql_thread == ThreadState::running);
  CHECK_FALSE(stock.seconds_behind_master);
  CHECK_FALSE(stock.has_filters);
  CHECK_FALSE(stock.allow_tls);
  CHECK(stock.last_io_error.starts_with("error reconnecting"));
  CHECK(replica.master_key() == shop.master);
  CHECK(replica.slave_lag == 588s);
  CHECK(replica.replica_running());
  CHECK(replica.warnings.size() == 1);

  const auto master = read_instance(server, "a master with one replica");
  CHECK(master.replica_hosts == std::vector<InstanceKey>{{"dw1.example.com", 3306}});
  CHECK(master.gtid_mode == "OFF_PERMISSIVE");
  CHECK(master.self_coordinates == BinlogCoordinates{"mysql-bin.000021", 73405, LogType::binary});
}

TEST_CASE("MySQL 8.0 before the term replica", "[inspect][recorded]") {
  const auto replica = read_instance(Server::load("mysql-8.0.21"), "a replica that lags");
  CHECK(replica.read_only);
  CHECK(replica.super_read_only);
  const auto& channel = only_channel(replica);
  CHECK(channel.seconds_behind_master == 7200s);
  CHECK(channel.exec == BinlogCoordinates{"mysql-bin.000019", 9000, LogType::binary});
  CHECK(channel.read == BinlogCoordinates{"mysql-bin.000021", 73405, LogType::binary});
  CHECK(channel.master_uuid == "8e01189b-b261-11eb-b118-0242ac130002");
}

TEST_CASE("the channels of group replication do not count as replication from a master",
          "[inspect][recorded]") {
  const auto server = Server::load("mysql-8.0.36");
  const auto member = read_instance(server, "a member of a group that also replicates from elsewhere");
  CHECK(member.version == "8.0.36-28");
  CHECK(member.gtid_purged == std::string(uuid) + ":1-5");
  const auto& channel = only_channel(member);
  CHECK(channel.name == "legacy");
  CHECK(channel.master == InstanceKey{"old.example.com", 3306});
  CHECK(channel.io_thread == ThreadState::running);
  CHECK(channel.read == BinlogCoordinates{"mysql-bin.000021", 73405, LogType::binary});
  CHECK(channel.allow_tls);
  CHECK(member.warnings.empty());

  const auto master = read_instance(server, "a master whose replicas use GTID");
  CHECK(master.replica_hosts == std::vector<InstanceKey>{{"10.0.0.3", 3306}, {"2001:db8::2", 3306}});
  CHECK(master.long_queries.empty());
}

TEST_CASE("MySQL 8.4", "[inspect][recorded]") {
  const auto server = Server::load("mysql-8.4");
  const auto replica = read_instance(server, "a replica that was stopped");
  CHECK(replica.super_read_only);
  CHECK(replica.self_coordinates == BinlogCoordinates{"binlog.000002", 198, LogType::binary});
  const auto& channel = only_channel(replica);
  CHECK(channel.io_thread == ThreadState::stopped);
  CHECK(channel.sql_thread == ThreadState::stopped);
  CHECK(channel.using_oracle_gtid);
  CHECK_FALSE(channel.seconds_behind_master);

  const auto master = read_instance(server, "a master with replicas", {"db1", 3311});
  CHECK(master.replica_hosts ==
        std::vector<InstanceKey>{{"db2.example.com", 3306}, {"db3.example.com", 3311}});
}

TEST_CASE("MariaDB 12", "[inspect][recorded]") {
  const auto server = Server::load("mariadb-12");
  const auto replica = read_instance(server, "a replica that runs");
  CHECK(replica.read_only);
  CHECK_FALSE(replica.super_read_only);
  CHECK(replica.executed_gtid_set == "0-1-42");
  CHECK(replica.self_coordinates == BinlogCoordinates{"mariadb-bin.000003", 1245, LogType::binary});
  CHECK(only_channel(replica).using_mariadb_gtid);
  CHECK(only_channel(replica).allow_tls);
  CHECK(replica.replica_running());

  const auto preparing = read_instance(server, "a replica that is preparing");
  CHECK(preparing.read_only);
  CHECK(only_channel(preparing).io_thread == ThreadState::other);
  CHECK_FALSE(preparing.replica_running());

  const auto master = read_instance(server, "a master");
  CHECK_FALSE(master.read_only);
  CHECK(master.replica_hosts == std::vector<InstanceKey>{{"10.0.0.2", 3306}});
}

TEST_CASE("MaxScale", "[inspect][recorded]") {
  const auto proxy = read_instance(Server::load("maxscale"), "a binary log server");
  CHECK(proxy.is_binlog_server);
  CHECK(proxy.version == "2.2.4-maxscale");
  CHECK(proxy.binlog_format == "TRANSPARENT");
  CHECK((proxy.read_only && proxy.log_bin && proxy.log_slave_updates));
  CHECK(proxy.server_id == 0);
  CHECK(proxy.self_coordinates == BinlogCoordinates{"mysql-bin.000021", 73405, LogType::binary});
  CHECK(only_channel(proxy).master == InstanceKey{"db1.example.com", 3306});
}

}  // namespace facts_recorded_test
