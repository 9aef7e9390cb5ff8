// ReplicationStatements: the statements that control the replication of one channel, as a server of that
// flavour and version words them. MySQL Reference Manual, "SQL Statements for Controlling Replica Servers";
// MariaDB Knowledge Base, "Replication Commands".
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "topo/mysql/dialect.h"

namespace topo::mysql {

// What a replica logs in to its master with.
struct ReplicationAccount {
  std::string user, password;
  bool tls = false;                            // the connection is encrypted
  std::string ca_file, cert_file, key_file{};  // on the replica; "": none
};

// What CHANGE MASTER TO is to change. What is left out stays as it is: user, password, TLS, retry settings,
// delay; but for the heartbeat period, which servers set back to their default when the master changes, so
// that it has to be given.
struct MasterChange {
  InstanceKey master;
  bool as_told = false;  // the name is the one that the replica had: no other takes its place
  std::optional<BinlogCoordinates> from;  // none: by GTID
  std::optional<std::chrono::milliseconds> heartbeat;
  std::chrono::seconds delay{0};  // MASTER_DELAY (MySQL 5.6); 0: stays as it is
  std::optional<ReplicationAccount> account{};
};

// The same with stars for the password, for a log.
[[nodiscard]] MasterChange without_password(MasterChange change);

enum class Threads { both, io, sql };

// MASTER_USE_GTID of MariaDB.
enum class GtidUse { no, slave_pos, current_pos };

class ReplicationStatements {
 public:
  using Quote = std::function<std::string(std::string_view)>;  // makes a string literal of a text

  // `channel`: the name of a channel (MySQL 5.7.6) or connection (MariaDB 10.0); "" is the default one.
  ReplicationStatements(const Dialect& dialect, std::string_view channel, const Quote& quote);

  [[nodiscard]] std::string stop(Threads threads = Threads::both) const;
  [[nodiscard]] std::string start(Threads threads = Threads::both) const;
  // Both threads; the SQL thread stops at exactly that place of the master's log.
  [[nodiscard]] std::string start_until(const BinlogCoordinates& place) const;
  // MySQL 5.6.6 and newer: the SQL thread looks up what its workers had done when it ended, executes what
  // they had left out before that, which mostly is nothing, and ends.
  [[nodiscard]] std::string start_until_gaps_are_filled() const;
  // Waits for the SQL thread to come to that place. A number: it has; -1: it has not in time; NULL: it does
  // not run.
  [[nodiscard]] std::string wait_for(const BinlogCoordinates& place, std::chrono::seconds timeout) const;
  [[nodiscard]] std::string change_master(const MasterChange& change) const;
  // Puts "_" in place of the master's host, which is no host name: for releases that cannot forget it.
  [[nodiscard]] std::string blank_master_host() const;
  // Only the place: what detaching and reattaching changes. MariaDB sets the heartbeat period back here, too.
  [[nodiscard]] std::string change_place(const BinlogCoordinates& place,
                                         std::optional<std::chrono::milliseconds> heartbeat) const;
  // MariaDB: how it replicates changes, and it goes on from there in the relay log, of which nothing is
  // deleted. MariaDB Knowledge Base, "CHANGE MASTER TO", "Relay Log Options".
  [[nodiscard]] std::string use_gtid(GtidUse use, const BinlogCoordinates& relay,
                                     std::optional<std::chrono::milliseconds> heartbeat) const;
  // The next transaction is to be left out. Refused by servers whose gtid_mode is ON.
  [[nodiscard]] std::string skip_next() const;
  // Forgets the master and all that was fetched from it.
  [[nodiscard]] std::string reset() const;
  // Forgets what was fetched and where it has executed to. The master, the account, TLS and whether it
  // replicates by GTID stay; the delay becomes 0. MySQL Reference Manual, "RESET REPLICA Statement".
  [[nodiscard]] std::string reset_relay_logs() const;
  // One row that has the heartbeat period in seconds for its last column. On MySQL 5.7 and newer it needs
  // SELECT on performance_schema.replication_connection_configuration.
  [[nodiscard]] std::string show_heartbeat() const;
  // Some events of a binary log, beginning with the one at `from`. MySQL Reference Manual, "SHOW BINLOG
  // EVENTS Statement".
  [[nodiscard]] std::string show_binlog_events(const BinlogCoordinates& from, std::size_t most) const;
  // Some events of a relay log of the channel, without the first `skipped`. Not from a place on: there
  // MariaDB and MySQL before 8.0 read wrongly when the master writes checksums and the replica does not, or
  // the other way round. MySQL Reference Manual, "SHOW RELAYLOG EVENTS Statement".
  [[nodiscard]] std::string show_relaylog_events(std::string_view file, std::size_t skipped,
                                                 std::size_t most) const;

 private:
  [[nodiscard]] std::string command(std::string_view verb, std::string_view rest) const;
  [[nodiscard]] std::string place_options(const BinlogCoordinates& place) const;
  [[nodiscard]] std::string heartbeat_option(std::optional<std::chrono::milliseconds> heartbeat) const;
  [[nodiscard]] std::string account_options(const ReplicationAccount& account) const;

  Dialect dialect_;
  std::string channel_;  // as a literal; "" is the default one
  Quote quote_;
};

// The period of an answer to show_heartbeat(); nullopt: it has none.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_heartbeat(const ResultSet& rows);

}  // namespace topo::mysql
