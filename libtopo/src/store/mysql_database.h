// A backend in MySQL or MariaDB: its sessions, and what is shared by them. Thread-safe.
#pragma once

#include <memory>

#include "store/database.h"
#include "topo/mysql/connection.h"

namespace topo::store {

// Connects when first used. The schema must exist.
[[nodiscard]] std::unique_ptr<Database> open_mysql(mysql::ConnectionOptions options);

}  // namespace topo::store
