// Dialect: differences between servers, by flavour and version. No other part of the project checks versions,
// except for the rules of which versions replicate from which (topology/rules.h). Manuals: MySQL Reference
// Manual, "SHOW Statements"; MariaDB Knowledge Base, "SHOW".
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "topo/model/instance.h"
#include "topo/mysql/connection.h"

namespace topo::mysql {

enum class Flavour { mysql, mariadb, maxscale };

class Dialect {
 public:
  // Parses the version string of the handshake or of @@version: "5.6.24-log", "5.5.5-10.11.6-MariaDB"
  // (MariaDB adds the prefix for old clients), "9.7.0", "… maxscale".
  static Dialect of(std::string_view server_version);

  [[nodiscard]] Flavour flavour() const noexcept { return flavour_; }
  [[nodiscard]] Version version() const noexcept { return version_; }

  // One row of facts, with the column names of `instance_facts` in inspect/.
  [[nodiscard]] std::string select_facts() const;
  // Of these, what it has executed by GTID, and MariaDB has logged; "": it has no GTIDs.
  [[nodiscard]] std::string select_gtids() const;
  // All replication channels, one row each.
  [[nodiscard]] std::string show_replica_status() const;
  // The current position of the binary log.
  [[nodiscard]] std::string show_binary_log_status() const;
  // Registered replicas, as they report themselves.
  [[nodiscard]] std::string show_replicas() const;
  // Whether a replica may commit in another order than its master without a trace in its logs, as one row and
  // column, 1 or 0; "": it never does. MySQL Reference Manual, "replica_preserve_commit_order". 5.6
  // parallelizes by database, where the events differ, and MariaDB keeps the order or uses other GTID
  // domains.
  [[nodiscard]] std::string select_commits_out_of_order() const;
  // Seconds since start, as variable name and value.
  [[nodiscard]] std::string show_uptime() const;
  // Threads that send binary logs, and queries that run longer than `seconds`, except those of replication,
  // the event scheduler and this connection.
  [[nodiscard]] std::string select_processes(int seconds) const;

