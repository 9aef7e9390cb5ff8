// The tables of the backend.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace topo::store {

// A column as both engines create it: the types are MySQL's, which SQLite interprets in its own way. Names
// and types are those that orchestrator's users know.
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
  std::string_view key;  // columns of the primary key; empty if a column is auto-incremented
  std::vector<Column> columns;
  std::vector<Index> indexes;
};

// The type of a column that is an auto-incremented primary key.
inline constexpr std::string_view counting_type = "id";

[[nodiscard]] const std::vector<Table>& tables();

}  // namespace topo::store
