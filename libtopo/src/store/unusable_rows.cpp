#include "store/unusable_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <tuple>

namespace topo::store {
namespace {

// Tables that only record the past (audit, recoveries, operations) are not included.
struct KeyColumns {
  std::string_view table, hostname, port;
};
constexpr std::array<KeyColumns, 6> key_columns{{
    {"database_instance", "hostname", "port"},
    {"database_instance_alias", "hostname", "port"},
    {"database_instance_alias", "instance_hostname", "instance_port"},
    {"database_instance_coordinates_history", "hostname", "port"},
    {"database_instance_long_running_queries", "hostname", "port"},
    {"database_instance_maintenance", "hostname", "port"},
}};

// An expression for the stored bytes: a column of SQLite may contain values of any type, and MySQL ignores
// case and trailing spaces in comparisons.
std::string stored(Engine engine, std::string_view column) {
  if (engine == Engine::sqlite) return fmt::format("typeof({0}) || ':' || hex({0})", column);
  return fmt::format("coalesce(hex({}), 'NULL')", column);
}

bool is_usable(Engine engine, const RowView& row) {
  if (engine == Engine::sqlite && (!row.text(2).starts_with("text:") || !row.text(3).starts_with("integer:")))
    return false;
  return row.key(0).has_value();
}

struct Stored {
  UnusableRow row;
  std::string hostname, port;  // as returned by stored()
};

std::vector<Stored> find_in(DatabaseSession& session, Engine engine, const KeyColumns& columns) {
  std::vector<Stored> found;
  session.query(fmt::format("SELECT DISTINCT {0}, {1}, {2}, {3} FROM {4}", columns.hostname, columns.port,
                            stored(engine, columns.hostname), stored(engine, columns.port), columns.table),
                {}, [&](const RowView& row) {
                  if (!is_usable(engine, row))
                    found.push_back({{row.string(0), row.number(1)}, row.string(2), row.string(3)});
                });
  return found;
}

std::vector<UnusableRow> for_all(DatabaseSession& session, Engine engine,
                                 const std::function<void(const KeyColumns&, const Stored&)>& act) {
  std::vector<UnusableRow> rows;
  for (const auto& columns : key_columns) {
    for (auto& item : find_in(session, engine, columns)) {
      act(columns, item);
      rows.push_back(std::move(item.row));
    }
  }
  const auto parts = [](const UnusableRow& row) { return std::tie(row.hostname, row.port); };
  std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return parts(a) < parts(b); });
  const auto is_same = [&](const auto& a, const auto& b) { return parts(a) == parts(b); };
  rows.erase(std::unique(rows.begin(), rows.end(), is_same), rows.end());
  return rows;
}

}  // namespace

std::vector<UnusableRow> find_unusable(DatabaseSession& session, Engine engine) {
  return for_all(session, engine, [](const KeyColumns&, const Stored&) {});
}

std::vector<UnusableRow> delete_unusable(DatabaseSession& session, Engine engine) {
  return for_all(session, engine, [&](const KeyColumns& columns, const Stored& item) {
    session.execute(fmt::format("DELETE FROM {} WHERE {} = ? AND {} = ?", columns.table,
                                stored(engine, columns.hostname), stored(engine, columns.port)),
                    {item.hostname, item.port});
  });
}

}  // namespace topo::store
