#include "store/schema.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/digest.h"
#include "store/schema_facts.h"
#include "store/table_changes.h"

namespace topo::store {
namespace {

// Early releases allowed an alias for several clusters: the cluster that sorts last keeps it.
void make_aliases_unique(DatabaseSession& session) {
  session.execute(
      "DELETE FROM cluster_alias WHERE cluster_name NOT IN"
      " (SELECT cluster_name FROM (SELECT MAX(cluster_name) AS cluster_name FROM cluster_alias"
      " GROUP BY alias) AS kept)");
}

void make_tables(Database& database, DatabaseSession& session) {
  const auto engine = database.engine();
  for (const auto& table : tables()) {
    if (table.name == "cluster_alias" && !columns_of(session, engine, table.name).empty())
      make_aliases_unique(session);
    make_table(session, engine, table);
  }
}

// Records that a backend has these tables. The Go program keeps its versions in the same table.
constexpr std::string_view deployment_table = "orchestrator_db_deployments";

// Differs when tables, columns or indexes differ.
std::string deployed_version() {
  std::string text;
  for (const auto& table : tables()) {
    text += fmt::format("{} ({})\n", table.name, table.key);
    for (const auto& column : table.columns) text += fmt::format("{} {}\n", column.name, column.type);
    for (const auto& index : table.indexes) text += fmt::format("{} ({})\n", index.name, index.columns);
  }
  return "tables " + sha256_hex(text);
}

bool is_deployed(Database& database, DatabaseSession& session) {
  bool found = false;
  const auto ask = [&] {
    session.query(fmt::format("SELECT 1 FROM {} WHERE deployed_version = ?", deployment_table),
                  {deployed_version()}, [&](const RowView&) { found = true; });
  };
  try {
    ask();
  } catch (const Error&) {
    if (columns_of(session, database.engine(), deployment_table).empty()) return false;
    ask();  // another process has just created the table, or the error has another cause
  }
  return found;
}

bool is_deployed(Database& database) {
  bool found = false;
  database.read([&](DatabaseSession& session) { found = is_deployed(database, session); });
  return found;
}

void deploy(Database& database, DatabaseSession& session, spdlog::logger& log) {
  session.execute(
      fmt::format("CREATE TABLE IF NOT EXISTS {} (deployed_version varchar(128) NOT NULL PRIMARY "
                  "KEY, deployed_timestamp timestamp NOT NULL DEFAULT '1971-01-01 00:00:00')",
                  deployment_table));
  if (is_deployed(database, session)) return;  // another process has just created the tables
  log.info(fmt::format("Creating or updating the tables of {}", database.describe()));
  make_tables(database, session);
  session.execute(fmt::format("INSERT INTO {} (deployed_version, deployed_timestamp) VALUES (?, "
                              "current_timestamp)",
                              deployment_table),
                  {deployed_version()});
}

// "table a, column b.c"; "": nothing is missing.
std::string missing(DatabaseSession& session, Engine engine) {
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
  if (is_deployed(database)) return;
  database.migrate([&](DatabaseSession& session) { deploy(database, session, log); });
}

void require_tables(Database& database) {
  if (is_deployed(database)) return;
  std::string lacks;
  database.read([&](DatabaseSession& session) { lacks = missing(session, database.engine()); });
  if (lacks.empty()) return;
  throw Error(Code::backend,
              fmt::format("Backend {} lacks {}; SkipOrchestratorDatabaseUpdate prevents creating them: start "
                          "once with it off, under an account that may create and alter tables",
                          database.describe(), lacks));
}

}  // namespace topo::store
