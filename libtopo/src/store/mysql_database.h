#pragma once

#include <memory>

#include "store/database.h"
#include "topo/mysql/connection.h"

namespace topo::store {

// Connects when first used. The schema must exist.
[[nodiscard]] std::unique_ptr<Database> open_mysql(mysql::ConnectionOptions options);

}  // namespace topo::store
