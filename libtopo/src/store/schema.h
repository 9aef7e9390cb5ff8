// Creates the tables of the backend, and adds what tables of other releases lack.
#pragma once

#include "store/database.h"

namespace spdlog {
class logger;
}

namespace topo::store {

// Creates missing tables, and adds missing columns and indexes; drops nothing. Costs one small query when the
// tables are up to date. Throws Error{backend}.
void migrate(Database& database, spdlog::logger& log);

// For processes that may not migrate: throws Error{backend} that names the missing tables and columns, if
// any. Costs one small query once migrate() has been called.
void require_tables(Database& database);

}  // namespace topo::store