  // Which release uses which replacement of the terms master and slave.
  [[nodiscard]] bool says_replica() const noexcept { return is_mysql_since(8, 0, 22); }  // START REPLICA
  [[nodiscard]] bool says_source() const noexcept { return is_mysql_since(8, 0, 23); }   // SOURCE_HOST
  [[nodiscard]] bool waits_for_source() const noexcept { return is_mysql_since(8, 0, 26); }
  [[nodiscard]] bool forgets_master() const noexcept {  // RESET SLAVE ALL
    return flavour_ == Flavour::mariadb || at_least(5, 5, 16);
  }
  // SET SESSION TRANSACTION READ ONLY: statements that change data or tables fail.
  [[nodiscard]] bool keeps_reading() const noexcept {
    return is_mysql_since(5, 6, 5) || (flavour_ == Flavour::mariadb && at_least(10, 0));
  }
  // Whether SUPER is split into separate privileges, and whether it still includes those for replication.
  [[nodiscard]] bool splits_super() const noexcept { return flavour_ == Flavour::mariadb && at_least(10, 5); }
  [[nodiscard]] bool super_includes_replication() const noexcept {
    return flavour_ != Flavour::mariadb || !at_least(11, 0);
  }
  // One column from the table that stores the replication account, also without a master; "": no such table.
  [[nodiscard]] std::string select_replication_users() const;
  // Older servers may keep the settings in a file, with an empty table.
  [[nodiscard]] bool keeps_replication_in_tables() const noexcept { return is_mysql_since(8, 0, 2); }
  // The privileges of this connection's account, one text per row.
  [[nodiscard]] static std::string_view show_grants() noexcept { return "SHOW GRANTS"; }
  // The variables of MaxScale alone; no rows on a server.
  [[nodiscard]] static std::string_view show_maxscale_variables() noexcept {
    return "SHOW VARIABLES LIKE 'maxscale%'";
  }
  // How long statements of this connection wait for locks of tables, in seconds.
  [[nodiscard]] static std::string set_lock_wait_timeout(std::chrono::seconds timeout);
  [[nodiscard]] static std::string_view reset_lock_wait_timeout() noexcept {
    return "SET lock_wait_timeout = DEFAULT";
  }
  // `for_all`: also super_read_only (MySQL 5.7.8), which turns read_only on as well; off turns off both.
  [[nodiscard]] std::string set_read_only(bool read_only, bool for_all) const;
  // Where has_super_read_only() is false: from these statements on, nothing is committed by any account, for
  // as long as the connection exists, until end_commit_block(). They wait for what is being committed, as
  // long as set_lock_wait_timeout() allows, and need RELOAD. FLUSH TABLES WITH READ LOCK also waits for long
  // SELECTs. MariaDB Knowledge Base, "BACKUP STAGE"; MySQL Reference Manual, "FLUSH Statement".
  [[nodiscard]] std::vector<std::string> block_commits() const;
  [[nodiscard]] std::string end_commit_block() const;
  // id, user and host of the clients whose writes wait for the end of the block. read_only refuses writes of
  // other accounts before they wait; their COMMIT is left out, which it refuses afterwards.
  [[nodiscard]] static std::string_view select_blocked_writers() noexcept {
    return "SELECT id, user, host FROM information_schema.processlist"
           " WHERE state IN ('Waiting for global read lock', 'Waiting for backup lock')"
           " AND user <> 'system user' AND info NOT LIKE 'COMMIT%'";
  }
  // id, user and host of the clients that have an open transaction that has changed rows (InnoDB). The
  // account needs PROCESS.
  [[nodiscard]] static std::string open_writers();
  // Those of them that can commit although read_only is set, where has_super_read_only() is false: accounts
  // with SUPER or READ ONLY ADMIN, or with a role, or (is_known is 0) whose grants this account cannot see,
  // for which it needs SELECT on the schema mysql. MariaDB Knowledge Base, "read_only" and "GRANT".
  [[nodiscard]] std::string open_writers_despite_read_only() const;
  // state: ON, OFF or DISABLED.
  [[nodiscard]] static std::string_view select_event_scheduler() noexcept {
    return "SELECT @@global.event_scheduler AS state";
  }
  [[nodiscard]] static std::string set_event_scheduler(bool on);
  // One row for each transaction of XA that is prepared, whoever has prepared it. MySQL since 8.0 requires
  // XA_RECOVER_ADMIN. MySQL Reference Manual, "XA Transaction SQL Statements".
  [[nodiscard]] static std::string_view list_prepared() noexcept { return "XA RECOVER"; }
  // Whether an account needs XA_RECOVER_ADMIN for that.
  [[nodiscard]] bool hides_prepared() const noexcept { return is_mysql_since(8, 0, 0); }
  // One row for each event that a replica got from its master and does not run: schema_name, event_name;
  // scheduler: as state above. The account sees the events of schemas where it has EVENT. MySQL Reference
  // Manual, "Replication of Invoked Features".
  [[nodiscard]] static std::string_view select_disabled_events() noexcept {
    return "SELECT event_schema AS schema_name, event_name AS event_name, @@global.event_scheduler AS "
           "scheduler"
           " FROM information_schema.events WHERE status IN ('SLAVESIDE_DISABLED', 'REPLICA_SIDE_DISABLED')"
           " ORDER BY 1, 2";
  }
  // The connections of clients, without those of this account and of replication: id, user, time (seconds),
  // and is_busy, 1 for those that execute a statement or have an open transaction, which come first. The
  // account needs PROCESS.
  [[nodiscard]] static std::string_view select_clients() noexcept {
    return "SELECT p.id, p.user, p.time, p.command <> 'Sleep' OR t.trx_id IS NOT NULL AS is_busy"
           " FROM information_schema.processlist p"
           " LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id"
           " WHERE p.user NOT IN ('system user', 'event_scheduler', SUBSTRING_INDEX(USER(), '@', 1))"
           " AND p.command NOT IN ('Binlog Dump', 'Binlog Dump GTID', 'Daemon')"
           " ORDER BY is_busy DESC, p.time DESC";
  }
  // Deletes all binary logs; MySQL also empties gtid_executed and gtid_purged, MariaDB gtid_binlog_state.
  [[nodiscard]] std::string reset_binary_logs() const;
  // Ends a connection or a thread of replication, or only the statement that it executes. MySQL Reference
  // Manual, "KILL Statement".
  [[nodiscard]] static std::string kill(std::uint64_t id);
  [[nodiscard]] static std::string kill_query(std::uint64_t id);
  // One row if the connection `id` still exists and comes from that port of a client: command, state, time
  // (in seconds).
  [[nodiscard]] static std::string select_connection(std::uint64_t id, std::uint16_t port);
  // RESET SLAVE repairs a relay log index that lists missing files. In 5.6 it does not, and resets the delay.
  [[nodiscard]] bool resets_broken_relay_logs() const noexcept { return is_mysql_since(5, 7); }
  // If stopped within a transaction, a SQL thread with workers (5.6) waits up to a minute for the rest.
  [[nodiscard]] bool waits_for_rest_of_transaction() const noexcept { return is_mysql_since(5, 6); }
  // With GTID, START SLAVE deletes the relay logs if both threads are stopped. MariaDB Knowledge Base,
  // "Global Transaction ID".
  [[nodiscard]] bool deletes_relay_logs_at_start() const noexcept { return flavour_ == Flavour::mariadb; }
  // read_only can be made to hold for accounts with SUPER, too.
  [[nodiscard]] bool has_super_read_only() const noexcept { return is_mysql_since(5, 7, 8); }
  // The variables of semi-synchronous replication exist without a plugin. MariaDB Knowledge Base,
  // "Semisynchronous Replication".
  [[nodiscard]] bool has_semi_sync_built_in() const noexcept {
    return flavour_ == Flavour::mariadb && at_least(10, 3, 3);
  }
  // The delay can be changed while the IO thread runs, and no relay log is deleted. MySQL Reference Manual,
  // "CHANGE MASTER TO Statement".
  [[nodiscard]] bool changes_delay_alone() const noexcept { return is_mysql_since(5, 7, 4); }
  // A replica can request from its master the public key for encrypting passwords.
  [[nodiscard]] bool asks_for_public_key() const noexcept { return is_mysql_since(8, 0, 4); }
  // From 5.7, MySQL reports the heartbeat period in a table instead of a status variable.
  [[nodiscard]] bool has_replication_tables() const noexcept { return is_mysql_since(5, 7); }

