// Instance: one MySQL or MariaDB server process as last read. Facts only; conclusions from several instances
// are in Topology.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pgtid/coordinates.h"
#include "topo/base/clock.h"
#include "topo/base/instance_key.h"
#include "topo/base/read_failure.h"
#include "topo/model/promotion_rule.h"

namespace topo {

using pgtid::BinlogCoordinates;
using pgtid::LogType;

// The state of a thread in SHOW SLAVE STATUS: `Yes`, `No`, anything else (`Connecting`, `Preparing`). The
// numbers are those of the backend columns replication_io_thread_state and …_sql_thread_state.
enum class ThreadState : std::int8_t { none = -1, stopped = 0, running = 1, other = 2 };

// One row of SHOW SLAVE STATUS, SHOW ALL SLAVES STATUS or SHOW REPLICA STATUS.
struct ReplicationChannel {
  std::string name;  // channel (MySQL) or connection (MariaDB); "" is the default one
  // As configured, after name resolution; nullopt if the row names no server.
  std::optional<InstanceKey> master;
  // The master in the row if it is not a valid host name or port: for display only, never contacted.
  std::string unusable_master;
  std::optional<InstanceKey> reported_master;  // before name resolution; fresh reads only, not stored
  // The server that the replica last connected to under that name. "" and 0: never connected, or not
  // reported. MySQL 5.6 and newer report both, MariaDB only the server id.
  std::string master_uuid;
  std::uint32_t master_server_id = 0;  // fresh reads only, not stored
  ThreadState io_thread = ThreadState::none;
  ThreadState sql_thread = ThreadState::none;
  BinlogCoordinates read;                          // received by the IO thread, in the master's log
  BinlogCoordinates exec;                          // executed by the SQL thread, in the master's log
  BinlogCoordinates relay{{}, 0, LogType::relay};  // position of the SQL thread in the relay log
  std::string last_io_error;
  std::string last_sql_error;
  std::optional<std::chrono::seconds> seconds_behind_master;  // nullopt: NULL
  std::chrono::seconds sql_delay{0};
  // What the IO thread has received, by GTID: Retrieved_Gtid_Set (MySQL; since the relay logs were created)
  // or Gtid_IO_Pos (MariaDB). "": nothing, or not reported. Of the main channel only it is stored.
  std::string received_gtids;
  bool using_oracle_gtid = false;
  bool using_mariadb_gtid = false;
  bool has_filters = false;        // leaves out events, or changes them
  std::string ignored_server_ids;  // IGNORE_SERVER_IDS, as shown: "3, 5"; fresh reads only, not stored
  bool allow_tls = false;
  bool has_read_relay_log = false;  // the SQL thread waits for more; fresh reads only, not stored
  // Why it did not execute all that it has received, when an operation made it try; "": it did, or was not
  // made to try. Not stored.
  std::string why_not_drained;

  // Sets the master as a server or the backend reports it. Text that names no server becomes unusable_master,
  // except "_", which is set before RESET SLAVE.
  void set_master(std::string_view host, std::int64_t port);
  // The row names a master, by a usable name or not.
  [[nodiscard]] bool has_master() const noexcept { return master.has_value() || !unusable_master.empty(); }

  friend bool operator==(const ReplicationChannel&, const ReplicationChannel&) = default;
};

// A statement in the process list that has been running for more than a minute.
struct LongQuery {
  std::uint64_t id = 0;
  std::string user, host, db, command, state, info;  // info: its first 1024 characters
  std::chrono::seconds time{0};
  Timestamp started_at{};

  friend bool operator==(const LongQuery&, const LongQuery&) = default;
};

// Semi-synchronous replication, as variables and status of the server say: MySQL Reference Manual,
// "Semisynchronous Replication".
struct SemiSync {
  bool has_source = false, has_replica = false;  // the plugin of that side is loaded, or is built in
  bool source_enabled = false, replica_enabled = false;
  std::chrono::milliseconds timeout{0};  // of the source side: then commits wait no longer
  // How many replicas a commit waits for. A server without such a setting waits for 1 when its source side is
  // enabled; it has 0 here otherwise.
  std::uint32_t wait_count = 0;
  bool source_works = false, replica_works = false;  // status: enabled, and not given up for now
  std::uint32_t clients = 0;                         // replicas that acknowledge to it

