// Instance: one MySQL or MariaDB server process as last read. Facts only; what is concluded from
// several instances is Topology's.
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

namespace topo {

using pgtid::BinlogCoordinates;
using pgtid::LogType;

// What SHOW SLAVE STATUS says of a thread: `Yes`, `No`, anything else (`Connecting`, `Preparing`).
// The numbers are those of the backend columns replication_io_thread_state and …_sql_thread_state.
enum class ThreadState : std::int8_t { none = -1, stopped = 0, running = 1, other = 2 };

// One row of SHOW SLAVE STATUS, SHOW ALL SLAVES STATUS or SHOW REPLICA STATUS.
struct ReplicationChannel {
  std::string name;    // channel (MySQL) or connection (MariaDB); "" is the default one
  InstanceKey master;  // as configured, after name resolution; names no server where the row does not
  // What the row names as the master where that is no host name or port: text to be shown, never followed.
  std::string unusable_master;
  InstanceKey told_master;  // the same before name resolution; of a read just made, not stored
  // Of the server that it last connected to under that name; "" and 0: it has not, or it is not told.
  // MySQL 5.6 and newer tell both, MariaDB the latter.
  std::string master_uuid;
  std::uint32_t master_server_id = 0;  // of a read just made, not stored
  ThreadState io_thread = ThreadState::none;
  ThreadState sql_thread = ThreadState::none;
  BinlogCoordinates read;                          // what the IO thread has fetched, in the master's log
  BinlogCoordinates exec;                          // what the SQL thread has executed, in the master's log
  BinlogCoordinates relay{{}, 0, LogType::relay};  // where the SQL thread reads, in its own relay log
  std::string last_io_error;
  std::string last_sql_error;
  std::optional<std::chrono::seconds> seconds_behind_master;  // nullopt: NULL
  std::chrono::seconds sql_delay{0};
  bool using_oracle_gtid = false;
  bool using_mariadb_gtid = false;
  bool has_filters = false;
  bool allow_tls = false;
  bool has_read_relay_log = false;  // the SQL thread waits for more; of a read just made, not stored

  // Takes a master as a server or the backend tells it: what names no server becomes unusable_master, but for
  // "_", which is put there before RESET SLAVE.
  void set_master(std::string_view host, std::int64_t port);
  // The row names a master, known by a usable name or not.
  [[nodiscard]] bool has_master() const noexcept { return master.valid() || !unusable_master.empty(); }

  friend bool operator==(const ReplicationChannel&, const ReplicationChannel&) = default;
};

// A row of the process list that has been running for more than a minute.
struct LongQuery {
  std::uint64_t id = 0;
  std::string user, host, db, command, state, info;  // info: its first 1024 characters
  std::chrono::seconds time{0};
  Timestamp started_at{};

  friend bool operator==(const LongQuery&, const LongQuery&) = default;
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
  std::string binlog_checksum;      // "NONE", "CRC32"; "" where there is no such thing
  bool binlog_compression = false;  // MySQL: @@binlog_transaction_compression
  bool log_bin = false;
  bool log_slave_updates = false;
  std::string gtid_mode;          // MySQL: @@gtid_mode; "" elsewhere
  std::string executed_gtid_set;  // MySQL: @@gtid_executed; MariaDB: @@gtid_current_pos
  std::string gtid_purged;
  bool is_binlog_server = false;       // MaxScale
  BinlogCoordinates self_coordinates;  // empty when log_bin is off

  // Empty: not a replica. Several: a replica on several channels (multi-source).
  std::vector<ReplicationChannel> channels;
  bool using_pseudo_gtid = false;
  std::optional<std::chrono::seconds> slave_lag;  // SlaveLagQuery's answer, else seconds behind master
  std::vector<InstanceKey> replica_hosts;         // as this instance lists them, sorted, no repeats
  std::vector<LongQuery> long_queries;

  std::string data_center;
  std::string physical_environment;
  std::string suggested_cluster_alias;

  // Facts that this read had to do without, a sentence each: a missing grant, a failing custom query, an
  // odd row. Empty: all was read.
  std::vector<std::string> warnings;
  // The server refused to tell how it replicates: `channels` says nothing. Of a read just made, not stored.
  bool replication_unread = false;
  bool replica_hosts_unread = false;  // the same of `replica_hosts`
  bool cluster_alias_read = false;  // DetectClusterAliasQuery was answered: "" then means that there is none
  // As which MySQLHostnameResolveMethod would have it known; names no server: none. Of a read just made, not
  // stored.
  InstanceKey told_key;

  // Concluded when the instance is written, kept beside the facts as the backend does.
  std::string cluster_name;
  unsigned replication_depth = 0;
  bool is_co_master = false;

  // The channel that counts for an instance that replicates: the default one, or else the first by name;
  // one without a master, or that RESET SLAVE left, only if there is no other. nullptr: not a replica.
  [[nodiscard]] const ReplicationChannel* replication() const noexcept;
  // The master of that channel; an invalid key when there is none, none that is usable, or one that RESET
  // SLAVE left (see is_leftover).
  [[nodiscard]] InstanceKey master_key() const;
  // Has a master, and that is more than what RESET SLAVE leaves: a host, but nothing that was ever read
  // from it, and no thread that tries to or has failed to.
  [[nodiscard]] bool is_replica() const noexcept;
  // A replica that has not got through to its master since it was given that one: no coordinates are known.
  // One that was given coordinates with its master is not told apart.
  [[nodiscard]] bool never_connected() const noexcept;
  // is_replica, and both threads run.
  [[nodiscard]] bool replica_running() const noexcept;
  // The channels that it replicates on: those that have a master, and not one that RESET SLAVE left.
  [[nodiscard]] std::size_t channels_in_use() const noexcept;
  [[nodiscard]] bool is_multi_source() const noexcept { return channels_in_use() > 1; }
  // That RESET SLAVE without ALL may have left it. A master that was given without coordinates and never
  // tried looks the same in MySQL without GTID; in MariaDB it then has a relay log. By GTID (Auto_Position)
  // MySQL goes on where it was when it is started after such a reset, so that is a replica, too.
  [[nodiscard]] bool is_leftover(const ReplicationChannel& channel) const noexcept;
  [[nodiscard]] bool is_in_use(const ReplicationChannel& channel) const noexcept;

  friend bool operator==(const Instance&, const Instance&) = default;
};

// An Instance as the backend knows it, with how fresh that knowledge is.
struct KnownInstance {
  Instance instance;
  std::optional<std::chrono::seconds> since_last_checked;  // since the last attempt to read it
  std::optional<std::chrono::seconds> since_last_seen;     // since the last successful one; nullopt: never
  bool last_check_valid = false;                           // the last attempt succeeded
  std::string last_check_error;                            // why it did not
  unsigned mysql_snapshots = 0;                            // as its agent reported
  // Who has locked it, since when and why, in a sentence; "": nobody. Set by who asks the backend for locks.
  std::string locked;
  bool is_locked_by_operation = false;  // one that is under way, and not a person
  // Why the server that it replicates from is not the one that its master's name leads to, in a sentence; "":
  // it is, as far as is known. Set by who is about to rely on it, from a read just made.
  std::string master_in_doubt;
  // What an operation left of it that could not put it right, or whose process ended in the middle, in a
  // sentence; "": nothing.
  std::string unfinished_operation;

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
