#include "store/schema.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

namespace topo::store {
namespace {

// A table as both engines make it: the types are MySQL's, and SQLite takes them for what they mean. Names and
// types are those that orchestrator's users know; `id` marks the column that counts by itself.
struct Column {
  std::string_view name;
  std::string_view type;  // with NOT NULL and default
};
struct Table {
  std::string_view name;
  std::string_view key;  // of the primary key; empty where a column counts by itself
  std::vector<Column> columns;
  std::vector<std::pair<std::string_view, std::string_view>>
      indexes;  // name, columns; a name in …_uidx is unique
};

constexpr std::string_view id = "id";
constexpr std::string_view host = "varchar(128) NOT NULL DEFAULT ''";
constexpr std::string_view port = "smallint unsigned NOT NULL DEFAULT 0";
constexpr std::string_view flag = "tinyint unsigned NOT NULL DEFAULT 0";
constexpr std::string_view count = "bigint unsigned NOT NULL DEFAULT 0";
constexpr std::string_view text = "text";
constexpr std::string_view time = "timestamp NOT NULL DEFAULT '1971-01-01 00:00:00'";
constexpr std::string_view maybe_time = "timestamp NULL DEFAULT NULL";
constexpr std::string_view state = "tinyint NOT NULL DEFAULT 0";

const std::vector<Table>& tables() {
  static const std::vector<Table> all{
      {"database_instance",
       "hostname, port",
       {{"hostname", host},
        {"port", port},
        {"last_checked", time},
        {"last_attempted_check", time},
        {"last_seen", maybe_time},
        {"server_id", "int unsigned NOT NULL DEFAULT 0"},
        {"version", host},
        {"version_comment", host},
        {"major_version", "varchar(16) NOT NULL DEFAULT ''"},
        {"server_uuid", "varchar(64) NOT NULL DEFAULT ''"},
        {"uptime", "int unsigned NOT NULL DEFAULT 0"},
        {"read_only", flag},
        {"binlog_format", "varchar(16) NOT NULL DEFAULT ''"},
        {"binlog_row_image", "varchar(16) NOT NULL DEFAULT ''"},
        {"log_bin", flag},
        {"log_slave_updates", flag},
        {"binary_log_file", host},
        {"binary_log_pos", count},
        {"master_host", host},
        {"master_port", port},
        {"master_uuid", "varchar(64) NOT NULL DEFAULT ''"},
        {"slave_sql_running", flag},
        {"slave_io_running", flag},
        {"replication_sql_thread_state", state},
        {"replication_io_thread_state", state},
        {"has_replication_filters", flag},
        {"supports_oracle_gtid", flag},
        {"oracle_gtid", flag},
        {"mariadb_gtid", flag},
        {"pseudo_gtid", flag},
        {"gtid_mode", "varchar(32) NOT NULL DEFAULT ''"},
        {"executed_gtid_set", text},
        {"gtid_purged", text},
        {"master_log_file", host},
        {"read_master_log_pos", count},
        {"relay_master_log_file", host},
        {"exec_master_log_pos", count},
        {"relay_log_file", host},
        {"relay_log_pos", count},
        {"last_sql_error", text},
        {"last_io_error", text},
        {"seconds_behind_master", "bigint unsigned NULL"},
        {"slave_lag_seconds", "bigint unsigned NULL"},
        {"sql_delay", "int unsigned NOT NULL DEFAULT 0"},
        {"allow_tls", flag},
        {"num_slave_hosts", "int unsigned NOT NULL DEFAULT 0"},
        {"slave_hosts", text},
        {"cluster_name", host},
        {"suggested_cluster_alias", host},
        {"data_center", "varchar(32) NOT NULL DEFAULT ''"},
        {"physical_environment", "varchar(32) NOT NULL DEFAULT ''"},
        {"replication_depth", "int unsigned NOT NULL DEFAULT 0"},
        {"is_co_master", flag},
        {"binlog_server", flag},
        {"last_check_partial_success", flag},
        {"super_read_only", flag},
        {"reported_hostname", host},
        {"reported_port", port},
        {"last_check_error", text},
        {"check_warnings", text},
        {"replication_channels", text}},
       {{"cluster_name_idx", "cluster_name"},
        {"last_checked_idx", "last_checked"},
        {"last_seen_idx", "last_seen"},
        {"master_host_port_idx", "master_host, master_port"}}},
      {"database_instance_alias",
       "hostname, port",
       {{"hostname", host},
        {"port", port},
        {"instance_hostname", host},
        {"instance_port", port},
        {"last_seen", time}},
       {}},
      {"database_instance_long_running_queries",
       "hostname, port, process_id",
       {{"hostname", host},
        {"port", port},
        {"process_id", "bigint NOT NULL DEFAULT 0"},
        {"process_started_at", time},
        {"process_user", host},
        {"process_host", host},
        {"process_db", host},
        {"process_command", "varchar(32) NOT NULL DEFAULT ''"},
        {"process_time_seconds", "int NOT NULL DEFAULT 0"},
        {"process_state", host},
        {"process_info", "varchar(1024) NOT NULL DEFAULT ''"}},
       {{"process_started_at_idx", "process_started_at"}}},
      {"cluster_alias",
       "cluster_name",
       {{"cluster_name", host}, {"alias", host}, {"last_registered", time}},
       {{"alias_uidx", "alias"}}},
      {"hostname_resolve",
       "hostname",
       {{"hostname", host}, {"resolved_hostname", host}, {"resolved_timestamp", time}},
       {{"resolved_timestamp_idx", "resolved_timestamp"}}},
      {"active_node",
       "anchor",
       {{"anchor", "tinyint unsigned NOT NULL DEFAULT 1"},
        {"hostname", host},
        {"token", host},
        {"first_seen_active", time},
        {"last_seen_active", time}},
       {}},
      {"node_health",
       "hostname, token",
       {{"hostname", host},
        {"token", host},
        {"last_seen_active", time},
        {"first_seen_active", time},
        {"extra_info", host},
        {"command", host},
        {"app_version", "varchar(64) NOT NULL DEFAULT ''"},
        {"db_backend", "varchar(255) NOT NULL DEFAULT ''"},
        {"incrementing_indicator", "bigint NOT NULL DEFAULT 0"}},
       {}},
      {"audit",
       "",
       {{"audit_id", id},
        {"audit_timestamp", time},
        {"audit_type", host},
        {"hostname", host},
        {"port", port},
        {"cluster_name", host},
        {"message", text}},
       {{"audit_timestamp_idx", "audit_timestamp"}, {"host_port_idx", "hostname, port, audit_timestamp"}}},
  };
  return all;
}

std::string column_text(Engine engine, const Column& column) {
  if (column.type != id) return fmt::format("{} {}", column.name, column.type);
  return fmt::format("{} {}", column.name,
                     engine == Engine::sqlite ? "integer PRIMARY KEY AUTOINCREMENT"
                                              : "bigint unsigned NOT NULL PRIMARY KEY AUTO_INCREMENT");
}

bool is_unique(std::string_view index) {
  return index.ends_with("_uidx");
}

void create(Database& database, Session& session, const Table& table) {
  const auto engine = database.engine();
  std::string sql = fmt::format("CREATE TABLE IF NOT EXISTS {} (", table.name);
  for (const auto& column : table.columns) sql += column_text(engine, column) + ", ";
  if (!table.key.empty()) sql += fmt::format("PRIMARY KEY ({}), ", table.key);
  if (engine == Engine::mysql) {
    for (const auto& [name, columns] : table.indexes)
      sql += fmt::format("{}KEY {} ({}), ", is_unique(name) ? "UNIQUE " : "", name, columns);
  }
  sql.resize(sql.size() - 2);
  sql += engine == Engine::mysql ? ") ENGINE = InnoDB DEFAULT CHARSET = utf8mb4" : ")";
  session.execute(sql);
  if (engine == Engine::mysql) return;
  for (const auto& [name, columns] : table.indexes) {
    session.execute(fmt::format("CREATE {}INDEX IF NOT EXISTS {}_{} ON {} ({})",
                                is_unique(name) ? "UNIQUE " : "", name, table.name, table.name, columns));
  }
}

// A table that the Go program made may be of a release that had fewer columns.
void add_missing_columns(Database& database, Session& session, const Table& table) {
  const auto present = database.columns_of(session, table.name);
  for (const auto& column : table.columns) {
    if (std::find(present.begin(), present.end(), column.name) != present.end()) continue;
    session.execute(
        fmt::format("ALTER TABLE {} ADD COLUMN {}", table.name, column_text(database.engine(), column)));
  }
}

void create_tables(Database& database, Session& session) {
  for (const auto& table : tables()) {
    create(database, session, table);
    add_missing_columns(database, session, table);
  }
  session.execute(
      fmt::format("{}active_node (anchor, hostname, token, first_seen_active, last_seen_active) VALUES (1, "
                  "'', '', current_timestamp, current_timestamp)",
                  sql::insert_ignore(database.engine())));
}

struct Migration {
  int version;
  std::string_view description;
  void (*run)(Database&, Session&);
};
// Only ever added to. Each may find its work done in part: MySQL takes no part of it back.
constexpr std::array migrations{Migration{1, "tables of discovery", &create_tables}};

constexpr std::string_view migration_table = "orchestrator_schema_migration";

// The highest that has run; nullopt: the table of migrations is not there.
std::optional<std::int64_t> current_version(Session& session) {
  std::optional<std::int64_t> version;
  try {
    session.query(fmt::format("SELECT COALESCE(MAX(version), 0) FROM {}", migration_table), {},
                  [&](const RowView& row) { version = row.number(0); });
  } catch (const Error& error) {
    // No such table: 1146 of MySQL. Anything else is said by the statement that follows.
    const std::string_view what = error.what();
    if (what.find("no such table") == std::string_view::npos && what.find("1146") == std::string_view::npos)
      throw;
  }
  return version;
}

}  // namespace

void migrate(Database& database, spdlog::logger& log) {
  std::optional<std::int64_t> version;
  database.read([&](Session& session) { version = current_version(session); });
  if (version == migrations.back().version) return;
  if (version > migrations.back().version) {
    log.warn("The tables of {} are of a newer release (version {}, this program knows {})",
             database.describe(), *version, migrations.back().version);
    return;
  }
  database.migrate([&](Session& session) {
    session.execute(
        fmt::format("CREATE TABLE IF NOT EXISTS {} (version int NOT NULL PRIMARY KEY, description "
                    "varchar(128) NOT NULL, applied_at timestamp NOT NULL DEFAULT '1971-01-01 00:00:00')",
                    migration_table));
    const auto done = current_version(session).value_or(0);  // another process may have been first
    for (const auto& migration : migrations) {
      if (migration.version <= done) continue;
      log.info("Bringing {} to version {}: {}", database.describe(), migration.version,
               migration.description);
      migration.run(database, session);
      session.execute(
          fmt::format("INSERT INTO {} (version, description, applied_at) VALUES (?, ?, current_timestamp)",
                      migration_table),
          {std::int64_t{migration.version}, std::string(migration.description)});
    }
  });
}

}  // namespace topo::store
