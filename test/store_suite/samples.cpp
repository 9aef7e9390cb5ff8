#include "store_suite/samples.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

namespace store_suite {

using namespace topo;
using std::chrono::seconds;

InstanceKey key(std::string_view hostname, std::uint16_t port) {
  return {std::string(hostname), port};
}

Instance instance(std::string_view hostname, std::string_view master, std::string_view cluster) {
  Instance made;
  made.key = key(hostname);
  made.version = "10.11.6-MariaDB";
  made.cluster_name = cluster.empty() ? made.key.display() : std::string(cluster);
  if (master.empty()) return made;
  ReplicationChannel channel;
  channel.master = key(master);
  channel.read = {"binlog.000001", 4, LogType::binary};
  channel.io_thread = channel.sql_thread = ThreadState::running;
  channel.seconds_behind_master = made.slave_lag = seconds(0);
  made.channels.push_back(channel);
  return made;
}

ReplicationChannel full_channel(std::string_view name) {
  ReplicationChannel channel;
  channel.name = name;
  channel.master = key("master.example", 3310);
  channel.master_uuid = "11111111-2222-3333-4444-555555555555";
  channel.io_thread = ThreadState::other;
  channel.sql_thread = ThreadState::running;
  channel.read = {"read-bin.000011", 1011, LogType::binary};
  channel.exec = {"exec-bin.000012", 1012, LogType::binary};
  channel.relay = {"relay-bin.000013", 1013, LogType::relay};
  channel.last_io_error = "error reconnecting to 'repl@master:3310' – retry 14";
  channel.last_sql_error = R"(Duplicate entry 'it''s \ "15" 😀?' for key)";
  channel.seconds_behind_master = seconds(16);
  channel.sql_delay = seconds(17);
  channel.using_oracle_gtid = true;
  channel.using_mariadb_gtid = true;
  channel.has_filters = true;
  channel.allow_tls = true;
  return channel;
}

LongQuery full_query() {
  using namespace std::chrono;
  return {18,
          "a user",
          "client.example:45678",
          "a database",
          "Query",
          "Sending data",
          "SELECT '😀', '?'",
          seconds(61),
          sys_days(year(2024) / 2 / 29) + hours(12) + minutes(34) + seconds(56)};
}

Instance full_instance() {
  Instance full;
  full.key = key("replica.example", 3311);
  full.version = "8.0.36-log";
  full.version_comment = "Größe 😀 \"quoted\" 'twice' \\ ? %s";
  full.server_id = 4'294'967'295U;
  full.server_uuid = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
  full.reported_hostname = "reported.example";
  full.reported_port = 3312;
  full.uptime = seconds(3313);
  full.read_only = true;
  full.super_read_only = true;
  full.binlog_format = "MIXED";
  full.binlog_row_image = "MINIMAL";
  full.binlog_checksum = "CRC32";
  full.binlog_compression = true;
  full.log_bin = true;
  full.log_slave_updates = true;
  full.has_binlog_filters = true;
  full.gtid_mode = "ON";
  full.executed_gtid_set = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee:1-20,\nother:1-21";
  full.logged_gtids = "0-1-5,0-2-7";
  full.gtid_purged = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee:1-22";
  full.is_binlog_server = true;
  full.self_coordinates = {"self-bin.000023", 1'099'511'627'776, LogType::binary};
  full.channels = {full_channel("")};
  full.using_pseudo_gtid = true;
  full.slave_lag = seconds(24);
  full.semi_sync = {true, true, true, true, std::chrono::milliseconds(4'294'967'295), 29, true, true, 30};
  full.parallel_workers = 31;
  full.replica_hosts = {key("r1.example", 3325), key("r2.example", 3326)};
  full.long_queries = {full_query()};
  full.data_center = "dc ü";
  full.physical_environment = "production";
  full.suggested_cluster_alias = "alias 😀";
  full.warnings = {"no grant for \"x\"", "an odd row: 'ü😀'"};
  full.cluster_name = "cluster.example:3327";
  full.replication_depth = 28;
  full.is_co_master = true;
  full.received_most = {"master-bin.000029", 1'099'511'627'777, LogType::binary};
  full.channels.front().received_gtids = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee:1-30";
  full.errant_gtids = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee:7-9";
  return full;
}

SeenInstance first_seen(Instance instance) {
  return {std::move(instance), true};
}
SeenInstance seen_again(Instance instance) {
  return {std::move(instance), false};
}

void write(Store& store, std::vector<InstanceWrite> writes) {
  CHECK(store.instances().write(writes).empty());
}

std::string hosts(std::span<const KnownInstance> instances) {
  std::string text;
  for (const auto& known : instances)
    text.append(text.empty() ? "" : " ").append(known.instance.key.hostname());
  return text;
}

}  // namespace store_suite
