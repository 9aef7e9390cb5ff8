// The columns, indexes and collations of the tables in the backend.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace topo::store {

struct TableColumn {
  std::string name;
  bool is_required = false;  // NOT NULL without a default
};

// Empty: there is no such table.
[[nodiscard]] std::vector<TableColumn> columns_of(DatabaseSession& session, Engine engine,
                                                  std::string_view table);
// The columns of each index, in order, "a, b"; on MySQL the primary key too.
[[nodiscard]] std::vector<std::string> indexes_of(DatabaseSession& session, Engine engine,
                                                  std::string_view table);
// The collation of a table of MySQL.
[[nodiscard]] std::string collation_of(DatabaseSession& session, std::string_view table);

}  // namespace topo::store
