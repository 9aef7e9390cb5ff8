// Dialect: what differs between servers, by flavour and version. Nothing else in the project asks for a
// version, but for the rules of who may replicate from whom (topology/rules.h); docs: MySQL Reference Manual,
// "SHOW Statements"; MariaDB Knowledge Base, "SHOW".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topo/mysql/connection.h"
#include "topo/topology/instance.h"

namespace topo::mysql {

enum class Flavour { mysql, mariadb, maxscale };

class Dialect {
 public:
  // From the version string of the handshake or of @@version: "5.6.24-log", "5.5.5-10.11.6-MariaDB" (the
  // prefix is what MariaDB shows to old clients), "9.7.0", "… maxscale".
  static Dialect of(std::string_view server_version);

  [[nodiscard]] Flavour flavour() const noexcept { return flavour_; }
  [[nodiscard]] Version version() const noexcept { return version_; }

  // One row of facts under the names that `instance_facts` columns have in inspect/.
  [[nodiscard]] std::string select_facts() const;
  // All channels of replication, a row each.
  [[nodiscard]] std::string show_replica_status() const;
  // Where the binary log stands.
  [[nodiscard]] std::string show_binary_log_status() const;
  // Registered replicas, by what they report.
  [[nodiscard]] std::string show_replicas() const;
  // Whether a replica may commit in another order than its master did and tell nothing of that by its logs,
  // as one row and column, 1 or 0; "": it does not. MySQL Reference Manual, "replica_preserve_commit_order";
  // where transactions are told apart by database, as in 5.6, their events differ, and MariaDB keeps the
  // order, or gives the transactions GTIDs of other domains.
  [[nodiscard]] std::string select_commits_out_of_order() const;
  // Seconds since start, as a variable's name and value.
  [[nodiscard]] std::string show_uptime() const;
  // Threads that send binary logs, and queries that have run longer than `seconds`, but for those of
  // replication, the event scheduler and this connection.
  [[nodiscard]] std::string select_processes(int seconds) const;

  // Which words the server takes for what it once called master and slave.
  [[nodiscard]] bool says_replica() const noexcept { return is_mysql_since(8, 0, 22); }  // START REPLICA
  [[nodiscard]] bool says_source() const noexcept { return is_mysql_since(8, 0, 23); }   // SOURCE_HOST
  [[nodiscard]] bool waits_for_source() const noexcept { return is_mysql_since(8, 0, 26); }
  [[nodiscard]] bool forgets_master() const noexcept {  // RESET SLAVE ALL
    return flavour_ == Flavour::mariadb || at_least(5, 5, 16);
  }
  // SET SESSION TRANSACTION READ ONLY: statements that would change data or tables fail.
  [[nodiscard]] bool keeps_reading() const noexcept {
    return is_mysql_since(5, 6, 5) || (flavour_ == Flavour::mariadb && at_least(10, 0));
  }
  // SUPER is split into privileges of their own; it still includes those for replication, or no longer.
  [[nodiscard]] bool splits_super() const noexcept { return flavour_ == Flavour::mariadb && at_least(10, 5); }
  [[nodiscard]] bool super_includes_replication() const noexcept {
    return flavour_ != Flavour::mariadb || !at_least(11, 0);
  }
  // The table that has the account of a server without master; "": there is none that tells. One column.
  [[nodiscard]] std::string select_replication_users() const;
  // Before, its settings may be in a file instead, and the table empty.
  [[nodiscard]] bool keeps_replication_in_tables() const noexcept { return is_mysql_since(8, 0, 2); }
  // What the account of this connection may do, a text each.
  [[nodiscard]] static std::string_view show_grants() noexcept { return "SHOW GRANTS"; }
  // RESET SLAVE mends an index of relay logs that lists files that are gone; in 5.6 it does not, and
  // forgets the delay.
  [[nodiscard]] bool resets_broken_relay_logs() const noexcept { return is_mysql_since(5, 7); }
  // A SQL thread with workers (5.6) that is told to stop within a transaction waits a minute for the rest.
  [[nodiscard]] bool waits_for_rest_of_transaction() const noexcept { return is_mysql_since(5, 6); }
  // By GTID, START SLAVE deletes what was fetched when both threads stand still. MariaDB Knowledge Base,
  // "Global Transaction ID".
  [[nodiscard]] bool deletes_relay_logs_at_start() const noexcept { return flavour_ == Flavour::mariadb; }
  // A replica can ask its master for the key that passwords are encrypted with.
  [[nodiscard]] bool asks_for_public_key() const noexcept { return is_mysql_since(8, 0, 4); }
  // MySQL's heartbeat period is no status variable from here on.
  [[nodiscard]] bool has_replication_tables() const noexcept { return is_mysql_since(5, 7); }

 private:
  Dialect(Flavour flavour, Version version) : flavour_(flavour), version_(version) {}
  [[nodiscard]] bool at_least(unsigned major, unsigned minor, unsigned patch = 0) const noexcept;
  [[nodiscard]] bool is_mysql_since(unsigned major, unsigned minor, unsigned patch = 0) const noexcept;

  Flavour flavour_;
  Version version_;
};

// A row of show_replica_status(), under old column names or new ones. The master's host is as the row has
// it (ReplicationChannel::set_master); names are not resolved here. nullopt: a row that is no channel of
// replication from a master (group replication's own, or one whose host is empty).
[[nodiscard]] std::optional<ReplicationChannel> parse_replica_status(const Row& row);

// The account with which a row of show_replica_status() replicates; "": none.
[[nodiscard]] std::string parse_replication_user(const Row& row);

// A row of show_replicas(), as the replica registered itself: nothing of it has been checked.
struct RegisteredReplica {
  std::string host;       // "": a replica without report_host
  std::int64_t port = 0;  // 0: not told
};
[[nodiscard]] RegisteredReplica parse_replica_host(const Row& row);

}  // namespace topo::mysql
