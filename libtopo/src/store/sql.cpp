#include <algorithm>

#include "store/database.h"

namespace topo::store::sql {

std::string upsert_suffix(Engine engine, std::span<const std::string_view> key,
                          std::span<const std::string_view> columns) {
  std::string text;
  if (engine == Engine::sqlite) {
    text = " ON CONFLICT (";
    for (const auto& column : key) text.append(&column == key.data() ? "" : ", ").append(column);
    text += ") DO UPDATE SET ";
  } else {
    text = " ON DUPLICATE KEY UPDATE ";
  }
  bool first = true;
  for (const auto& column : columns) {
    if (std::find(key.begin(), key.end(), column) != key.end()) continue;
    text.append(first ? "" : ", ").append(column);
    if (engine == Engine::sqlite)
      text.append(" = excluded.").append(column);
    else
      text.append(" = VALUES(").append(column).append(")");
    first = false;
  }
  return text;
}

std::string_view insert_ignore(Engine engine) {
  return engine == Engine::sqlite ? "INSERT OR IGNORE INTO " : "INSERT IGNORE INTO ";
}

std::string tuples(std::size_t count, std::size_t width) {
  std::string tuple = "(";
  for (std::size_t i = 0; i < width; ++i) tuple += i == 0 ? "?" : ", ?";
  tuple += ")";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text.append(i == 0 ? "" : ", ").append(tuple);
  return text;
}

std::string key_in(Engine engine, std::size_t count) {
  return "(hostname, port) IN (" + std::string(engine == Engine::sqlite ? "VALUES " : "") + tuples(count, 2) +
         ")";
}

std::string contains_pattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '|') pattern += '|';
    pattern += c;
  }
  return pattern + "%";
}

}  // namespace topo::store::sql
