#include "store/schema.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

#include "store/schema_facts.h"
#include "store/table_changes.h"

namespace topo::store {
namespace {

// Early releases allowed an alias for several clusters: the one that sorts last keeps it.
void make_aliases_unique(Session& session) {
  session.execute(
      "DELETE FROM cluster_alias WHERE cluster_name NOT IN"
      " (SELECT cluster_name FROM (SELECT MAX(cluster_name) AS cluster_name FROM cluster_alias"
      " GROUP BY alias) AS kept)");
}

void create_tables(Database& database, Session& session) {
  const auto engine = database.engine();
  for (const auto& table : tables()) {
    if (table.name == "cluster_alias" && !columns_of(session, engine, table.name).empty())
      make_aliases_unique(session);
    make_table(session, engine, table);
  }
}

struct Migration {
  int version;
  std::string_view description;
  void (*run)(Database&, Session&);
};
// Only ever added to. Each may find its work done in part: MySQL takes no part of it back.
// Making tables adds what those that are there lack, too.
constexpr std::array migrations{Migration{1, "tables of discovery", &create_tables},
                                Migration{2, "maintenance, formats of binary logs", &create_tables},
                                Migration{3, "operations under way", &create_tables},
                                Migration{4, "names by which replicas know their master", &create_tables},
                                Migration{5, "what operations left of servers", &create_tables},
                                Migration{6, "where servers stood in their logs", &create_tables},
                                Migration{7, "injected Pseudo-GTID entries", &create_tables},
                                Migration{8, "recoveries", &create_tables},
                                Migration{9, "tokens of what begins", &create_tables}};
constexpr std::int64_t newest = migrations.back().version;

constexpr std::string_view migration_table = "orchestrator_schema_migration";

// The highest that has run; 0: none.
std::int64_t current_version(Database& database, Session& session) {
  std::int64_t version = 0;
  const auto ask = [&] {
    session.query(fmt::format("SELECT COALESCE(MAX(version), 0) FROM {}", migration_table), {},
                  [&](const RowView& row) { version = row.number(0); });
  };
  try {
    ask();
  } catch (const Error&) {
    if (columns_of(session, database.engine(), migration_table).empty()) return 0;
    ask();  // another process has just made the table, or the complaint is another
  }
  return version;
}

std::int64_t current_version(Database& database) {
  std::int64_t version = 0;
  database.read([&](Session& session) { version = current_version(database, session); });
  return version;
}

void run_missing(Database& database, Session& session, spdlog::logger& log) {
  session.execute(
      fmt::format("CREATE TABLE IF NOT EXISTS {} (version int NOT NULL PRIMARY KEY, description varchar(128) "
                  "NOT NULL, applied_at timestamp NOT NULL DEFAULT '1971-01-01 00:00:00')",
                  migration_table));
  const auto done = current_version(database, session);  // another process may have been first
  for (const auto& migration : migrations) {
    if (migration.version <= done) continue;
    log.info("Bringing {} to version {}: {}", database.describe(), migration.version, migration.description);
    migration.run(database, session);
    session.execute(
        fmt::format("INSERT INTO {} (version, description, applied_at) VALUES (?, ?, current_timestamp)",
                    migration_table),
        {std::int64_t{migration.version}, migration.description});
  }
}

// "table a; column b.c"; "" when nothing is missing.
std::string missing(Session& session, Engine engine) {
  std::vector<std::string> names;
  for (const auto& table : tables()) {
    const auto present = columns_of(session, engine, table.name);
    if (present.empty()) names.push_back(fmt::format("table {}", table.name));
    for (const auto& column : table.columns) {
      const bool found = std::any_of(present.begin(), present.end(),
                                     [&](const auto& other) { return other.name == column.name; });
      if (!present.empty() && !found) names.push_back(fmt::format("column {}.{}", table.name, column.name));
    }
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

void migrate(Database& database, spdlog::logger& log) {
  const auto version = current_version(database);
  if (version > newest) {
    log.warn("The tables of {} are of a newer release (version {}, this program knows {}); upgrade this one",
             database.describe(), version, newest);
  }
  if (version >= newest) return;
  database.migrate([&](Session& session) { run_missing(database, session, log); });
}

void require_tables(Database& database) {
  if (current_version(database) >= newest) return;
  std::string lacks;
  database.read([&](Session& session) { lacks = missing(session, database.engine()); });
  if (lacks.empty()) return;
  throw Error(Code::backend,
              fmt::format("Backend {} lacks {}; SkipOrchestratorDatabaseUpdate forbids to make them: start "
                          "once with it off, under an account that may create and alter tables",
                          database.describe(), lacks));
}

}  // namespace topo::store
