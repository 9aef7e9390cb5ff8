// The answers of a healthy MariaDB 10.11 to the statements that orchestrator sends.
#include <algorithm>
#include <map>

#include "sandbox/rogue/client.h"

namespace rogue {
namespace {

// The names after AS: SELECT @@global.server_id AS server_id, …
std::vector<std::string> aliases(std::string_view statement) {
  std::vector<std::string> names;
  constexpr std::string_view as = " AS ";
  for (auto at = statement.find(as); at != std::string_view::npos; at = statement.find(as, at + 1)) {
    const auto begin = at + as.size();
    const auto end = std::min(statement.find_first_of(", ", begin), statement.size());
    names.emplace_back(statement.substr(begin, end - begin));
  }
  return names;
}

Rows facts(std::string_view statement, const Client& client) {
  const auto port = std::to_string(client.port());
  const std::map<std::string, Cell, std::less<>> known{{"server_id", port},
                                                       {"version", "10.11.6-MariaDB-log"},
                                                       {"version_comment", "rogue"},
                                                       {"hostname", client.options().address},
                                                       {"port", port},
                                                       {"report_host", ""},
                                                       {"read_only", "0"},
                                                       {"binlog_format", "ROW"},
                                                       {"log_bin", "1"},
                                                       {"log_slave_updates", "1"},
                                                       {"binlog_row_image", "FULL"},
                                                       {"gtid_executed", ""},
                                                       {"binlog_checksum", "CRC32"}};
  Rows rows{aliases(statement), {{}}};
  for (const auto& name : rows.columns) {
    const auto found = known.find(name);
    rows.rows.front().push_back(found == known.end() ? Cell("1") : found->second);
  }
  return rows;
}

}  // namespace

std::optional<Rows> honest_answer(std::string_view statement, const Client& client) {
  if (statement.find("processlist") != std::string_view::npos)
    return Rows{{"id", "user", "host", "db", "command", "time", "state", "info"}, {}};
  if (statement.starts_with("SELECT @@")) return facts(statement, client);
  if (statement.starts_with("SELECT 1")) return Rows{{"1"}, {{"1"}}};
  if (statement == "SHOW GLOBAL STATUS LIKE 'Uptime'")
    return Rows{{"Variable_name", "Value"}, {{"Uptime", "1000"}}};
  if (statement.find("rpl_semi_sync_") != std::string::npos) return Rows{{"Variable_name", "Value"}, {}};
  if (statement.starts_with("SHOW GLOBAL STATUS")) return Rows{{"Variable_name", "Value"}, {}};
  if (statement == "SHOW MASTER STATUS")
    return Rows{{"File", "Position", "Binlog_Do_DB", "Binlog_Ignore_DB"}, {{"binlog.000001", "4", "", ""}}};
  if (statement == "SHOW SLAVE HOSTS") return Rows{{"Server_id", "Host", "Port", "Master_id"}, {}};
  if (statement == "SHOW ALL SLAVES STATUS")
    return Rows{{"Connection_name", "Master_Host", "Master_Port"}, {}};
  return std::nullopt;
}

}  // namespace rogue
