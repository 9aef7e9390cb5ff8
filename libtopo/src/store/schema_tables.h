// The tables of the backend.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace topo::store {

// As both engines make it: the types are MySQL's, and SQLite takes them for what they mean. Names and types
// are those that orchestrator's users know.
struct Column {
  std::string_view name;
  std::string_view type;  // with NOT NULL and default
};
// An index whose name ends in _uidx is unique.
struct Index {
  std::string_view name;
  std::string_view columns;
};
struct Table {
  std::string_view name;
  std::string_view key;  // of the primary key; empty where a column counts by itself
  std::vector<Column> columns;
  std::vector<Index> indexes;
};

// The type of a column that is the primary key and counts by itself.
inline constexpr std::string_view counting_type = "id";

[[nodiscard]] const std::vector<Table>& tables();

}  // namespace topo::store
