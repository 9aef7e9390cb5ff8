#pragma once

#include <memory>
#include <string>

#include "store/database.h"

namespace topo::store {

// Opens the file, making it and its folder, for its owner alone, when it is not there. Throws Error{backend}.
[[nodiscard]] std::unique_ptr<Database> open_sqlite(const std::string& file);

// orchestrator.sqlite3 in the service's state folder: $STATE_DIRECTORY, else /var/lib/orchestrator for root,
// else that below $XDG_STATE_HOME or ~/.local/state.
[[nodiscard]] std::string default_sqlite_file();

}  // namespace topo::store
