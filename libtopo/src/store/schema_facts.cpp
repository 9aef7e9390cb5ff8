#include "store/schema_facts.h"

namespace topo::store {
namespace {

constexpr std::string_view sqlite_columns =
    R"(SELECT name, "notnull" = 1 AND dflt_value IS NULL AND pk = 0 FROM pragma_table_info(?))";
constexpr std::string_view mysql_columns =
    R"(SELECT column_name, is_nullable = 'NO' AND column_default IS NULL
       FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?)";

constexpr std::string_view sqlite_index_columns =
    R"(SELECT list.name, info.name FROM pragma_index_list(?) AS list
       JOIN pragma_index_info(list.name) AS info ORDER BY list.name, info.seqno)";
constexpr std::string_view mysql_index_columns =
    R"(SELECT index_name, column_name FROM information_schema.statistics
       WHERE table_schema = DATABASE() AND table_name = ? ORDER BY index_name, seq_in_index)";

}  // namespace

std::vector<TableColumn> columns_of(DatabaseSession& session, Engine engine, std::string_view table) {
  std::vector<TableColumn> columns;
  session.query(engine == Engine::sqlite ? sqlite_columns : mysql_columns, {table}, [&](const RowView& row) {
    columns.push_back({row.string(0), row.number(1) != 0});
  });
  return columns;
}

std::vector<std::string> indexes_of(DatabaseSession& session, Engine engine, std::string_view table) {
  std::vector<std::string> indexes;
  std::string index;
  session.query(engine == Engine::sqlite ? sqlite_index_columns : mysql_index_columns, {table},
                [&](const RowView& row) {
                  if (indexes.empty() || row.text(0) != index)
                    indexes.push_back(row.string(1));
                  else
                    indexes.back().append(", ").append(row.text(1));
                  index = row.string(0);
                });
  return indexes;
}

std::string collation_of(DatabaseSession& session, std::string_view table) {
  std::string collation;
  session.query(
      "SELECT table_collation FROM information_schema.tables WHERE table_schema = DATABASE() AND "
      "table_name = ?",
      {table}, [&](const RowView& row) { collation = row.string(0); });
  return collation;
}

}  // namespace topo::store
