#include "store_suite/foreign_tables.h"

#include <string_view>

namespace store_suite {
namespace {

// The columns common to all releases.
constexpr std::string_view instance_columns = R"(
  hostname varchar(128) NOT NULL,
  port smallint unsigned NOT NULL,
  last_checked timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_seen timestamp NULL DEFAULT NULL,
  server_id int unsigned NOT NULL,
  version varchar(128) NOT NULL,
  binlog_format varchar(16) NOT NULL,
  log_bin tinyint unsigned NOT NULL,
  log_slave_updates tinyint unsigned NOT NULL,
  binary_log_file varchar(128) NOT NULL,
  binary_log_pos bigint unsigned NOT NULL,
  master_host varchar(128) NOT NULL,
  master_port smallint unsigned NOT NULL,
  slave_sql_running tinyint unsigned NOT NULL,
  slave_io_running tinyint unsigned NOT NULL,
  master_log_file varchar(128) NOT NULL,
  read_master_log_pos bigint unsigned NOT NULL,
  relay_master_log_file varchar(128) NOT NULL,
  exec_master_log_pos bigint unsigned NOT NULL,
  seconds_behind_master bigint unsigned NULL,
  slave_lag_seconds bigint unsigned NULL,
  num_slave_hosts int unsigned NOT NULL,
  slave_hosts text NOT NULL,
  cluster_name tinytext NOT NULL)";

constexpr std::string_view other_tables = R"(
CREATE TABLE database_instance_long_running_queries (
  hostname varchar(128) NOT NULL, port smallint unsigned NOT NULL, process_id bigint NOT NULL,
  process_started_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, process_user varchar(16) NOT NULL,
  process_host varchar(128) NOT NULL, process_db varchar(128) NOT NULL, process_command varchar(16) NOT NULL,
  process_time_seconds int NOT NULL, process_state varchar(128) NOT NULL, process_info varchar(1024) NOT NULL,
  PRIMARY KEY (hostname, port, process_id)) $ENDING;
CREATE TABLE hostname_resolve (
  hostname varchar(128) NOT NULL PRIMARY KEY, resolved_hostname varchar(128) NOT NULL,
  resolved_timestamp timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP) $ENDING;
CREATE TABLE active_node (
  anchor tinyint unsigned NOT NULL PRIMARY KEY, hostname varchar(128) NOT NULL, token varchar(128) NOT NULL,
  last_seen_active timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP) $ENDING;
INSERT INTO active_node (anchor, hostname, token) VALUES (1, '', '');
CREATE TABLE node_health (
  hostname varchar(128) NOT NULL, token varchar(128) NOT NULL,
  last_seen_active timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (hostname, token)) $ENDING;
CREATE TABLE audit (
  audit_id $COUNTING, audit_timestamp timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  audit_type varchar(128) NOT NULL, hostname varchar(128) NOT NULL DEFAULT '', port smallint unsigned NOT NULL,
  message text NOT NULL) $ENDING;
INSERT INTO audit (audit_type, hostname, port, message) VALUES ('discover', 'replica', 3306, 'long ago');
CREATE TABLE cluster_alias (
  cluster_name varchar(128) NOT NULL PRIMARY KEY, alias varchar(128) NOT NULL) $ENDING;
)";

// A replica and its master, with the columns of the first releases.
constexpr std::string_view rows = R"(
INSERT INTO database_instance (hostname, port, last_checked, last_seen, server_id, version, binlog_format,
  log_bin, log_slave_updates, binary_log_file, binary_log_pos, master_host, master_port, slave_sql_running,
  slave_io_running, master_log_file, read_master_log_pos, relay_master_log_file, exec_master_log_pos,
  seconds_behind_master, slave_lag_seconds, num_slave_hosts, slave_hosts, cluster_name$MORE) VALUES
  ('replica', 3306, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 17, '5.6.24-log', 'STATEMENT', 1, 1, 'bin.000002', 120,
   'master', 3306, 1, 1, 'bin.000001', 121, 'bin.000001', 122, 3, 4, 0, '[]', 'master:3306'$VALUES),
  ('master', 3306, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 16, '5.6.24-log', 'STATEMENT', 1, 1, 'bin.000001', 121,
   '_', 0, 0, 0, '', 0, '', 0, NULL, NULL, 1, '[{"Hostname":"replica","Port":3306}]', 'master:3306'$VALUES);
)";

