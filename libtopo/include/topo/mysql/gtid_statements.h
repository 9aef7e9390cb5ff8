// Statements that mend errant transactions. MySQL Reference Manual, "Replication with Global Transaction
// Identifiers"; MariaDB Knowledge Base, "Global Transaction ID".
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace topo::mysql {

// MySQL.
inline constexpr std::string_view select_executed_gtids = "SELECT @@GLOBAL.gtid_executed";
// MariaDB. One row.
inline constexpr std::string_view select_gtid_positions =
    "SELECT @@GLOBAL.gtid_slave_pos, @@GLOBAL.gtid_binlog_state, @@GLOBAL.server_id";

// MySQL, one after the other: commits an empty transaction with this GTID, a quoted literal.
[[nodiscard]] inline std::vector<std::string> commit_empty_transaction(std::string_view gtid) {
  return {fmt::format("SET SESSION gtid_next = {}", gtid), "BEGIN", "COMMIT",
          "SET SESSION gtid_next = 'AUTOMATIC'"};
}
// After one of them has failed.
[[nodiscard]] inline std::vector<std::string> leave_empty_transaction() {
  return {"ROLLBACK", "SET SESSION gtid_next = 'AUTOMATIC'"};
}

// MySQL with an empty gtid_executed, which becomes this set, a quoted literal.
[[nodiscard]] inline std::string set_gtid_purged(std::string_view gtids) {
  return fmt::format("SET GLOBAL gtid_purged = {}", gtids);
}
// The error says that gtid_executed was not empty.
[[nodiscard]] constexpr bool is_not_empty(unsigned error) noexcept {
  return error == 1840 || error == 3546;
}

}  // namespace topo::mysql
