// The backend's tables and the numbered migrations that make them.
#pragma once

#include "store/database.h"

namespace spdlog {
class logger;
}

namespace topo::store {

// Brings the tables up to date: migrations that were not run yet, each once. Costs one small query when there
// are none. Throws Error{backend}.
void migrate(Database& database, spdlog::logger& log);

// For who may not migrate: throws Error{backend} naming the tables and columns that are missing, if any.
// Costs one small query when all migrations have been run.
void require_tables(Database& database);

}  // namespace topo::store