 private:
  Dialect(Flavour flavour, Version version) : flavour_(flavour), version_(version) {}
  [[nodiscard]] std::string_view columns_of_gtids() const noexcept;
  [[nodiscard]] bool has_backup_stages() const noexcept {
    return flavour_ == Flavour::mariadb && at_least(10, 4, 1);
  }
  [[nodiscard]] bool at_least(unsigned major, unsigned minor, unsigned patch = 0) const noexcept;
  [[nodiscard]] bool is_mysql_since(unsigned major, unsigned minor, unsigned patch = 0) const noexcept;

  Flavour flavour_;
  Version version_;
};

// Parses a row of show_replica_status(), with old or new column names. The master's host is unchanged
// (ReplicationChannel::set_master); names are not resolved here. Executed coordinates that MariaDB has made
// up stay empty: after CHANGE MASTER TO with RELAY_LOG_POS it reports all that it has received. nullopt: the
// row is not a channel from a master (it belongs to group replication, or its host is empty).
[[nodiscard]] std::optional<ReplicationChannel> parse_replica_status(const Row& row);

// The replication account in a row of show_replica_status(); "": none.
[[nodiscard]] std::string parse_replication_user(const Row& row);

// Whether an error of an IO thread, as in Last_IO_Error, says that the master has accepted its account and
// refused it the log: ER_MASTER_FATAL_ERROR_READING_BINLOG, 1236. is_log_purged(): because it has purged it.
[[nodiscard]] bool is_log_refused(std::string_view io_error) noexcept;
[[nodiscard]] bool is_log_purged(std::string_view io_error) noexcept;

// A row of show_replicas(), as the replica registered itself: unchecked.
struct RegisteredReplica {
  std::string host;       // "": the replica has no report_host
  std::int64_t port = 0;  // 0: not reported
};
[[nodiscard]] RegisteredReplica parse_replica_host(const Row& row);

}  // namespace topo::mysql
