// UnendedOperation: an operation on servers as it is recorded, so that it can be undone or finished.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topo/base/instance_key.h"
#include "topo/model/instance.h"

namespace topo {

// What an operation needs to undo its changes to a server.
struct OperationServer {
  InstanceKey key;
  std::optional<std::size_t> steps;  // index in the plan; nullopt: a shared step
  // The former state. No master: the server did not replicate.
  std::optional<InstanceKey> master;
  std::string channel;
  bool by_gtid = false, ran_io = false, ran_sql = false;
  std::optional<std::chrono::milliseconds> heartbeat;
  std::chrono::seconds lifted_delay{0};  // its configured delay, while the operation lifts it
  bool changed = false;                  // its master or its coordinates there, done or about to be done
  BinlogCoordinates former_coordinates, new_coordinates;
  std::optional<bool> former_read_only;  // nullopt: the operation has not begun to change it
  bool stopped_events = false;           // its event scheduler ran before
  // What its gtid_executed is to become, of a server that is about to forget transactions (MySQL). While its
  // gtid_executed is empty, the server must not be started: it would execute everything again.
  std::string gtids;
  std::string connection;  // through which it is changed: refactor::Servers::connection_to

  // To go back by file and position, the server needs its former coordinates.
  [[nodiscard]] bool needs_coordinates() const noexcept { return master && !by_gtid; }
  // The threads to start when it replicates as before: both for a server that did not replicate.
  [[nodiscard]] bool wants_io() const noexcept { return ran_io || !master; }
  [[nodiscard]] bool wants_sql() const noexcept { return ran_sql || !master; }
  friend bool operator==(const OperationServer&, const OperationServer&) = default;
};

// What a person ran: `recover` gathers replicas by regroup-slaves, which then promotes. A view of
// `operation`, or of a constant.
[[nodiscard]] std::string_view title_of(std::string_view operation, bool promotes) noexcept;

// An operation on servers that has not ended yet.
struct UnendedOperation {
  std::int64_t id = 0;
  std::string operation;
  InstanceKey subject;
  std::optional<InstanceKey> target;  // the new master that was requested
  std::string pattern;                // of the replicas that were requested; "": all
  bool promotes = false;              // a replica becomes a master
  std::string owner;
  std::string process;  // that executes it; "": none
  std::string begin;    // "YYYY-MM-DD HH:MM:SS", UTC
  std::chrono::seconds elapsed{0};
  // Its process is alive, or may be alive on another host. Such a process no longer counts when it has not
  // reported for MaintenanceExpireMinutes.
  bool is_under_way = false;
  std::vector<std::int64_t> locks;
  // The final topology: replica, master.
  std::vector<std::pair<InstanceKey, InstanceKey>> moves;
  std::vector<OperationServer> servers;  // changed, or about to be; ordered by name

  [[nodiscard]] std::string_view title() const noexcept { return title_of(operation, promotes); }
  // It has changed the server, or was about to.
  [[nodiscard]] bool concerns(const InstanceKey& instance) const noexcept;
  // Its process has ended, and the operation changed nothing, or later operations superseded its changes.
  [[nodiscard]] bool has_come_to_nothing() const noexcept { return !is_under_way && servers.empty(); }
};

// A server that an operation could not put in order, and why, in a sentence.
struct Leftover {
  InstanceKey key;
  std::string sentence;
};

// The sentences, joined with "; ".
[[nodiscard]] std::string describe(std::span<const Leftover> left);

}  // namespace topo
