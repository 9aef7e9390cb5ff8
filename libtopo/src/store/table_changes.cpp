#include "store/table_changes.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/schema_facts.h"

namespace topo::store {
namespace {

// Names and keys are compared byte by byte, as SQLite does.
constexpr std::string_view collation = "utf8mb4_bin";

std::string column_text(Engine engine, const Column& column) {
  if (column.type != counting_type) return fmt::format("{} {}", column.name, column.type);
  return fmt::format("{} {}", column.name,
                     engine == Engine::sqlite ? "integer PRIMARY KEY AUTOINCREMENT"
                                              : "bigint unsigned NOT NULL PRIMARY KEY AUTO_INCREMENT");
}

void create(DatabaseSession& session, Engine engine, const Table& table) {
  std::string sql = fmt::format("CREATE TABLE IF NOT EXISTS {} (", table.name);
  for (const auto& column : table.columns)
    sql.append(&column == table.columns.data() ? "" : ", ").append(column_text(engine, column));
  if (!table.key.empty()) sql += fmt::format(", PRIMARY KEY ({})", table.key);
  sql += ")";
  if (engine == Engine::mysql)
    sql += fmt::format(" ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = {}", collation);
  session.execute(sql);
}

bool has(const std::vector<TableColumn>& columns, std::string_view name) {
  return std::any_of(columns.begin(), columns.end(), [&](const auto& c) { return c.name == name; });
}
bool has(const std::vector<Column>& columns, std::string_view name) {
  return std::any_of(columns.begin(), columns.end(), [&](const auto& c) { return c.name == name; });
}

// SQLite rejects our rows while a column that we do not know is NOT NULL without a default, and cannot change
// a column's default. So the table is recreated.
void make_anew_without_required(DatabaseSession& session, const Table& table,
                                std::vector<TableColumn> present) {
  const auto is_strange = [&](const TableColumn& column) {
    return column.is_required && !has(table.columns, column.name);
  };
  if (std::none_of(present.begin(), present.end(), is_strange)) return;
  const auto former = fmt::format("{}_of_another_release", table.name);
  session.execute(fmt::format("ALTER TABLE {} RENAME TO {}", table.name, former));
  create(session, Engine::sqlite, table);
  std::string names;
  for (const auto& column : present) {
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", column.name);
    if (!has(table.columns, column.name))
      session.execute(fmt::format("ALTER TABLE {} ADD COLUMN \"{}\"", table.name, column.name));
  }
  session.execute(fmt::format("INSERT INTO {} ({}) SELECT {} FROM {}", table.name, names, names, former));
  session.execute(fmt::format("DROP TABLE {}", former));
}

// The audit is skipped: years of it would take long to rewrite, and no lookup uses its texts.
void compare_exactly(DatabaseSession& session, const Table& table) {
  if (table.name == "audit" || collation_of(session, table.name) == collation) return;
  session.execute(
      fmt::format("ALTER TABLE {} CONVERT TO CHARACTER SET utf8mb4 COLLATE {}", table.name, collation));
}

void add_missing_columns(DatabaseSession& session, Engine engine, const Table& table,
                         const std::vector<TableColumn>& present) {
  for (const auto& column : table.columns) {
    if (has(present, column.name)) continue;
    session.execute(fmt::format("ALTER TABLE {} ADD COLUMN {}", table.name, column_text(engine, column)));
  }
}

void add_missing_indexes(DatabaseSession& session, Engine engine, const Table& table) {
  const auto present = indexes_of(session, engine, table.name);
  for (const auto& [name, columns] : table.indexes) {
    if (std::find(present.begin(), present.end(), columns) != present.end()) continue;
    // Index names are unique within a file in SQLite.
    const auto full_name =
        engine == Engine::sqlite ? fmt::format("{}_{}", name, table.name) : std::string(name);
    // `tinytext` of the first releases needs a prefix length; this one is enough.
    const auto length = name == "cluster_name_idx" && engine == Engine::mysql ? "(128)" : "";
    session.execute(fmt::format("CREATE {}INDEX {} ON {} ({}{})", name.ends_with("_uidx") ? "UNIQUE " : "",
                                full_name, table.name, columns, length));
  }
}

}  // namespace

void make_table(DatabaseSession& session, Engine engine, const Table& table) {
  create(session, engine, table);
  if (engine == Engine::sqlite)
    make_anew_without_required(session, table, columns_of(session, engine, table.name));
  else
    compare_exactly(session, table);
  add_missing_columns(session, engine, table, columns_of(session, engine, table.name));
  add_missing_indexes(session, engine, table);
}

}  // namespace topo::store
