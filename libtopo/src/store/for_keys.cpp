#include "store/for_keys.h"

#include <algorithm>
#include <string>

namespace topo::store {

void for_keys(DatabaseSession& session, Engine engine, std::string_view statement, std::string_view suffix,
              std::span<const InstanceKey> keys, const OnRow& on_row) {
  const std::size_t max_keys = engine == Engine::sqlite ? 1 : 200;
  while (!keys.empty()) {
    const auto part = keys.first(std::min(max_keys, keys.size()));
    keys = keys.subspan(part.size());
    Values values;
    values.reserve(2 * part.size());
    std::string sql(statement);
    // MySQL 5.6 uses no index for row comparisons, (hostname, port) IN (…).
    for (const auto& key : part) {
      sql += values.empty() ? " (hostname = ? AND port = ?)" : " OR (hostname = ? AND port = ?)";
      values.emplace_back(std::string_view(key.hostname()));
      values.emplace_back(std::int64_t{key.port()});
    }
    session.query(sql.append(suffix), std::span<const Value>(values), on_row);
  }
}

}  // namespace topo::store
