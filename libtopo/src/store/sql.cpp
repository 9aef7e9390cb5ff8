#include <fmt/format.h>

#include <algorithm>

#include "store/database.h"

namespace topo::store {

std::optional<InstanceKey> RowView::key(int column) const {
  const auto port = number(column + 1);
  if (text(column + 1) != std::to_string(port)) return std::nullopt;  // SQLite keeps any text there
  auto key = InstanceKey::from_reported(text(column), port);
  // A name that differs from the form of keys would be found under neither form.
  if (key && key->hostname() != text(column)) return std::nullopt;
  return key;
}

pgtid::BinlogCoordinates RowView::coordinates(int column) const {
  return {string(column), static_cast<std::uint64_t>(number(column + 1))};
}

namespace sql {

std::string upsert_suffix(Engine engine, std::span<const std::string_view> key,
                          std::span<const std::string_view> columns) {
  std::string text = " ON DUPLICATE KEY UPDATE ";
  if (engine == Engine::sqlite) text = fmt::format(" ON CONFLICT ({}) DO UPDATE SET ", fmt::join(key, ", "));
  bool first = true;
  for (const auto& column : columns) {
    if (std::find(key.begin(), key.end(), column) != key.end()) continue;
    text.append(first ? "" : ", ").append(column);
    text += engine == Engine::sqlite ? fmt::format(" = excluded.{}", column)
                                     : fmt::format(" = VALUES({})", column);
    first = false;
  }
  return text;
}

std::string_view insert_ignore(Engine engine) {
  return engine == Engine::sqlite ? "INSERT OR IGNORE INTO " : "INSERT IGNORE INTO ";
}

std::string tuple(std::size_t width) {
  std::string text = "(";
  for (std::size_t i = 0; i < width; ++i) text += i == 0 ? "?" : ", ?";
  return text + ")";
}

std::string_view for_update(Engine engine) {
  return engine == Engine::sqlite ? "" : " FOR UPDATE";
}

std::string is_like(Engine engine, std::string_view expression) {
  if (engine == Engine::sqlite) return fmt::format("{} LIKE ? ESCAPE '|'", expression);
  return fmt::format("LOWER({}) LIKE LOWER(?) ESCAPE '|'", expression);
}

std::string contains_pattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '|') pattern += '|';
    pattern += c;
  }
  return pattern + "%";
}

std::string_view last_insert_id(Engine engine) {
  return engine == Engine::sqlite ? "last_insert_rowid()" : "LAST_INSERT_ID()";
}

std::string_view host_port(Engine engine) {
  return engine == Engine::sqlite ? "hostname || ':' || port" : "CONCAT(hostname, ':', port)";
}

}  // namespace sql
}  // namespace topo::store
