// ReplicationStatements: the statements that control one replication channel, in the syntax of the server's
// flavour and version. MySQL Reference Manual, "SQL Statements for Controlling Replica Servers"; MariaDB
// Knowledge Base, "Replication Commands".
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "topo/mysql/dialect.h"

namespace topo::mysql {

// The account that a replica uses on its master.
struct ReplicationAccount {
  std::string user, password;
  bool tls = false;                            // the connection uses TLS
  std::string ca_file, cert_file, key_file{};  // paths on the replica; "": none
};

// Options for CHANGE MASTER TO. Options not given stay unchanged: user, password, TLS, retry settings, delay.
// The exception is the heartbeat period, which servers reset to its default when the master changes, so it
// must be given.
struct MasterChange {
  InstanceKey master;
  bool as_reported = false;               // keep the name exactly as the replica had it
  std::optional<BinlogCoordinates> from;  // none: by GTID
  bool begins_gtid =
      false;  // the server did not replicate by GTID before: SOURCE_AUTO_POSITION, MASTER_USE_GTID
  std::string gtid_position{};  // MariaDB: where to begin; "": after all that the server has executed
  std::optional<std::chrono::milliseconds> heartbeat;
  std::chrono::seconds delay{0};  // MASTER_DELAY (MySQL 5.6); 0: unchanged
  std::optional<ReplicationAccount> account{};
};

// Masks the password with asterisks, for logs.
[[nodiscard]] MasterChange without_password(MasterChange change);

enum class Threads { both, io, sql };

// MASTER_USE_GTID of MariaDB.
enum class GtidUse { no, slave_pos, current_pos };

class ReplicationStatements {
 public:
  using Quote = std::function<std::string(std::string_view)>;  // quotes a text as a string literal

  // `channel`: name of a channel (MySQL 5.7.6) or connection (MariaDB 10.0); "": the default channel.
  ReplicationStatements(const Dialect& dialect, std::string_view channel, const Quote& quote);

  [[nodiscard]] std::string stop(Threads threads = Threads::both) const;
  [[nodiscard]] std::string start(Threads threads = Threads::both) const;
  // Starts both threads; the SQL thread stops exactly at that position of the master's log.
  [[nodiscard]] std::string start_until(const BinlogCoordinates& coordinates) const;
  // MySQL 5.6.6 and newer: the SQL thread executes the transactions that its workers had skipped when it
  // stopped (usually none), and stops.
  [[nodiscard]] std::string start_until_gaps_are_filled() const;
  // Waits until the SQL thread reaches that position. A number: reached; -1: timed out; NULL: the SQL thread
  // is not running.
  [[nodiscard]] std::string wait_for(const BinlogCoordinates& coordinates,
                                     std::chrono::seconds timeout) const;
  [[nodiscard]] std::string change_master(const MasterChange& change) const;
  // Before change_master(), where a server begins to replicate by GTID: MariaDB's position of replication has
  // not what the server committed itself as a master; "": not needed. MariaDB Knowledge Base,
  // "gtid_slave_pos".
  [[nodiscard]] std::string begin_gtid(const MasterChange& change) const;
  // Replaces the master's host by "_", which is not a host name: for releases that cannot remove it.
  [[nodiscard]] std::string blank_master_host() const;
  // Changes only the coordinates, for detaching and reattaching. MariaDB also resets the heartbeat period
  // here.
  [[nodiscard]] std::string change_coordinates(const BinlogCoordinates& coordinates,
                                               std::optional<std::chrono::milliseconds> heartbeat) const;
  // MariaDB: changes MASTER_USE_GTID and continues at `relay` in the relay log; no relay log is deleted.
  // MariaDB Knowledge Base, "CHANGE MASTER TO", "Relay Log Options".
  [[nodiscard]] std::string use_gtid(GtidUse use, const BinlogCoordinates& relay,
                                     std::optional<std::chrono::milliseconds> heartbeat) const;
  // Changes only the delay. Replicas of Dialect::changes_delay_alone() need nothing but a stopped SQL thread.
  // Others must be stopped, and continue at `relay` in the relay log, so that no relay log is deleted. MySQL
  // Reference Manual, "Delayed Replication"; MariaDB Knowledge Base, "CHANGE MASTER TO".
  [[nodiscard]] std::string change_delay(std::chrono::seconds delay, const BinlogCoordinates& relay,
                                         GtidUse use,
                                         std::optional<std::chrono::milliseconds> heartbeat) const;
  // Skips the next transaction. Servers with gtid_mode = ON reject it.
  [[nodiscard]] std::string skip_next() const;
  // Removes the master and all relay logs.
  [[nodiscard]] std::string reset() const;
  // Deletes the relay logs and the executed position. Master, account, TLS and GTID mode stay; the delay
  // becomes 0. MySQL Reference Manual, "RESET REPLICA Statement".
  [[nodiscard]] std::string reset_relay_logs() const;
  // One row with the heartbeat period in seconds in its last column. MySQL 5.7 and newer requires SELECT on
  // performance_schema.replication_connection_configuration.
  [[nodiscard]] std::string show_heartbeat() const;
  // Up to `most` events of a binary log, starting at `from`. MySQL Reference Manual, "SHOW BINLOG EVENTS
  // Statement".
  [[nodiscard]] std::string show_binlog_events(const BinlogCoordinates& from, std::size_t most) const;
  // Up to `most` events of a relay log of the channel, after the first `skipped`. Not by position: there,
  // MariaDB and MySQL before 8.0 read wrongly if master and replica differ in writing checksums. MySQL
  // Reference Manual, "SHOW RELAYLOG EVENTS Statement".
  [[nodiscard]] std::string show_relaylog_events(std::string_view file, std::size_t skipped,
                                                 std::size_t most) const;

 private:
  [[nodiscard]] std::string command(std::string_view verb, std::string_view rest) const;
  [[nodiscard]] std::string coordinates_options(const BinlogCoordinates& coordinates) const;
  [[nodiscard]] std::string heartbeat_option(std::optional<std::chrono::milliseconds> heartbeat) const;
  [[nodiscard]] std::string account_options(const ReplicationAccount& account) const;

  Dialect dialect_;
  std::string channel_;  // quoted as a literal; "" is the default channel
  Quote quote_;
};

// The heartbeat period in a result of show_heartbeat(); nullopt: none.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_heartbeat(const ResultSet& rows);

}  // namespace topo::mysql
