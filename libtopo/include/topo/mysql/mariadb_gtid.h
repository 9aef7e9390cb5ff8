// Received and executed GTID positions of MariaDB replicas. MariaDB Knowledge Base, "Global Transaction ID".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "topo/mysql/replication_statements.h"

namespace topo::mysql {

// From a row of Dialect::show_replica_status().
struct FetchedByGtid {
  GtidUse use = GtidUse::no;
  std::string position;  // whole transactions only: "0-1-5,7-2-9"; "": none since the server was started
};
[[nodiscard]] FetchedByGtid parse_fetched_by_gtid(const Row& row);

// Number of domains in which `position` is ahead of `other`. Ignores parts that are not GTIDs.
[[nodiscard]] std::size_t domains_ahead(std::string_view position, std::string_view other);

// One row: gtid_slave_pos, slave_parallel_threads.
inline constexpr std::string_view select_executed_by_gtid =
    "SELECT @@GLOBAL.gtid_slave_pos, @@GLOBAL.slave_parallel_threads";

}  // namespace topo::mysql
