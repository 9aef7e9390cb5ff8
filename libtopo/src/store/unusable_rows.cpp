#include "store/unusable_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <tuple>

#include "topo/base/error.h"

namespace topo {

std::string UnusableRow::text() const {
  return port ? fmt::format("{}:{}", hostname, *port) : hostname;
}

namespace store {
namespace {

// Tables that only record the past (audit, recoveries) are not included.
struct KeyColumns {
  std::string_view table, hostname;
  std::string_view port = {};    // "": a host name without a port, or the name of a cluster
  bool is_cluster_name = false;  // host:port
};
constexpr auto tables_with_hosts = std::to_array<KeyColumns>({
    {"database_instance", "hostname", "port"},
    {"database_instance_alias", "hostname", "port"},
    {"database_instance_alias", "instance_hostname", "instance_port"},
    {"database_instance_coordinates_history", "hostname", "port"},
    {"database_instance_long_running_queries", "hostname", "port"},
    {"database_instance_maintenance", "hostname", "port"},
    {"candidate_database_instance", "hostname", "port"},
    {"topology_operation", "hostname", "port"},
    {"topology_operation_server", "hostname", "port"},
    {"former_master", "hostname", "port"},
    {"former_master", "successor_hostname", "successor_port"},
    {"hostname_resolve", "hostname"},
    {"hostname_resolve", "resolved_hostname"},
    {"hostname_unresolve", "hostname"},
    {"hostname_unresolve", "unresolved_hostname"},
    {"cluster_alias", "cluster_name", "", true},
    {"cluster_injected_pseudo_gtid", "cluster_name", "", true},
});
constexpr std::string_view any_port = "1";  // instead of a column

// An expression for the stored bytes: a column of SQLite may contain values of any type, and MySQL ignores
// case and trailing spaces in comparisons.
std::string stored(Engine engine, std::string_view column) {
  if (engine == Engine::sqlite) return fmt::format("typeof({0}) || ':' || hex({0})", column);
  return fmt::format("coalesce(hex({}), 'NULL')", column);
}

bool is_cluster_name(std::string_view text) {
  try {
    return InstanceKey::parse(text, 0).display() == text;
  } catch (const Error&) {
    return false;
  }
}

bool is_usable(Engine engine, const KeyColumns& columns, const RowView& row) {
  if (engine == Engine::sqlite && (!row.text(2).starts_with("text:") || !row.text(3).starts_with("integer:")))
    return false;
  return columns.is_cluster_name ? is_cluster_name(row.text(0)) : row.key(0).has_value();
}

struct Stored {
  UnusableRow row;
  std::string hostname, port;  // as returned by stored()
};

std::vector<Stored> find_in(DatabaseSession& session, Engine engine, const KeyColumns& columns) {
  std::vector<Stored> found;
  const auto port = columns.port.empty() ? any_port : columns.port;
  session.query(fmt::format("SELECT DISTINCT {0}, {1}, {2}, {3} FROM {4}", columns.hostname, port,
                            stored(engine, columns.hostname), stored(engine, port), columns.table),
                {}, [&](const RowView& row) {
                  if (is_usable(engine, columns, row)) return;
                  std::optional<std::int64_t> read_port;
                  if (!columns.port.empty()) read_port = row.number(1);
                  found.push_back({{row.string(0), read_port}, row.string(2), row.string(3)});
                });
  return found;
}

std::vector<UnusableRow> for_all(DatabaseSession& session, Engine engine,
                                 const std::function<void(const KeyColumns&, const Stored&)>& act) {
  std::vector<UnusableRow> rows;
  for (const auto& columns : tables_with_hosts) {
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
    session.execute(
        fmt::format("DELETE FROM {} WHERE {} = ? AND {} = ?", columns.table, stored(engine, columns.hostname),
                    stored(engine, columns.port.empty() ? any_port : columns.port)),
        {item.hostname, item.port});
  });
}

}  // namespace store
}  // namespace topo
