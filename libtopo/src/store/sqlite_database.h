// A backend in a file of SQLite: its sessions, and what is shared by them. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "store/database.h"
#include "topo/mysql/interrupt.h"

namespace topo::store {

// Opens the file; creates it and its folder, accessible to their owner only, if they are missing.
// `busy_timeout`: how long to wait for the lock of another process; not at all once `end` is raised. Throws
// Error{backend}.
[[nodiscard]] std::unique_ptr<Database> open_sqlite(
    const std::string& file, std::chrono::milliseconds busy_timeout = std::chrono::seconds(5),
    std::shared_ptr<const mysql::Interrupt> end = nullptr);

// orchestrator.sqlite3 in the service's state folder: $STATE_DIRECTORY, else /var/lib/orchestrator for root,
// else that below $XDG_STATE_HOME or ~/.local/state.
[[nodiscard]] std::string default_sqlite_file();

}  // namespace topo::store
