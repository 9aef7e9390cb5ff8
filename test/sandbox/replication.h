// What the sandbox says to servers about replication, in each flavour's words.
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

// What a replica says of its (first) channel.
struct ReplicationStatus {
  topo::InstanceKey master;
  std::string account;                // with which it logs in to it
  bool by_gtid = false;               // MySQL: MASTER_AUTO_POSITION
  std::string io, sql;                // "Yes", "No", "Connecting"
  BinlogPosition executed;            // in the master's binary log
  std::optional<std::int64_t> delay;  // seconds behind the master; nullopt: not known
  std::string error;                  // of whichever thread has one

  [[nodiscard]] bool running() const { return io == "Yes" && sql == "Yes"; }
};

// nullopt: no replica.
std::optional<ReplicationStatus> replication_status(topo::mysql::Connection& connection, Flavour flavour);

// Where the server's own binary log ends.
BinlogPosition binlog_position(topo::mysql::Connection& connection, Flavour flavour);

// "start slave", "stop replica" and so on, in the flavour's word.
std::string replica_statement(Flavour flavour, std::string_view verb);

// Points a stopped replica at a master, with the sandbox's account: to go on by GTID, else from the position,
// else from the master's first binary log (where it was, if the master stays the same).
std::string change_master_statement(Flavour flavour, const topo::InstanceKey& master,
                                    const std::optional<BinlogPosition>& position, bool by_gtid);

}  // namespace sandbox