std::string replaced(std::string text, std::string_view mark, std::string_view by) {
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + by.size()))
    text.replace(at, mark.size(), by);
  return text;
}

std::string script(topo::store::Engine engine, std::string_view more_columns,
                   std::string_view more_statements, std::string_view more_names = "",
                   std::string_view more_values = "") {
  const bool sqlite = engine == topo::store::Engine::sqlite;
  std::string text = "CREATE TABLE database_instance (" + std::string(instance_columns);
  text.append(more_columns).append(", PRIMARY KEY (hostname, port)) $ENDING;\n");
  text.append(other_tables).append(rows).append(more_statements);
  text = replaced(std::move(text), "$MORE", more_names);
  text = replaced(std::move(text), "$VALUES", more_values);
  text = replaced(
      std::move(text), "$COUNTING",
      sqlite ? "integer PRIMARY KEY AUTOINCREMENT" : "bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY");
  text = replaced(std::move(text), "$PREFIX", sqlite ? "" : "(128)");
  return replaced(std::move(text), "$ENDING", sqlite ? "" : "ENGINE = InnoDB DEFAULT CHARSET = ascii");
}

}  // namespace

std::string early_tables(topo::store::Engine engine) {
  return script(engine, "", R"(
INSERT INTO cluster_alias (cluster_name, alias) VALUES ('a:1', 'twice'), ('b:1', 'twice'), ('c:1', 'once');
)");
}

std::string late_tables(topo::store::Engine engine) {
  // SQLite cannot add a NOT NULL column without a default; a table with such a column was created with it.
  const std::string_view columns = R"(,
  uptime int unsigned NOT NULL DEFAULT 0,
  replication_depth tinyint unsigned NOT NULL DEFAULT 0,
  region varchar(32) NOT NULL DEFAULT '',
  gtid_errant text NOT NULL,
  ancestry_uuid text NOT NULL,
  replication_group_primary_port smallint unsigned NOT NULL DEFAULT 0,
  replication_sql_thread_state tinyint NOT NULL DEFAULT 0,
  replication_io_thread_state tinyint NOT NULL DEFAULT 0,
  last_attempted_check timestamp NOT NULL DEFAULT '1971-01-01 00:00:00')";
  return script(engine, columns, R"(
CREATE INDEX cluster_name_idx_database_instance ON database_instance (cluster_name$PREFIX);
CREATE UNIQUE INDEX alias_uidx_cluster_alias ON cluster_alias (alias);
INSERT INTO cluster_alias (cluster_name, alias) VALUES ('master:3306', 'The Alias');
CREATE TABLE database_instance_coordinates_history (
  history_id $COUNTING, hostname varchar(128) NOT NULL, port smallint unsigned NOT NULL,
  recorded_timestamp timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_seen timestamp NOT NULL DEFAULT '1971-01-01 00:00:00', binary_log_file varchar(128) NOT NULL,
  binary_log_pos bigint unsigned NOT NULL, relay_log_file varchar(128) NOT NULL,
  relay_log_pos bigint unsigned NOT NULL) $ENDING;
CREATE INDEX recorded_timestmp_idx_database_instance_coordinates_history
  ON database_instance_coordinates_history (recorded_timestamp);
INSERT INTO database_instance_coordinates_history (hostname, port, recorded_timestamp, binary_log_file,
  binary_log_pos, relay_log_file, relay_log_pos)
  VALUES ('replica', 3306, '2021-02-03 04:05:06', 'bin.000002', 120, 'relay.000003', 283);
CREATE TABLE cluster_injected_pseudo_gtid (
  cluster_name varchar(128) NOT NULL PRIMARY KEY,
  time_injected timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP) $ENDING;
)",
                ", gtid_errant, ancestry_uuid, region", ", 'x:1-2', 'uuid', 'eu'");
}

}  // namespace store_suite
