#include "sandbox/replication.h"

#include <fmt/format.h>

#include "sandbox/accounts.h"
#include "topo/base/error.h"

namespace sandbox {
namespace {

ReplicationStatus read_status(const topo::mysql::Row& row, bool new_words) {
  const std::string master = new_words ? "Source" : "Master";
  const std::string replica = new_words ? "Replica" : "Slave";
  ReplicationStatus status;
  status.master =
      topo::InstanceKey::from_reported(row.string_or(master + "_Host"), row.number_or(master + "_Port"))
          .value_or(topo::InstanceKey{});
  status.account = row.string_or(master + "_User");
  status.by_gtid = row.number_or("Auto_Position", 0) == 1;
  status.io = row.string_or(replica + "_IO_Running");
  status.sql = row.string_or(replica + "_SQL_Running");
  status.executed.file = row.string_or("Relay_" + master + "_Log_File");
  status.executed.position = row.number_or("Exec_" + master + "_Log_Pos");
  status.delay = row.number("Seconds_Behind_" + master);
  status.error = row.string_or("Last_IO_Error");
  if (status.error.empty()) status.error = row.string_or("Last_SQL_Error");
  return status;
}

}  // namespace

std::optional<ReplicationStatus> replication_status(topo::mysql::Connection& connection, Flavour flavour) {
  const bool new_words = says_replica(flavour);
  const auto rows = connection.query(new_words ? "show replica status" : "show slave status");
  if (rows.empty()) return std::nullopt;
  return read_status(rows[0], new_words);
}

BinlogPosition binlog_position(topo::mysql::Connection& connection, Flavour flavour) {
  const auto rows = connection.query(says_replica(flavour) ? "show binary log status" : "show master status");
  if (rows.empty()) throw topo::Error(topo::Code::refused, "the server writes no binary log");
  return {rows[0].string_or("File"), rows[0].number_or("Position")};
}

std::string replica_statement(Flavour flavour, std::string_view verb) {
  return fmt::format("{} {}", verb, says_replica(flavour) ? "replica" : "slave");
}

std::string change_master_statement(Flavour flavour, const topo::InstanceKey& master,
                                    const std::optional<BinlogPosition>& position, bool by_gtid) {
  const std::string_view word = says_replica(flavour) ? "source" : "master";
  std::string sql = fmt::format(
      "{0} {1}_host = '{2}', {1}_port = {3}, {1}_user = '{4}', {1}_password = '{5}', "
      "{1}_connect_retry = 1, {1}_heartbeat_period = 2",
      says_replica(flavour) ? "change replication source to" : "change master to", word, master.hostname(),
      master.port(), replication_account.user, replication_account.password);
  if (is_mariadb(flavour)) {
    sql += fmt::format(", master_use_gtid = {}", by_gtid ? "slave_pos" : "no");
  } else {
    sql += fmt::format(", {}_auto_position = {}", word, by_gtid ? 1 : 0);
  }
  // Without TLS, the password is encrypted with the master's key.
  if (says_replica(flavour)) sql += ", get_source_public_key = 1";
  if (position) {
    sql += fmt::format(", {0}_log_file = '{1}', {0}_log_pos = {2}", word, position->file, position->position);
  }
  return sql;
}

}  // namespace sandbox
