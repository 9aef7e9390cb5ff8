#include "store/mysql_trial.h"

#include <fmt/format.h>
#include <mysqld_error.h>

#include <algorithm>

#include "store/schema_tables.h"

namespace topo::store {
namespace {

// The DELETE statements match no row, but need the same table and server locks as those that do.
std::vector<std::string> statements() {
  std::vector<std::string> all;
  for (const auto& table : tables()) {
    all.push_back(fmt::format("SELECT 1 FROM {} LIMIT 1", table.name));
    all.push_back(fmt::format("DELETE FROM {} WHERE 1 = 0", table.name));
  }
  // The row belongs to no node, and is too old to be taken for one. All processes share it: if a commit
  // hangs, the others wait for its lock until they time out.
  all.emplace_back(
      "INSERT INTO node_health (hostname, token, last_seen_active, first_seen_active, extra_info, command)"
      " VALUES ('', '', '1971-01-01 00:00:00', '1971-01-01 00:00:00', 'backend trial', '')"
      " ON DUPLICATE KEY UPDATE incrementing_indicator = incrementing_indicator + 1");
  return all;
}

}  // namespace

bool answers_in_earnest(const mysql::ConnectionOptions& options) noexcept {
  try {
    mysql::Connection connection(options);
    connection.end_by(options.end_by);
    // Just longer than this client waits, so that the server gives up soon after it.
    connection.query(
        "SET SESSION time_zone = '+00:00', sql_mode = 'NO_ENGINE_SUBSTITUTION', sql_safe_updates = 0,"
        " lock_wait_timeout = 2, innodb_lock_wait_timeout = 2");
    return std::ranges::none_of(connection.query_all(statements()), [](const mysql::Answer& answer) {
      return answer.error && answer.error->number() == ER_LOCK_WAIT_TIMEOUT;
    });
  } catch (const mysql::SqlError& error) {
    return !error.connection_lost();
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace topo::store
