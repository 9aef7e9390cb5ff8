#include "topo/mysql/dialect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "topo/mysql/applier_threads.h"
#include "topo/mysql/mariadb_gtid.h"

namespace topo::mysql {
namespace {

bool contains_without_case(std::string_view text, std::string_view part) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::search(text.begin(), text.end(), part.begin(), part.end(),
                     [&](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

// Column names of SHOW SLAVE STATUS, and their names in SHOW REPLICA STATUS (MySQL 8.0.22).
struct StatusColumns {
  std::string_view master_host, master_port, master_uuid, master_id, io_running, sql_running;
  std::string_view read_file, read_position, exec_file, exec_position;
  std::string_view seconds_behind, ssl_allowed;
};
constexpr StatusColumns old_columns{"Master_Host",         "Master_Port",           "Master_UUID",
                                    "Master_Server_Id",    "Slave_IO_Running",      "Slave_SQL_Running",
                                    "Master_Log_File",     "Read_Master_Log_Pos",   "Relay_Master_Log_File",
                                    "Exec_Master_Log_Pos", "Seconds_Behind_Master", "Master_SSL_Allowed"};
constexpr StatusColumns new_columns{"Source_Host",         "Source_Port",           "Source_UUID",
                                    "Source_Server_Id",    "Replica_IO_Running",    "Replica_SQL_Running",
                                    "Source_Log_File",     "Read_Source_Log_Pos",   "Relay_Source_Log_File",
                                    "Exec_Source_Log_Pos", "Seconds_Behind_Source", "Source_SSL_Allowed"};

constexpr const char* ignored_servers_column = "Replicate_Ignore_Server_Ids";
constexpr std::array filter_columns{
    "Replicate_Do_DB",        "Replicate_Ignore_DB",     "Replicate_Do_Table",
    "Replicate_Ignore_Table", "Replicate_Wild_Do_Table", "Replicate_Wild_Ignore_Table",
    "Replicate_Rewrite_DB",   "Replicate_Do_Domain_Ids", "Replicate_Ignore_Domain_Ids",
    ignored_servers_column};

ThreadState thread_state(std::string_view text) {
  if (text == "Yes") return ThreadState::running;
  if (text == "No") return ThreadState::stopped;
  return ThreadState::other;
}

BinlogCoordinates coordinates(const Row& row, std::string_view file, std::string_view position,
                              LogType type) {
  return {row.string_or(file), static_cast<std::uint64_t>(std::max<std::int64_t>(0, row.number_or(position))),
          type};
}

}  // namespace

Dialect Dialect::of(std::string_view server_version) {
  if (contains_without_case(server_version, "maxscale"))
    return {Flavour::maxscale, Version::parse(server_version)};
  if (!contains_without_case(server_version, "mariadb"))
    return {Flavour::mysql, Version::parse(server_version)};
  // MariaDB adds the prefix 5.5.5- for clients that reject versions above 9.
  constexpr std::string_view disguise = "5.5.5-";
  if (server_version.starts_with(disguise) &&
      server_version.find_first_of("0123456789", disguise.size()) == disguise.size()) {
    server_version.remove_prefix(disguise.size());
  }
  return {Flavour::mariadb, Version::parse(server_version)};
}

bool Dialect::at_least(unsigned major, unsigned minor, unsigned patch) const noexcept {
  return version_ >= Version{major, minor, patch};
}

bool Dialect::is_mysql_since(unsigned major, unsigned minor, unsigned patch) const noexcept {
  return flavour_ == Flavour::mysql && at_least(major, minor, patch);
}

std::string_view Dialect::columns_of_gtids() const noexcept {
  if (flavour_ == Flavour::mariadb && at_least(10, 0, 5))
    return "@@global.gtid_current_pos AS gtid_executed, @@global.gtid_binlog_state AS gtid_binlog_state";
  // Before, gtid_executed had another name.
  if (is_mysql_since(5, 6, 9))
    return "IF(@@global.gtid_mode = 'OFF', '', @@global.gtid_executed) AS gtid_executed";
  return "";
}

std::string Dialect::select_gtids() const {
  const auto columns = columns_of_gtids();
  return columns.empty() ? "" : fmt::format("SELECT {}", columns);
}

std::string Dialect::select_facts() const {
  if (flavour_ == Flavour::maxscale) return std::string(show_maxscale_variables());
  std::string sql =
      "SELECT @@global.server_id AS server_id, @@global.version AS version, @@global.version_comment AS "
      "version_comment,"
      " @@global.hostname AS hostname, @@global.port AS port, @@global.report_host AS report_host,"
      " @@global.read_only AS read_only, @@global.binlog_format AS binlog_format, @@global.log_bin AS "
      "log_bin";
  sql += is_mysql_since(8, 0, 26) ? ", @@global.log_replica_updates AS log_slave_updates"
                                  : ", @@global.log_slave_updates AS log_slave_updates";
  const bool row_image = flavour_ == Flavour::mariadb ? at_least(10, 1, 6) : at_least(5, 6);
  if (row_image) sql += ", @@global.binlog_row_image AS binlog_row_image";
  const auto gtids = columns_of_gtids();
  const bool has_sets = !gtids.empty() && flavour_ == Flavour::mysql;
  if (has_sets) sql += ", @@global.server_uuid AS server_uuid, @@global.gtid_mode AS gtid_mode";
  if (!gtids.empty()) sql.append(", ").append(gtids);
  if (has_sets) sql += ", IF(@@global.gtid_mode = 'OFF', '', @@global.gtid_purged) AS gtid_purged";
  if (has_super_read_only()) sql += ", @@global.super_read_only AS super_read_only";
  if (flavour_ == Flavour::mariadb || at_least(5, 6, 2))
    sql += ", @@global.binlog_checksum AS binlog_checksum";
  if (is_mysql_since(8, 0, 20)) sql += ", @@global.binlog_transaction_compression AS binlog_compression";
  return sql;
}

std::string Dialect::select_commits_out_of_order() const {
  if (is_mysql_since(8, 0, 26))
    return "SELECT @@global.replica_parallel_workers > 1 AND @@global.replica_preserve_commit_order = 0";
  if (!is_mysql_since(5, 7, 5)) return "";
  return "SELECT @@global.slave_parallel_workers > 1 AND @@global.slave_preserve_commit_order = 0 AND "
         "@@global.slave_parallel_type = 'LOGICAL_CLOCK'";
}

std::string Dialect::reset_binary_logs() const {
  return is_mysql_since(8, 2, 0) ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER";
}

std::string Dialect::show_replica_status() const {
  if (flavour_ == Flavour::mariadb && at_least(10, 0)) return "SHOW ALL SLAVES STATUS";
  return is_mysql_since(8, 0, 22) ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS";
}

std::string Dialect::select_replication_users() const {
  if (flavour_ != Flavour::mysql || !at_least(5, 6)) return "";
  std::string sql = "SELECT User_name FROM mysql.slave_master_info";
  if (at_least(5, 7)) sql += " WHERE Channel_name = ''";
  return sql;
}

std::string Dialect::show_binary_log_status() const {
  return is_mysql_since(8, 2) ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
}

std::string Dialect::show_replicas() const {
  return is_mysql_since(8, 0, 22) ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS";
}

std::string Dialect::show_uptime() const {
  return "SHOW GLOBAL STATUS LIKE 'Uptime'";
}

std::string Dialect::select_processes(int seconds) const {
  return fmt::format(
      "SELECT id, user, host, db, command, time, state, LEFT(info, 1024) AS info"
      " FROM information_schema.processlist"
      " WHERE command IN ('Binlog Dump', 'Binlog Dump GTID')"
      " OR (time > {} AND command NOT IN ('Sleep', 'Daemon') AND id <> CONNECTION_ID()"
      " AND user NOT IN ('system user', 'event_scheduler'))"
      " ORDER BY time DESC",
      seconds);
}

std::string Dialect::set_lock_wait_timeout(std::chrono::seconds timeout) {
  return fmt::format("SET lock_wait_timeout = {}", timeout.count());
}

std::string Dialect::set_read_only(bool read_only, bool for_all) const {
  const bool is_super = read_only && for_all && has_super_read_only();
  return fmt::format("SET GLOBAL {}read_only = {}", is_super ? "super_" : "", read_only ? 1 : 0);
}

std::vector<std::string> Dialect::block_commits() const {
  if (has_backup_stages()) return {"BACKUP STAGE START", "BACKUP STAGE BLOCK_COMMIT"};
  return {"FLUSH TABLES WITH READ LOCK"};
}

std::string Dialect::end_commit_block() const {
  return has_backup_stages() ? "BACKUP STAGE END" : "UNLOCK TABLES";
}

namespace {

constexpr std::string_view open_changes =
    " FROM information_schema.innodb_trx t"
    " JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id"
    " WHERE t.trx_rows_modified > 0 AND t.trx_state <> 'ROLLING BACK' AND p.id <> CONNECTION_ID()"
    " AND p.user <> 'system user'";

}  // namespace

std::string Dialect::open_writers() {
  return fmt::format("SELECT p.id, p.user, p.host, 0 AS is_known{}", open_changes);
}

std::string Dialect::open_writers_despite_read_only() const {
  constexpr std::string_view of_user =
      "EXISTS (SELECT 1 FROM information_schema.user_privileges g"
      " WHERE LEFT(g.grantee, CHAR_LENGTH(p.user) + 3) = CONCAT('''', p.user, '''@')";
  const bool has_roles = flavour_ == Flavour::mariadb;
  // Since MariaDB 10.11 SUPER does not include it.
  const bool is_separate = has_roles && at_least(10, 11);
  return fmt::format(
      "SELECT p.id, p.user, p.host, {0}) AS is_known{1} AND (NOT {0}) OR {0} AND g.privilege_type IN "
      "({2})){3})",
      of_user, open_changes, is_separate ? "'READ_ONLY ADMIN'" : "'SUPER', 'READ_ONLY ADMIN'",
      has_roles ? " OR p.user IN (SELECT user FROM mysql.roles_mapping)" : "");
}

std::string Dialect::set_event_scheduler(bool on) {
  return fmt::format("SET GLOBAL event_scheduler = {}", on ? "ON" : "OFF");
}

std::string Dialect::kill(std::uint64_t id) {
  return fmt::format("KILL {}", id);
}

std::string Dialect::kill_query(std::uint64_t id) {
  return fmt::format("KILL QUERY {}", id);
}

std::string Dialect::select_connection(std::uint64_t id, std::uint16_t port) {
  return fmt::format(
      "SELECT command, state, time FROM information_schema.processlist WHERE id = {} AND host LIKE '%:{}'",
      id, port);
}

namespace {

// MariaDB: CHANGE MASTER TO with a position in the relay log lets a server report all that it has received as
// executed, whatever it has executed. By GTID the difference shows.
bool is_exec_made_up(const ReplicationChannel& channel, std::optional<std::string_view> executed) {
  return executed && channel.using_mariadb_gtid && channel.sql_thread == ThreadState::stopped &&
         channel.exec == channel.read && domains_ahead(channel.received_gtids, *executed) > 0;
}

}  // namespace

std::optional<ReplicationChannel> parse_replica_status(const Row& row) {
  const auto& names = row.text(new_columns.io_running) ? new_columns : old_columns;
  ReplicationChannel channel;
  // MariaDB: connection; MySQL: channel.
  channel.name =
      row.text("Connection_name") ? row.string_or("Connection_name") : row.string_or("Channel_Name");
  const auto host = row.string_or(names.master_host);
  if (host.empty() || channel.name.starts_with("group_replication_")) return std::nullopt;
  channel.set_master(host, row.number_or(names.master_port));
  channel.master_uuid = row.string_or(names.master_uuid);
  channel.master_server_id = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(row.number_or(names.master_id), 0, std::numeric_limits<std::uint32_t>::max()));
  channel.io_thread = thread_state(row.string_or(names.io_running));
  channel.sql_thread = thread_state(row.string_or(names.sql_running));
  channel.read = coordinates(row, names.read_file, names.read_position, LogType::binary);
  channel.exec = coordinates(row, names.exec_file, names.exec_position, LogType::binary);
  channel.relay = coordinates(row, "Relay_Log_File", "Relay_Log_Pos", LogType::relay);
  // MariaDB reports the former master's id until the replica has connected to its new master.
  constexpr std::uint64_t empty_relay_log = 4;
  if (channel.relay.position <= empty_relay_log) channel.master_server_id = 0;
  channel.last_io_error = row.string_or("Last_IO_Error");
  channel.last_sql_error = row.string_or("Last_SQL_Error");
  if (const auto behind = row.number(names.seconds_behind); behind && *behind >= 0) {
    channel.seconds_behind_master = std::chrono::seconds(*behind);
  }
  channel.sql_delay = std::chrono::seconds(row.number_or("SQL_Delay"));
  channel.using_oracle_gtid = row.flag("Auto_Position");
  channel.received_gtids = row.string_or("Retrieved_Gtid_Set");
  if (channel.received_gtids.empty()) channel.received_gtids = row.string_or("Gtid_IO_Pos");
  channel.using_mariadb_gtid = row.string_or("Using_Gtid", "No") != "No";
  if (is_exec_made_up(channel, row.text("Gtid_Slave_Pos"))) channel.exec = {};
  channel.has_filters = std::any_of(filter_columns.begin(), filter_columns.end(),
                                    [&](const char* column) { return !row.string_or(column).empty(); });
  channel.ignored_server_ids = row.string_or(ignored_servers_column);
  channel.allow_tls = row.flag(names.ssl_allowed);
  const auto state = row.string_or(row.text("Replica_SQL_Running_State") ? "Replica_SQL_Running_State"
                                                                         : "Slave_SQL_Running_State");
  channel.has_read_relay_log = has_read_relay_log(state);
  return channel;
}

bool is_log_refused(std::string_view io_error) noexcept {
  return io_error.find("fatal error 1236") != std::string_view::npos;
}

bool is_log_purged(std::string_view io_error) noexcept {
  return is_log_refused(io_error) && io_error.find("purged") != std::string_view::npos;
}

std::string parse_replication_user(const Row& row) {
  return row.string_or(row.text("Source_User") ? "Source_User" : "Master_User");
}

RegisteredReplica parse_replica_host(const Row& row) {
  return {row.string_or("Host"), row.number_or("Port")};
}

}  // namespace topo::mysql
