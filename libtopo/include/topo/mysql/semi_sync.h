// Semi-synchronous replication: which variables a server has for it. MySQL Reference Manual,
// "Semisynchronous Replication"; MariaDB Knowledge Base, "Semisynchronous Replication".
//
// The names depend on the plugins that are loaded, not on the version alone: MySQL 8.0.26 has both the old
// plugins and those that say source and replica. So all functions go by what a server shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "topo/model/instance.h"
#include "topo/mysql/connection.h"
#include "topo/mysql/dialect.h"

namespace topo::mysql {

// Name and value of the variables of semi-synchronous replication, and of the number of parallel workers; no
// rows for what the server does not have.
[[nodiscard]] std::string show_semi_sync_variables(const Dialect& dialect);
// The same of status variables; there may be no rows where it is off.
[[nodiscard]] std::string show_semi_sync_status(const Dialect& dialect);

// From the answers to both.
[[nodiscard]] SemiSync parse_semi_sync(const ResultSet& variables, const ResultSet& status);
// From the answer to show_semi_sync_variables(); nullopt: the server has no such setting.
[[nodiscard]] std::optional<std::uint32_t> parse_parallel_workers(const ResultSet& variables);

// One statement that makes the change on the server that has these `variables`, as it answered
// show_semi_sync_variables(). What limits commits comes before what makes them wait. "": nothing to change.
// Throws Error{refused}, naming the `server`, if the plugin of a side that the change switches on is not
// loaded.
[[nodiscard]] std::string set_semi_sync(const SemiSyncChange& change, const ResultSet& variables,
                                        const InstanceKey& server);

// `semi_sync` after the change; its status is as before, but for what is switched off.
[[nodiscard]] SemiSync with_change(SemiSync semi_sync, const SemiSyncChange& change);
// What undoes the change on a server that was as `before`; nullopt: unknown, so that only the switches go
// back.
[[nodiscard]] SemiSyncChange undo_of(const SemiSyncChange& change, const std::optional<SemiSync>& before);

}  // namespace topo::mysql
