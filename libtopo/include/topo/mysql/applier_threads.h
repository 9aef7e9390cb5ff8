// ApplierThreads: what the threads that execute a replica's relay logs are at.
//
// A replica may execute by several workers (slave_parallel_workers, slave_parallel_threads), to which its SQL
// thread, then called the coordinator, hands out what it reads. That the SQL thread has read all does not
// mean that the workers have executed all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "topo/mysql/connection.h"

namespace topo::mysql {

struct ApplierThreads {
  // The SQL thread, as KILL names it; nullopt unless there is exactly one that has read all relay logs.
  std::optional<std::uint64_t> waiting_sql_thread;
  std::size_t idle_workers = 0;  // what they were handed is done, or is the part of a transaction that came
  std::size_t others = 0;        // workers that execute something, and the threads of other channels
};

// Asks for them; the account needs PROCESS.
inline constexpr std::string_view select_applier_threads =
    "SELECT id, state FROM information_schema.processlist WHERE user = 'system user' AND command <> 'Daemon'";
// IO threads are among the others: they are to be stopped before it is asked. The states are those of the
// chapters "Replication SQL Thread States" (MySQL) and "Slave Worker Thread States" (MariaDB).
[[nodiscard]] ApplierThreads parse_applier_threads(const ResultSet& threads);

// Of SHOW REPLICA STATUS and the process list, in the words of all releases.
[[nodiscard]] bool has_read_relay_log(std::string_view sql_thread_state) noexcept;

}  // namespace topo::mysql
