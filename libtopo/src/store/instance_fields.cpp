#include "topo/store/instance_fields.h"

#include <algorithm>
#include <array>
#include <limits>

#include "store/column_types.h"
#include "store/instance_columns.h"
#include "store/instance_json.h"
#include "store/stored_text.h"
#include "topo/topology/former_master.h"

namespace topo {
namespace {

using Draft = store::InstanceDraft;
using Row = store::RowView;
using namespace store;  // the types of columns, and the conversions to values

constexpr std::size_t set_length = 200'000;  // of GTIDs; a statement must stay within a packet
constexpr std::size_t errant_length = 16'000;

// Like Instance::master_key(); valid as long as the instance.
const InstanceKey& master_of(const Instance& instance) {
  static const InstanceKey none;
  const auto* channel = instance.is_replica() ? instance.replication() : nullptr;
  return channel != nullptr && channel->master ? *channel->master : none;
}

const InstanceKey* replaced_by(const KnownInstance& known) {
  static const InstanceKey none;
  return known.replaced ? &known.replaced->successor : &none;
}

const ReplicationChannel& main_channel(const Instance& instance) {
  static const ReplicationChannel none;
  const auto* channel = instance.replication();
  return channel ? *channel : none;
}

std::uint64_t whole(std::chrono::seconds value) {
  return static_cast<std::uint64_t>(value.count());
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
std::uint16_t reported_port(const Row& row, int column) {
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

const SemiSync& semi_sync(const Instance& instance) {
  static const SemiSync none;
  return instance.semi_sync ? *instance.semi_sync : none;
}
bool knows_semi_sync(const KnownInstance& known) {
  return known.instance.semi_sync.has_value();
}
// The sides that the server has, as one number: 1 source, 2 replica; NULL: all of it is unknown.
Value semi_sync_sides(const Instance& instance) {
  if (!instance.semi_sync) return nullptr;
  return std::int64_t{(instance.semi_sync->has_source ? 1 : 0) + (instance.semi_sync->has_replica ? 2 : 0)};
}
void begin_semi_sync(Instance& instance, const Row& row, int column) {
  if (row.is_null(column)) return;
  auto& made = instance.semi_sync.emplace();
  made.has_source = row.number(column) % 2 != 0;
  made.has_replica = row.number(column) >= 2;
}
template <typename Member, typename Read>
void set_if_known(Draft& draft, Member SemiSync::*member, Read value) {
  if (draft.instance.semi_sync) (*draft.instance.semi_sync).*member = static_cast<Member>(value);
}
constexpr bool semi_sync_value(bool value) {
  return value;
}
constexpr std::uint64_t semi_sync_value(std::uint32_t value) {
  return value;
}
constexpr std::string_view semi_sync_type(bool) {
  return flag_type;
}
constexpr std::string_view semi_sync_type(std::uint32_t) {
  return number_type;
}
Value optional_number(const std::optional<std::uint32_t>& value) {
  return value ? Value(std::int64_t{*value}) : Value(nullptr);
}
std::uint64_t semi_sync_timeout(const Instance& instance) {
  return static_cast<std::uint64_t>(semi_sync(instance).timeout.count());
}
std::optional<std::uint32_t> optional_count(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return static_cast<std::uint32_t>(row.number(column));
}

struct Definition {
  InstanceField field;
  std::array<InstanceColumn, 2> columns{};

  // Further properties of a field: the same value under another name, its unit, when it is present.
  [[nodiscard]] constexpr Definition also(std::string_view replica_name) const {
    auto definition = *this;
    definition.field.replica_name = replica_name;
    return definition;
  }
  [[nodiscard]] constexpr Definition in(std::string_view unit) const {
    auto definition = *this;
    definition.field.unit = unit;
    return definition;
  }
  [[nodiscard]] constexpr Definition if_present(bool (*is_present)(const KnownInstance&)) const {
    auto definition = *this;
    definition.field.is_present = is_present;
    return definition;
  }
};

// A column: its name, its type, the value to write, the assignment when it is read.
#define COLUMN(column, type, written, assigned)                       \
  InstanceColumn {                                                    \
    column, type, [](const Instance& i) -> Value { return written; }, \
        [](Draft& d, const Row& r, int c) { assigned; }               \
  }
// A column that other programs read.
#define WRITTEN(column, type, written)                                        \
  InstanceColumn {                                                            \
    column, type, [](const Instance& i) -> Value { return written; }, nullptr \
  }
// A field of the instance `i`, as known (`k`) with the limits `l`: its name, type, meaning, value and
// columns.
#define FIELD(name, type, meaning, expression, ...)                                     \
  Definition {                                                                          \
    {name,                                                                              \
     "",                                                                                \
     FieldType::type,                                                                   \
     "",                                                                                \
     meaning,                                                                           \
     {},                                                                                \
     [](const KnownInstance& k, [[maybe_unused]] const StatusLimits& l) -> FieldValue { \
       [[maybe_unused]] const auto& i = k.instance;                                     \
       return expression;                                                               \
     },                                                                                 \
     nullptr},                                                                          \
    {                                                                                   \
      __VA_ARGS__                                                                       \
    }                                                                                   \
  }
// A field of SemiSync that has one column.
#define SEMI_SYNC(name, type, meaning, member, column)                                        \
  FIELD(name, type, meaning, semi_sync_value(semi_sync(i).member),                            \
        COLUMN(column, semi_sync_type(SemiSync{}.member), stored_number(semi_sync(i).member), \
               set_if_known(d, &SemiSync::member, r.number(c))))                              \
      .if_present(knows_semi_sync)
// Columns of facts that the API does not have.
#define STORED(...)                                            \
  Definition {                                                 \
    {"", "", FieldType::text, "", "", {}, nullptr, nullptr}, { \
      __VA_ARGS__                                              \
    }                                                          \
  }

// The thread states come before slave_sql_running and slave_io_running, which very old releases have instead.
constexpr std::array definitions{
    FIELD("Key", key, "The host name and port under which the instance is known", &i.key,
          WRITTEN("hostname", host_type, stored_text(i.key.hostname())),
          WRITTEN("port", port_type, stored_number(i.key.port()))),
    FIELD("Uptime", number, "Time since the server was started, when it was last read", whole(i.uptime),
          COLUMN("uptime", number_type, number(i.uptime),
                 d.instance.uptime = std::chrono::seconds(r.number(c))))
        .in("seconds"),
    FIELD("ServerID", number, "server_id", std::uint64_t{i.server_id},
          COLUMN("server_id", number_type, stored_number(i.server_id),
                 d.instance.server_id = static_cast<std::uint32_t>(r.number(c)))),
    FIELD("Version", text, "version; \"Unknown\" for an instance that was never read",
          std::string_view(i.version),
          COLUMN("version", host_type, stored_text(i.version), d.instance.version = r.string(c)),
          WRITTEN("major_version", text16_type, stored_whole(major_version_text(i.version).substr(0, 16)))),
    FIELD("ReadOnly", boolean, "read_only", i.read_only,
          COLUMN("read_only", flag_type, flag(i.read_only), d.instance.read_only = r.number(c) != 0)),
    FIELD("Binlog_format", text, "binlog_format", std::string_view(i.binlog_format),
          COLUMN("binlog_format", text16_type, stored_text(i.binlog_format, 16),
                 d.instance.binlog_format = r.string(c))),
    FIELD("LogBinEnabled", boolean, "log_bin", i.log_bin,
          COLUMN("log_bin", flag_type, flag(i.log_bin), d.instance.log_bin = r.number(c) != 0)),
    FIELD("LogSlaveUpdatesEnabled", boolean, "log_slave_updates: the binary log has what is replicated, too",
          i.log_slave_updates,
          COLUMN("log_slave_updates", flag_type, flag(i.log_slave_updates),
                 d.instance.log_slave_updates = r.number(c) != 0))
        .also("LogReplicationUpdatesEnabled"),
    FIELD("SelfBinlogCoordinates", coordinates, "End of the binary log; empty without a binary log",
          &i.self_coordinates,
          COLUMN("binary_log_file", host_type, stored_text(i.self_coordinates.file),
                 d.instance.self_coordinates.file = r.string(c)),
          COLUMN("binary_log_pos", count_type, stored_number(i.self_coordinates.position),
                 d.instance.self_coordinates.position = position(r, c))),
    FIELD("MasterKey", key, "The master of the main channel; empty: not a replica", &master_of(i),
          COLUMN("master_host", host_type, stored_text(master_of(i).hostname()), d.master_host = r.string(c)),
          COLUMN("master_port", port_type, stored_number(master_of(i).port()), d.master_port = r.number(c))),
    FIELD("Slave_SQL_Running", boolean, "The SQL thread runs",
          main_channel(i).sql_thread == ThreadState::running,
          COLUMN("replication_sql_thread_state", state_type, state_number(main_channel(i).sql_thread),
                 d.channel.sql_thread = thread_state(r, c)),
          COLUMN("slave_sql_running", flag_type, flag(main_channel(i).sql_thread == ThreadState::running),
                 note_running(d.channel.sql_thread, r, c)))
        .also("ReplicationSQLThreadRuning"),
    FIELD("Slave_IO_Running", boolean, "The IO thread runs and is connected",
          main_channel(i).io_thread == ThreadState::running,
          COLUMN("replication_io_thread_state", state_type, state_number(main_channel(i).io_thread),
                 d.channel.io_thread = thread_state(r, c)),
          COLUMN("slave_io_running", flag_type, flag(main_channel(i).io_thread == ThreadState::running),
                 note_running(d.channel.io_thread, r, c)))
        .also("ReplicationIOThreadRuning"),
    FIELD("HasReplicationFilters", boolean, "Replication filters are configured", main_channel(i).has_filters,
          COLUMN("has_replication_filters", flag_type, flag(main_channel(i).has_filters),
                 d.channel.has_filters = r.number(c) != 0)),
    FIELD("UsingOracleGTID", boolean, "Replicates by GTID, with Auto_Position (MySQL)",
          main_channel(i).using_oracle_gtid,
          COLUMN("oracle_gtid", flag_type, flag(main_channel(i).using_oracle_gtid),
                 d.channel.using_oracle_gtid = r.number(c) != 0)),
    FIELD("UsingMariaDBGTID", boolean, "Replicates by GTID, with Using_Gtid (MariaDB)",
          main_channel(i).using_mariadb_gtid,
          COLUMN("mariadb_gtid", flag_type, flag(main_channel(i).using_mariadb_gtid),
                 d.channel.using_mariadb_gtid = r.number(c) != 0)),
    FIELD("UsingPseudoGTID", boolean, "Pseudo-GTID entries were found, by DetectPseudoGTIDQuery",
          i.using_pseudo_gtid,
          COLUMN("pseudo_gtid", flag_type, flag(i.using_pseudo_gtid),
                 d.instance.using_pseudo_gtid = r.number(c) != 0)),
    FIELD("ReadBinlogCoordinates", coordinates, "Received by the IO thread, in the binary log of the master",
          &main_channel(i).read,
          COLUMN("master_log_file", host_type, stored_text(main_channel(i).read.file),
                 d.channel.read.file = r.string(c)),
          COLUMN("read_master_log_pos", count_type, stored_number(main_channel(i).read.position),
                 d.channel.read.position = position(r, c))),
    FIELD("ExecBinlogCoordinates", coordinates, "Executed by the SQL thread, in the binary log of the master",
          &main_channel(i).exec,
          COLUMN("relay_master_log_file", host_type, stored_text(main_channel(i).exec.file),
                 d.channel.exec.file = r.string(c)),
          COLUMN("exec_master_log_pos", count_type, stored_number(main_channel(i).exec.position),
                 d.channel.exec.position = position(r, c))),
    FIELD("RelaylogCoordinates", coordinates, "Position of the SQL thread in the relay log",
          &main_channel(i).relay,
          COLUMN("relay_log_file", host_type, stored_text(main_channel(i).relay.file),
                 d.channel.relay.file = r.string(c)),
          COLUMN("relay_log_pos", count_type, stored_number(main_channel(i).relay.position),
                 d.channel.relay.position = position(r, c))),
    FIELD("LastSQLError", text, "Last error of the SQL thread",
          std::string_view(main_channel(i).last_sql_error),
          COLUMN("last_sql_error", text_type, stored_text(main_channel(i).last_sql_error, message_length),
                 d.channel.last_sql_error = r.string(c))),
    FIELD("LastIOError", text, "Last error of the IO thread", std::string_view(main_channel(i).last_io_error),
          COLUMN("last_io_error", text_type, stored_text(main_channel(i).last_io_error, message_length),
                 d.channel.last_io_error = r.string(c))),
    FIELD("SecondsBehindMaster", optional_number, "Seconds_Behind_Master",
          main_channel(i).seconds_behind_master,
          COLUMN("seconds_behind_master", optional_count_type, seconds(main_channel(i).seconds_behind_master),
                 d.channel.seconds_behind_master = seconds(r, c)))
        .in("seconds"),
    FIELD("SlaveLagSeconds", optional_number, "Lag by SlaveLagQuery, or else SecondsBehindMaster",
          i.slave_lag,
          COLUMN("slave_lag_seconds", optional_count_type, seconds(i.slave_lag),
                 d.instance.slave_lag = seconds(r, c)))
        .also("ReplicationLagSeconds")
        .in("seconds"),
    FIELD("SlaveHosts", keys, "The replicas that the instance itself lists",
          std::span<const InstanceKey>(i.replica_hosts),
          COLUMN("slave_hosts", long_text_type, stored_whole(keys_to_json(i.replica_hosts)),
                 d.instance.replica_hosts = keys_from_json(r.text(c))),
          WRITTEN("num_slave_hosts", number_type, stored_number(i.replica_hosts.size())))
        .also("Replicas"),
    FIELD("ClusterName", text, "host:port of the topmost known instance of the cluster",
          std::string_view(i.cluster_name),
          COLUMN("cluster_name", host_type, stored_text(i.cluster_name),
                 d.instance.cluster_name = r.string(c))),
    FIELD("DataCenter", text, "By DataCenterPattern", std::string_view(i.data_center),
          COLUMN("data_center", text32_type, stored_text(i.data_center, 32),
                 d.instance.data_center = r.string(c))),
    FIELD("PhysicalEnvironment", text, "By PhysicalEnvironmentPattern",
          std::string_view(i.physical_environment),
          COLUMN("physical_environment", text32_type, stored_text(i.physical_environment, 32),
                 d.instance.physical_environment = r.string(c))),
    FIELD("ReplicationDepth", number, "Number of masters above the instance",
          std::uint64_t{i.replication_depth},
          COLUMN("replication_depth", number_type, stored_number(i.replication_depth),
                 d.instance.replication_depth = static_cast<unsigned>(r.number(c)))),
    FIELD(
        "IsCoMaster", boolean, "Its master is also its replica", i.is_co_master,
        COLUMN("is_co_master", flag_type, flag(i.is_co_master), d.instance.is_co_master = r.number(c) != 0)),
    FIELD("IsLastCheckValid", boolean, "The last attempt to read the instance succeeded", k.last_check_valid),
    FIELD("IsUpToDate", boolean, "Read within InstancePollSeconds", k.is_up_to_date(l.poll_interval)),
    FIELD("IsRecentlyChecked", boolean, "Read within five times InstancePollSeconds",
          k.is_recently_checked(l.poll_interval)),
    FIELD("SecondsSinceLastSeen", optional_number, "Age of the last successful read", k.since_last_seen)
        .in("seconds"),
    FIELD("CountMySQLSnapshots", number, "Snapshots that the agent of the host has reported",
          std::uint64_t{k.mysql_snapshots}),
    FIELD("ServerUUID", text, "server_uuid; empty on MariaDB and MySQL 5.5", std::string_view(i.server_uuid),
          COLUMN("server_uuid", text64_type, stored_text(i.server_uuid, 64),
                 d.instance.server_uuid = r.string(c))),
    FIELD("GtidErrant", text,
          "Errant transactions: a replica has them and its master does not, by GTID; \"\": none are known",
          std::string_view(i.errant_gtids),
          COLUMN("gtid_errant", long_text_type, stored_text(i.errant_gtids, errant_length),
                 d.instance.errant_gtids = r.string(c))),
    FIELD("ReceivedGtidSet", text, "Received by the IO thread since its relay logs were created, by GTID",
          std::string_view(main_channel(i).received_gtids),
          COLUMN("received_gtid_set", long_text_type, stored_text(main_channel(i).received_gtids, set_length),
                 d.channel.received_gtids = r.string(c))),
    FIELD("MostReceivedBinlogCoordinates", coordinates,
          "The most that it is known to have received of the log of its present master: beyond "
          "ReadBinlogCoordinates it has lost the rest",
          &i.received_most,
          COLUMN("most_received_log_file", host_type, stored_text(i.received_most.file),
                 d.instance.received_most.file = r.string(c)),
          COLUMN("most_received_log_pos", count_type, stored_number(i.received_most.position),
                 d.instance.received_most.position = position(r, c))),
    FIELD("HasNeverConnected", boolean,
          "A replica that has not connected to its master since that master was configured",
          i.never_connected()),
    FIELD("IsMultiSource", boolean, "A replica on several channels", i.is_multi_source()),
    FIELD("HasBinlogFilters", boolean,
          "binlog-do-db or binlog-ignore-db is configured: the binary log lacks changes, and so do replicas",
          i.has_binlog_filters,
          COLUMN("has_binlog_filters", flag_type, flag(i.has_binlog_filters),
                 d.instance.has_binlog_filters = r.number(c) != 0)),
    FIELD("ReplicationChannels", channels, "All channels of a replica on several channels",
          std::span<const ReplicationChannel>(i.channels),
          COLUMN("replication_channels", long_text_type, stored_whole(channels_to_json(i)),
                 d.channels_json = r.string(c)))
        .if_present([](const KnownInstance& k) { return k.instance.is_multi_source(); }),
    FIELD(
        "SemiSyncAvailable", boolean,
        "Both sides of semi-synchronous replication can be enabled: plugins are loaded, or it is built in",
        semi_sync(i).has_source&& semi_sync(i).has_replica,
        COLUMN("semi_sync_sides", optional_count_type, semi_sync_sides(i), begin_semi_sync(d.instance, r, c)),
        WRITTEN("semi_sync_available", flag_type, flag(semi_sync(i).has_source&& semi_sync(i).has_replica)))
        .if_present(knows_semi_sync),
    SEMI_SYNC("SemiSyncMasterEnabled", boolean,
              "rpl_semi_sync_master_enabled or rpl_semi_sync_source_enabled", source_enabled,
              "semi_sync_master_enabled"),
    SEMI_SYNC("SemiSyncReplicaEnabled", boolean,
              "rpl_semi_sync_slave_enabled or rpl_semi_sync_replica_enabled", replica_enabled,
              "semi_sync_replica_enabled"),
    FIELD("SemiSyncMasterTimeout", number, "How long a commit waits for replicas to acknowledge",
          semi_sync_timeout(i),
          COLUMN("semi_sync_master_timeout", count_type, stored_number(semi_sync_timeout(i)),
                 set_if_known(d, &SemiSync::timeout, std::chrono::milliseconds(r.number(c)))))
        .if_present(knows_semi_sync)
        .in("milliseconds"),
    SEMI_SYNC("SemiSyncMasterWaitForReplicaCount", number,
              "Replicas that a commit waits for; without such a setting 1, when enabled", wait_count,
              "semi_sync_master_wait_for_slave_count"),
    SEMI_SYNC("SemiSyncMasterStatus", boolean, "Commits wait for replicas, and have not given up for now",
              source_works, "semi_sync_master_status"),
    SEMI_SYNC("SemiSyncMasterClients", number, "Replicas that acknowledge to it", clients,
              "semi_sync_master_clients"),
    SEMI_SYNC("SemiSyncReplicaStatus", boolean, "It acknowledges to its master", replica_works,
              "semi_sync_replica_status"),
    FIELD("ParallelWorkers", number,
          "slave_parallel_workers, replica_parallel_workers or slave_parallel_threads",
          std::uint64_t{i.parallel_workers.value_or(0)},
          COLUMN("parallel_workers", optional_count_type, optional_number(i.parallel_workers),
                 d.instance.parallel_workers = optional_count(r, c)))
        .if_present([](const KnownInstance& k) { return k.instance.parallel_workers.has_value(); }),
    FIELD("Warnings", texts, "What the last read could not find out, a sentence each",
          std::span<const std::string>(i.warnings),
          COLUMN("check_warnings", long_text_type, stored_whole(texts_to_json(i.warnings)),
                 d.instance.warnings = texts_from_json(r.text(c))),
          WRITTEN("last_check_partial_success", flag_type, flag(i.warnings.empty()))),
    FIELD("LastCheckError", text, "Why the last attempt to read the instance failed",
          std::string_view(k.last_check_error)),
    FIELD(
        "LastCheckFailure", text,
        "What that says: no-answer: it may be dead; answered: it is alive; local: nothing, the failure is on "
        "this side; unknown; \"\": it was read",
        to_string(k.last_check_failure)),
    FIELD("UnfinishedOperation", text, "What an interrupted operation left behind here",
          std::string_view(k.unfinished_operation)),
    FIELD("PromotionRule", text,
          "Whether a person wants it to become a master: prefer, neutral, prefer_not or must_not",
          to_string(k.promotion_rule)),
    FIELD("IsReturned", boolean,
          "A former master that answers again, and is no replica, or may have what its master lacks",
          is_returned(k)),
    FIELD("ReplacedBy", key,
          "The instance that took its place as the master, until it is a replica or made writable; none: it "
          "was not replaced",
          replaced_by(k)),
    FIELD("ReplacedAt", text, "When that happened, UTC; \"\": it was not replaced",
          k.replaced ? std::string_view(k.replaced->at) : std::string_view()),
    FIELD("IsReplica", boolean, "Replicates from a master, or should", i.is_replica()),
    FIELD("IsClusterMaster", boolean, "The cluster is named after it", i.key.display() == i.cluster_name),
    FIELD("ReplicationRunning", boolean, "Both threads of the main channel run", i.replica_running()),
    FIELD("Problem", problem, "The worst of its problems; \"\": none", problem_of(k, l)),
    FIELD("ProblemRank", number, "The rank of that problem: 1 is the worst kind; 0: none",
          static_cast<std::uint64_t>(problem_of(k, l))),
    FIELD("Problems", texts, "All its problems, a sentence each", problems_of(k, l)),
    FIELD("Remedy", text, "What to do about the worst problem, a sentence; \"\": no problem",
          remedy_of(k, l)),
    STORED(COLUMN("version_comment", host_type, stored_text(i.version_comment),
                  d.instance.version_comment = r.string(c))),
    STORED(COLUMN("reported_hostname", host_type, stored_text(i.reported_hostname),
                  d.instance.reported_hostname = r.string(c)),
           COLUMN("reported_port", port_type, stored_number(i.reported_port),
                  d.instance.reported_port = reported_port(r, c))),
    STORED(COLUMN("super_read_only", flag_type, flag(i.super_read_only),
                  d.instance.super_read_only = r.number(c) != 0)),
    STORED(COLUMN("binlog_row_image", text16_type, stored_text(i.binlog_row_image, 16),
                  d.instance.binlog_row_image = r.string(c))),
    STORED(COLUMN("binlog_checksum", text16_type, stored_text(i.binlog_checksum, 16),
                  d.instance.binlog_checksum = r.string(c))),
    STORED(COLUMN("binlog_compression", flag_type, flag(i.binlog_compression),
                  d.instance.binlog_compression = r.number(c) != 0)),
    STORED(COLUMN("gtid_mode", text32_type, stored_text(i.gtid_mode, 32), d.instance.gtid_mode = r.string(c)),
           WRITTEN("supports_oracle_gtid", flag_type, flag(i.gtid_mode == "ON"))),
    STORED(COLUMN("executed_gtid_set", long_text_type, stored_text(i.executed_gtid_set, set_length),
                  d.instance.executed_gtid_set = r.string(c))),
    STORED(COLUMN("gtid_purged", long_text_type, stored_text(i.gtid_purged, set_length),
                  d.instance.gtid_purged = r.string(c))),
    STORED(COLUMN("gtid_binlog_state", long_text_type, stored_text(i.logged_gtids, set_length),
                  d.instance.logged_gtids = r.string(c))),
    STORED(COLUMN("binlog_server", flag_type, flag(i.is_binlog_server),
                  d.instance.is_binlog_server = r.number(c) != 0)),
    STORED(COLUMN("master_uuid", text64_type, stored_text(main_channel(i).master_uuid, 64),
                  d.channel.master_uuid = r.string(c))),
    STORED(COLUMN("allow_tls", flag_type, flag(main_channel(i).allow_tls),
                  d.channel.allow_tls = r.number(c) != 0)),
    STORED(COLUMN("sql_delay", number_type, number(main_channel(i).sql_delay),
                  d.channel.sql_delay = std::chrono::seconds(r.number(c)))),
    STORED(COLUMN("suggested_cluster_alias", host_type, stored_text(i.suggested_cluster_alias),
                  d.instance.suggested_cluster_alias = r.string(c))),
};

#undef COLUMN
#undef WRITTEN
#undef FIELD
#undef STORED
#undef SEMI_SYNC

std::vector<InstanceField> make_fields() {
  std::vector<InstanceField> fields;
  for (const auto& definition : definitions) {
    auto& field = fields.emplace_back(definition.field);
    std::ranges::transform(definition.columns, field.columns.begin(), &InstanceColumn::name);
  }
  return fields;
}

std::vector<InstanceColumn> make_columns() {
  std::vector<InstanceColumn> columns;
  for (const auto& definition : definitions) {
    std::ranges::copy_if(definition.columns, std::back_inserter(columns),
                         [](const InstanceColumn& column) { return !column.name.empty(); });
  }
  return columns;
}

}  // namespace

std::span<const InstanceField> instance_fields() {
  static const auto fields = make_fields();
  return fields;
}

std::span<const InstanceColumn> store::instance_columns() {
  static const auto columns = make_columns();
  return columns;
}

}  // namespace topo
