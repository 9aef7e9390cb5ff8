// Replication statements and status, in the dialect of each flavour.
#pragma once

#include <optional>
#include <string>

#include "sandbox/flavour.h"
#include "topo/base/instance_key.h"
#include "topo/mysql/connection.h"

namespace sandbox {

struct BinlogPosition {
  std::string file;
  std::int64_t position = 0;

  friend auto operator<=>(const BinlogPosition&, const BinlogPosition&) = default;
};

// The replica's report of its (first) channel.
struct ReplicationStatus {
  topo::InstanceKey master;
  std::string account;                // the account that it connects with
  bool by_gtid = false;               // MySQL: MASTER_AUTO_POSITION
  std::string io, sql;                // "Yes", "No", "Connecting"
  BinlogPosition executed;            // in the master's binary log
  std::optional<std::int64_t> delay;  // seconds behind the master; nullopt: unknown
  std::string error;                  // the error of the thread that has one

  [[nodiscard]] bool running() const { return io == "Yes" && sql == "Yes"; }
};

// nullopt: the server is not a replica.
std::optional<ReplicationStatus> replication_status(topo::mysql::Connection& connection, Flavour flavour);

// The end of the server's own binary log.
BinlogPosition binlog_position(topo::mysql::Connection& connection, Flavour flavour);

// "start slave", "stop replica" and so on, in the dialect of the flavour.
std::string replica_statement(Flavour flavour, std::string_view verb);

// Points a stopped replica at a master, with the sandbox's account: by GTID, otherwise from the position,
// otherwise from the master's first binary log (or from where it was, if the master stays the same).
std::string change_master_statement(Flavour flavour, const topo::InstanceKey& master,
                                    const std::optional<BinlogPosition>& position, bool by_gtid);

}  // namespace sandbox