  friend bool operator==(const SemiSync&, const SemiSync&) = default;
};

// Settings of semi-synchronous replication to change; nullopt: stays.
struct SemiSyncChange {
  std::optional<bool> source{}, replica{};
  std::optional<std::chrono::milliseconds> timeout{};
  std::optional<std::uint32_t> wait_count{};  // ignored by servers without such a setting

  friend bool operator==(const SemiSyncChange&, const SemiSyncChange&) = default;
};

struct Instance {
  InstanceKey key;

  std::string version;  // "10.11.6-MariaDB-log"; "Unknown" for one never read
  std::string version_comment;
  std::uint32_t server_id = 0;
  std::string server_uuid;          // "" on MariaDB and MySQL 5.5
  std::string reported_hostname;    // @@hostname
  std::uint16_t reported_port = 0;  // @@port
  std::chrono::seconds uptime{0};
  bool read_only = false;
  bool super_read_only = false;
  std::string binlog_format;
  std::string binlog_row_image;
  std::string binlog_checksum;      // "NONE", "CRC32"; "" if not supported
  bool binlog_compression = false;  // MySQL: @@binlog_transaction_compression
  bool log_bin = false;
  bool log_slave_updates = false;
  bool has_binlog_filters = false;  // binlog-do-db or binlog-ignore-db: its binary log lacks changes
  std::string gtid_mode;            // MySQL: @@gtid_mode; "" elsewhere
  std::string executed_gtid_set;    // MySQL: @@gtid_executed; MariaDB: @@gtid_current_pos
  std::string gtid_purged;
  std::string logged_gtids;            // MariaDB: @@gtid_binlog_state; "" elsewhere
  bool is_binlog_server = false;       // MaxScale
  BinlogCoordinates self_coordinates;  // empty when log_bin is off

  // Empty: not a replica. Several: a replica on several channels (multi-source).
  std::vector<ReplicationChannel> channels;
  bool using_pseudo_gtid = false;
  std::optional<std::chrono::seconds> slave_lag;  // SlaveLagQuery's answer, else seconds behind master
  std::vector<InstanceKey> replica_hosts;         // as this instance lists them; sorted, unique
  std::vector<LongQuery> long_queries;

  std::optional<SemiSync> semi_sync;  // nullopt: unknown
  std::optional<std::uint32_t>
      parallel_workers;  // that execute what is replicated; nullopt: unknown, or none

  std::string data_center;
  std::string physical_environment;
  std::string suggested_cluster_alias;

  // A sentence for each fact that could not be read: a missing grant, a failing custom query, an odd row.
  // Empty: all facts were read.
  std::vector<std::string> warnings;
  // The server refused to report its replication status, so `channels` is meaningless. Fresh reads only, not
  // stored.
  bool replication_unread = false;
  bool replica_hosts_unread = false;  // the same for `replica_hosts`
  bool cluster_alias_read = false;    // DetectClusterAliasQuery succeeded: "" then means no alias
  // The key by MySQLHostnameResolveMethod; nullopt: none. Fresh reads only, not stored.
  std::optional<InstanceKey> reported_key;

  // Derived when the instance is written; kept beside the facts, as in the backend.
  std::string cluster_name;
  unsigned replication_depth = 0;
  bool is_co_master = false;
  // The most that the main channel is known to have received of the log of its present master; beyond `read`:
  // it has lost the rest (topology/received.h).
  BinlogCoordinates received_most;
  // Its errant transactions, as topology/errant.h writes them; "": none are known.
  std::string errant_gtids;

