#include "store/instance_columns.h"

#include <algorithm>
#include <array>
#include <limits>

#include "store/instance_json.h"
#include "store/stored_text.h"

namespace topo::store {
namespace {

using Draft = InstanceDraft;
using Row = RowView;

constexpr std::size_t set_length = 200'000;  // of GTIDs; a statement must stay within a packet

// Like Instance::master_key(); valid as long as the instance.
const InstanceKey& master_of(const Instance& instance) {
  static const InstanceKey none;
  return instance.is_replica() ? instance.replication()->master : none;
}

const ReplicationChannel& channel_of(const Instance& instance) {
  static const ReplicationChannel none;
  const auto* channel = instance.replication();
  return channel ? *channel : none;
}

Value number(std::chrono::seconds value) {
  return std::clamp<std::int64_t>(value.count(), 0, std::numeric_limits<std::uint32_t>::max());
}
Value flag(bool value) {
  return std::int64_t{value ? 1 : 0};
}
Value seconds(const std::optional<std::chrono::seconds>& value) {
  return value ? Value(std::max<std::int64_t>(0, value->count())) : Value(nullptr);
}
std::optional<std::chrono::seconds> seconds(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return std::chrono::seconds(row.number(column));
}
std::uint16_t port(const Row& row, int column) {
  return static_cast<std::uint16_t>(row.number(column));
}
std::uint64_t position(const Row& row, int column) {
  return static_cast<std::uint64_t>(row.number(column));
}
ThreadState thread_state(const Row& row, int column) {
  const auto value = row.number(column);
  return value >= -1 && value <= 2 ? static_cast<ThreadState>(value) : ThreadState::other;
}
void note_running(ThreadState& state, const Row& row, int column) {
  if (row.number(column) != 0) state = ThreadState::running;
}
std::int64_t state_number(ThreadState state) {
  return static_cast<std::int64_t>(state);
}

// One line per column: its name, the value to write, the assignment when it is read.
#define COLUMN(column, written, assigned)                       \
  InstanceColumn {                                              \
    column, [](const Instance& i) -> Value { return written; }, \
        [](Draft& d, const Row& r, int c) { assigned; }         \
  }
#define WRITTEN(column, written)                                        \
  InstanceColumn {                                                      \
    column, [](const Instance& i) -> Value { return written; }, nullptr \
  }

constexpr std::array columns{
    WRITTEN("hostname", stored_text(i.key.hostname())),
    WRITTEN("port", stored_number(i.key.port())),
    COLUMN("server_id", stored_number(i.server_id),
           d.instance.server_id = static_cast<std::uint32_t>(r.number(c))),
    COLUMN("version", stored_text(i.version), d.instance.version = r.string(c)),
    COLUMN("version_comment", stored_text(i.version_comment), d.instance.version_comment = r.string(c)),
    WRITTEN("major_version", stored_whole(major_version_text(i.version).substr(0, 16))),
    COLUMN("server_uuid", stored_text(i.server_uuid, 64), d.instance.server_uuid = r.string(c)),
    COLUMN("reported_hostname", stored_text(i.reported_hostname), d.instance.reported_hostname = r.string(c)),
    COLUMN("reported_port", stored_number(i.reported_port), d.instance.reported_port = port(r, c)),
    COLUMN("uptime", number(i.uptime), d.instance.uptime = std::chrono::seconds(r.number(c))),
    COLUMN("read_only", flag(i.read_only), d.instance.read_only = r.number(c) != 0),
    COLUMN("super_read_only", flag(i.super_read_only), d.instance.super_read_only = r.number(c) != 0),
    COLUMN("binlog_format", stored_text(i.binlog_format, 16), d.instance.binlog_format = r.string(c)),
    COLUMN("binlog_row_image", stored_text(i.binlog_row_image, 16),
           d.instance.binlog_row_image = r.string(c)),
    COLUMN("binlog_checksum", stored_text(i.binlog_checksum, 16), d.instance.binlog_checksum = r.string(c)),
    COLUMN("binlog_compression", flag(i.binlog_compression),
           d.instance.binlog_compression = r.number(c) != 0),
    COLUMN("log_bin", flag(i.log_bin), d.instance.log_bin = r.number(c) != 0),
    COLUMN("log_slave_updates", flag(i.log_slave_updates), d.instance.log_slave_updates = r.number(c) != 0),
    WRITTEN("supports_oracle_gtid", flag(i.gtid_mode == "ON")),
    COLUMN("gtid_mode", stored_text(i.gtid_mode, 32), d.instance.gtid_mode = r.string(c)),
    COLUMN("executed_gtid_set", stored_text(i.executed_gtid_set, set_length),
           d.instance.executed_gtid_set = r.string(c)),
    COLUMN("gtid_purged", stored_text(i.gtid_purged, set_length), d.instance.gtid_purged = r.string(c)),
    COLUMN("binlog_server", flag(i.is_binlog_server), d.instance.is_binlog_server = r.number(c) != 0),
    COLUMN("binary_log_file", stored_text(i.self_coordinates.file),
           d.instance.self_coordinates.file = r.string(c)),
    COLUMN("binary_log_pos", stored_number(i.self_coordinates.position),
           d.instance.self_coordinates.position = position(r, c)),
    COLUMN("master_host", stored_text(master_of(i).hostname()), d.master_host = r.string(c)),
    COLUMN("master_port", stored_number(master_of(i).port()), d.master_port = r.number(c)),
    COLUMN("master_uuid", stored_text(channel_of(i).master_uuid, 64), d.channel.master_uuid = r.string(c)),
    COLUMN("replication_sql_thread_state", state_number(channel_of(i).sql_thread),
           d.channel.sql_thread = thread_state(r, c)),
    COLUMN("replication_io_thread_state", state_number(channel_of(i).io_thread),
           d.channel.io_thread = thread_state(r, c)),
    // After the columns of the thread states, which very old releases did not have.
    COLUMN("slave_sql_running", flag(channel_of(i).sql_thread == ThreadState::running),
           note_running(d.channel.sql_thread, r, c)),
    COLUMN("slave_io_running", flag(channel_of(i).io_thread == ThreadState::running),
           note_running(d.channel.io_thread, r, c)),
    COLUMN("has_replication_filters", flag(channel_of(i).has_filters),
           d.channel.has_filters = r.number(c) != 0),
    COLUMN("oracle_gtid", flag(channel_of(i).using_oracle_gtid),
           d.channel.using_oracle_gtid = r.number(c) != 0),
    COLUMN("mariadb_gtid", flag(channel_of(i).using_mariadb_gtid),
           d.channel.using_mariadb_gtid = r.number(c) != 0),
    COLUMN("allow_tls", flag(channel_of(i).allow_tls), d.channel.allow_tls = r.number(c) != 0),
    COLUMN("sql_delay", number(channel_of(i).sql_delay),
           d.channel.sql_delay = std::chrono::seconds(r.number(c))),
    COLUMN("master_log_file", stored_text(channel_of(i).read.file), d.channel.read.file = r.string(c)),
    COLUMN("read_master_log_pos", stored_number(channel_of(i).read.position),
           d.channel.read.position = position(r, c)),
    COLUMN("relay_master_log_file", stored_text(channel_of(i).exec.file), d.channel.exec.file = r.string(c)),
    COLUMN("exec_master_log_pos", stored_number(channel_of(i).exec.position),
           d.channel.exec.position = position(r, c)),
    COLUMN("relay_log_file", stored_text(channel_of(i).relay.file), d.channel.relay.file = r.string(c)),
    COLUMN("relay_log_pos", stored_number(channel_of(i).relay.position),
           d.channel.relay.position = position(r, c)),
    COLUMN("last_sql_error", stored_text(channel_of(i).last_sql_error, message_length),
           d.channel.last_sql_error = r.string(c)),
    COLUMN("last_io_error", stored_text(channel_of(i).last_io_error, message_length),
           d.channel.last_io_error = r.string(c)),
    COLUMN("seconds_behind_master", seconds(channel_of(i).seconds_behind_master),
           d.channel.seconds_behind_master = seconds(r, c)),
    COLUMN("replication_channels", stored_whole(channels_to_json(i)), d.channels_json = r.string(c)),
    COLUMN("slave_lag_seconds", seconds(i.slave_lag), d.instance.slave_lag = seconds(r, c)),
    COLUMN("pseudo_gtid", flag(i.using_pseudo_gtid), d.instance.using_pseudo_gtid = r.number(c) != 0),
    WRITTEN("num_slave_hosts", stored_number(i.replica_hosts.size())),
    COLUMN("slave_hosts", stored_whole(keys_to_json(i.replica_hosts)),
           d.instance.replica_hosts = keys_from_json(r.text(c))),
    COLUMN("data_center", stored_text(i.data_center, 32), d.instance.data_center = r.string(c)),
    COLUMN("physical_environment", stored_text(i.physical_environment, 32),
           d.instance.physical_environment = r.string(c)),
    COLUMN("suggested_cluster_alias", stored_text(i.suggested_cluster_alias),
           d.instance.suggested_cluster_alias = r.string(c)),
    WRITTEN("last_check_partial_success", flag(i.warnings.empty())),
    COLUMN("check_warnings", stored_whole(texts_to_json(i.warnings)),
           d.instance.warnings = texts_from_json(r.text(c))),
    COLUMN("cluster_name", stored_text(i.cluster_name), d.instance.cluster_name = r.string(c)),
    COLUMN("replication_depth", stored_number(i.replication_depth),
           d.instance.replication_depth = static_cast<unsigned>(r.number(c))),
    COLUMN("is_co_master", flag(i.is_co_master), d.instance.is_co_master = r.number(c) != 0),
};

#undef COLUMN
#undef WRITTEN

}  // namespace

std::span<const InstanceColumn> instance_columns() {
  return columns;
}

const std::string& instance_column_list() {
  static const std::string list = [] {
    std::string names;
    for (const auto& column : columns) names.append(names.empty() ? "" : ", ").append(column.name);
    return names;
  }();
  return list;
}

std::optional<Instance> instance_from(const RowView& row, int first) {
  auto key = row.key(first);
  if (!key) return std::nullopt;
  InstanceDraft draft;
  draft.instance.key = std::move(*key);
  int index = first;
  for (const auto& column : columns) {
    if (column.set != nullptr) column.set(draft, row, index);
    ++index;
  }
  draft.channel.relay.type = LogType::relay;
  if (!draft.channels_json.empty()) draft.instance.channels = channels_from_json(draft.channels_json);
  // Other programs store "" or "_" for no master, and unchecked names from servers.
  if (draft.instance.channels.empty() && !draft.master_host.empty()) {
    draft.channel.set_master(draft.master_host, draft.master_port);
    draft.instance.channels.push_back(std::move(draft.channel));
  }
  return std::move(draft.instance);
}

}  // namespace topo::store
