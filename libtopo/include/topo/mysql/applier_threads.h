// ApplierThreads: the state of the threads that execute a replica's relay logs.
//
// With several workers (slave_parallel_workers, slave_parallel_threads), the SQL thread is the coordinator
// and hands events out to them. A coordinator that has read the whole relay log does not imply that the
// workers have executed all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "topo/mysql/connection.h"

namespace topo::mysql {

struct ApplierThreads {
  // The SQL thread's id for KILL; nullopt unless exactly one SQL thread has read all relay logs.
  std::optional<std::uint64_t> waiting_sql_thread;
  std::size_t idle_workers = 0;  // finished, or waiting for the rest of a partly received transaction
  std::size_t others = 0;        // workers that execute something, and the threads of other channels
};

// Needs PROCESS.
inline constexpr std::string_view select_applier_threads =
    "SELECT id, state FROM information_schema.processlist WHERE user = 'system user' AND command <> 'Daemon'";
// `others` includes IO threads: stop them before the query. The states are those of the chapters "Replication
// SQL Thread States" (MySQL) and "Slave Worker Thread States" (MariaDB).
[[nodiscard]] ApplierThreads parse_applier_threads(const ResultSet& threads);

// For states of SHOW REPLICA STATUS and of the process list, in the wording of every release.
[[nodiscard]] bool has_read_relay_log(std::string_view sql_thread_state) noexcept;

}  // namespace topo::mysql