  // The main channel: the default one, or else the first by name. A channel without a master, or left by
  // RESET SLAVE, only if there is no other. nullptr: there is no channel.
  [[nodiscard]] const ReplicationChannel* replication() const noexcept;
  // The master of the main channel. nullopt if there is none, its name is unusable, or RESET SLAVE left it
  // (see is_leftover).
  [[nodiscard]] std::optional<InstanceKey> master_key() const;
  // The same, of an instance that is known to be a replica. Throws Error{refused} if it is none.
  [[nodiscard]] const InstanceKey& required_master() const;
  // The main channel has a master and was not left by RESET SLAVE, which leaves a host, but nothing received
  // from it, and no thread that is running or has failed.
  [[nodiscard]] bool is_replica() const noexcept;
  // A replica that has not connected to its master since that master was configured: no coordinates are
  // known. A replica that was configured with coordinates is not recognized.
  [[nodiscard]] bool never_connected() const noexcept;
  // is_replica(), and both threads run.
  [[nodiscard]] bool replica_running() const noexcept;
  // The number of channels that have a master and were not left by RESET SLAVE.
  [[nodiscard]] std::size_t channels_in_use() const noexcept;
  [[nodiscard]] bool is_multi_source() const noexcept { return channels_in_use() > 1; }
  // It replicates from `other` on a channel beside the main one, whose master is another one.
  [[nodiscard]] bool is_side_replica_of(const InstanceKey& other) const noexcept;
  // RESET SLAVE without ALL may have left this channel. A master configured without coordinates and never
  // tried looks the same in MySQL without GTID; in MariaDB the channel then has a relay log. With GTID
  // (Auto_Position) MySQL resumes where it was when it is started after such a reset, so that channel is a
  // replica, too.
  [[nodiscard]] bool is_leftover(const ReplicationChannel& channel) const noexcept;
  [[nodiscard]] bool is_in_use(const ReplicationChannel& channel) const noexcept;

  friend bool operator==(const Instance&, const Instance&) = default;
};

// How an instance lost its place as the master of a cluster, by an operation or a recovery.
struct ReplacedMaster {
  InstanceKey successor;               // the last one, if there were several since
  std::string at;                      // "YYYY-MM-DD HH:MM:SS", UTC
  std::chrono::seconds age{0};         // since then
  std::uint32_t server_id = 0;         // of the instance, as last read before; 0: it was never read
  std::string server_uuid;             // likewise
  std::string successor_cluster_name;  // of the successor now; "": the successor is not known
  std::optional<InstanceKey> successor_master{};  // of the successor now
  bool successor_takes_writes = false;            // it is writable, and no thread of its replication runs
  bool is_in_operation = false;                   // an operation that changes the instance is under way
};

// An Instance as stored in the backend, with the age of its facts.
struct KnownInstance {
  Instance instance;
  std::optional<std::chrono::seconds> since_last_checked;  // since the last attempt to read it
  std::optional<std::chrono::seconds> since_last_seen;  // since the last successful attempt; nullopt: never
  bool last_check_valid = false;                        // the last attempt succeeded
  std::string last_check_error;                         // why the last attempt failed
  ReadFailure last_check_failure = ReadFailure::none;   // what that says about the server
  // How long ago the node that polls has read it, at most a poll interval, when an operation failed to read
  // it. Set by operations on the master that they want to replace.
  std::optional<std::chrono::seconds> polled_ago;
  // Whether a person wants it to become a master. Set by callers that read the rules from the backend.
  PromotionRule promotion_rule = PromotionRule::neutral;
  unsigned mysql_snapshots = 0;  // as its agent reported
  // A sentence: the owner of the lock, its begin and reason; "": not locked. Set by callers that read the
  // locks from the backend.
  std::string locked;
  bool is_locked_by_operation = false;  // locked by a running operation, not by a user
  // A sentence: why the server that it replicates from is not the one that its master's name leads to; "": no
  // difference is known. Set from a fresh read by callers that rely on the master.
  std::string master_in_doubt;
  // A sentence: the leftover of an operation that could not be rolled back, or whose process ended in the
  // middle; "": none.
  std::string unfinished_operation;
  // nullopt: it was not replaced as a master, or this has been settled since (topology/former_master.h).
  std::optional<ReplacedMaster> replaced;
  // The other one of two co-masters, if both take writes, as last read.
  std::optional<InstanceKey> writable_co_master{};

  // Checked within one poll interval.
  [[nodiscard]] bool is_up_to_date(std::chrono::seconds poll_interval) const noexcept;
  // Checked within five poll intervals.
  [[nodiscard]] bool is_recently_checked(std::chrono::seconds poll_interval) const noexcept;
};

// Versions as integer tuples: "5.6.24-log" is (5, 6, 24); missing or unreadable parts are 0.
struct Version {
  unsigned major = 0, minor = 0, patch = 0;
  static Version parse(std::string_view text) noexcept;
  friend auto operator<=>(const Version&, const Version&) = default;
};

// "5.6" of "5.6.24-log": the release series, as text.
[[nodiscard]] std::string major_version_text(std::string_view version);
[[nodiscard]] bool is_mariadb(std::string_view version) noexcept;

}  // namespace topo
