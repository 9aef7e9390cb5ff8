// Rows of the backend whose host name or port names no server, in all tables that have instances as keys.
#pragma once

#include <vector>

#include "store/database.h"
#include "topo/store/store.h"

namespace topo::store {

// Each pair once, ordered by host name and port.
[[nodiscard]] std::vector<UnusableRow> find_unusable(DatabaseSession& session, Engine engine);
// Deletes these rows and returns them.
[[nodiscard]] std::vector<UnusableRow> delete_unusable(DatabaseSession& session, Engine engine);

}  // namespace topo::store
