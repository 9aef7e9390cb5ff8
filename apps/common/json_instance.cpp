#include "common/json_writer.h"

namespace orchestrator::json {
namespace {

template <typename Value>
void write_object(Writer& writer, std::string_view name, const Value& value) {
  write_name(writer, name);
  write(writer, value);
}

void write_texts(Writer& writer, std::string_view name, const std::vector<std::string>& texts) {
  write_name(writer, name);
  writer.StartArray();
  for (const auto& text : texts) write_text(writer, text);
  writer.EndArray();
}

void write_server(Writer& writer, const topo::Instance& instance) {
  write_object(writer, "Key", instance.key);
  write_field(writer, "Uptime", static_cast<std::uint64_t>(instance.uptime.count()));
  write_field(writer, "ServerID", std::uint64_t{instance.server_id});
  write_field(writer, "Version", std::string_view(instance.version));
  write_field(writer, "ReadOnly", instance.read_only);
  write_field(writer, "Binlog_format", std::string_view(instance.binlog_format));
  write_field(writer, "LogBinEnabled", instance.log_bin);
  write_field(writer, "LogSlaveUpdatesEnabled", instance.log_slave_updates);
  write_object(writer, "SelfBinlogCoordinates", instance.self_coordinates);
}

// The channel that counts; for an instance that is no replica, the same fields, empty.
void write_replication(Writer& writer, const topo::Instance& instance,
                       const topo::ReplicationChannel& channel) {
  using topo::ThreadState;
  write_object(writer, "MasterKey", instance.master_key());
  write_field(writer, "Slave_SQL_Running", channel.sql_thread == ThreadState::running);
  write_field(writer, "Slave_IO_Running", channel.io_thread == ThreadState::running);
  write_field(writer, "HasReplicationFilters", channel.has_filters);
  write_field(writer, "UsingOracleGTID", channel.using_oracle_gtid);
  write_field(writer, "UsingMariaDBGTID", channel.using_mariadb_gtid);
  write_field(writer, "UsingPseudoGTID", instance.using_pseudo_gtid);
  write_object(writer, "ReadBinlogCoordinates", channel.read);
  write_object(writer, "ExecBinlogCoordinates", channel.exec);
  write_object(writer, "RelaylogCoordinates", channel.relay);
  write_field(writer, "LastSQLError", std::string_view(channel.last_sql_error));
  write_field(writer, "LastIOError", std::string_view(channel.last_io_error));
  write_object(writer, "SecondsBehindMaster", channel.seconds_behind_master);
  write_object(writer, "SlaveLagSeconds", instance.slave_lag);
}

void write_place(Writer& writer, const topo::Instance& instance) {
  write_name(writer, "SlaveHosts");
  writer.StartArray();
  for (const auto& key : instance.replica_hosts) write(writer, key);
  writer.EndArray();
  write_field(writer, "ClusterName", std::string_view(instance.cluster_name));
  write_field(writer, "DataCenter", std::string_view(instance.data_center));
  write_field(writer, "PhysicalEnvironment", std::string_view(instance.physical_environment));
  write_field(writer, "ReplicationDepth", std::uint64_t{instance.replication_depth});
  write_field(writer, "IsCoMaster", instance.is_co_master);
}

void write_freshness(Writer& writer, const topo::KnownInstance& known, std::chrono::seconds poll_interval) {
  write_field(writer, "IsLastCheckValid", known.last_check_valid);
  write_field(writer, "IsUpToDate", known.is_up_to_date(poll_interval));
  write_field(writer, "IsRecentlyChecked", known.is_recently_checked(poll_interval));
  write_object(writer, "SecondsSinceLastSeen", known.since_last_seen);
  write_field(writer, "CountMySQLSnapshots", std::uint64_t{known.mysql_snapshots});
}

void write_channels(Writer& writer, const topo::Instance& instance) {
  write_name(writer, "ReplicationChannels");
  writer.StartArray();
  for (const auto& channel : instance.channels) {
    writer.StartObject();
    write_field(writer, "Name", std::string_view(channel.name));
    write_object(writer, "MasterKey", channel.master);
    write_field(writer, "Slave_SQL_Running", channel.sql_thread == topo::ThreadState::running);
    write_field(writer, "Slave_IO_Running", channel.io_thread == topo::ThreadState::running);
    write_object(writer, "SecondsBehindMaster", channel.seconds_behind_master);
    writer.EndObject();
  }
  writer.EndArray();
}

}  // namespace

void write(Writer& writer, const topo::KnownInstance& known, std::chrono::seconds poll_interval) {
  static const topo::ReplicationChannel no_channel;
  const auto& instance = known.instance;
  const auto* channel = instance.replication();

  writer.StartObject();
  write_server(writer, instance);
  write_replication(writer, instance, channel != nullptr ? *channel : no_channel);
  write_place(writer, instance);
  write_freshness(writer, known, poll_interval);
  // Additional fields: clients of orchestrator ignore fields that they do not know.
  write_field(writer, "ServerUUID", std::string_view(instance.server_uuid));
  write_field(writer, "HasNeverConnected", instance.never_connected());
  write_field(writer, "IsMultiSource", instance.is_multi_source());
  if (instance.is_multi_source()) write_channels(writer, instance);
  write_texts(writer, "Warnings", instance.warnings);
  write_field(writer, "LastCheckError", std::string_view(known.last_check_error));
  write_field(writer, "UnfinishedOperation", std::string_view(known.unfinished_operation));
  writer.EndObject();
}

}  // namespace orchestrator::json
