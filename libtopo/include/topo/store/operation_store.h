// OperationStore: operations under way, and what is needed to undo or finish them. Threads and errors: see
// topo/store/store.h.
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
  int steps = -1;  // index in the plan; -1: a shared step
  // The former state. An invalid master: the server did not replicate.
  InstanceKey master;
  std::string channel;
  bool by_gtid = false, ran_io = false, ran_sql = false;
  std::optional<std::chrono::milliseconds> heartbeat;
  bool changed = false;  // its master or its coordinates there, done or about to be done
  BinlogCoordinates former_coordinates, new_coordinates;
  std::string connection;  // through which it is changed: refactor::Servers::connection_to
  friend bool operator==(const OperationServer&, const OperationServer&) = default;
};

// An operation on servers that has not ended yet.
struct UnendedOperation {
  std::int64_t id = 0;
  std::string operation;
  InstanceKey subject;
  std::optional<InstanceKey> target;  // the new master that was requested
  std::string pattern;                // of the replicas that were requested; "": all
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

// Operations under way, so that an operation whose process was killed can be finished or undone.
class OperationStore {
 public:
  virtual ~OperationStore() = default;
  // Returns the id; ignores `begin`, `elapsed`, `is_under_way` and `servers`. `token` must be unique to this
  // call.
  virtual std::int64_t begin(const UnendedOperation& operation, std::string_view token) = 0;
  std::int64_t begin(const UnendedOperation& operation) { return begin(operation, ""); }
  virtual void withdraw(std::string_view token) = 0;  // as MaintenanceStore::withdraw()
  // Stores the moves that were decided.
  virtual void decide(std::int64_t id, const std::vector<std::pair<InstanceKey, InstanceKey>>& moves) = 0;
  // Called before the server is changed, and whenever its record changes. Discards records of the server by
  // earlier operations.
  virtual void note(std::int64_t id, const OperationServer& server) = 0;
  virtual void end(std::int64_t id) = 0;
  // No process executes the operation any longer, and `left` lists its servers that are not in order.
  // KnownInstance::unfinished_operation then reports them.
  virtual void leave(std::int64_t id, std::span<const Leftover> left) = 0;
  // These servers were put in order by another operation: discards their records.
  virtual void supersede(std::span<const InstanceKey> servers) = 0;
  virtual std::vector<UnendedOperation> unended() = 0;  // by id
  virtual void renew(std::int64_t id) = 0;              // records that its process is alive
  // Hands the operation from one process to another. False: `from` no longer has it.
  virtual bool transfer(std::int64_t id, std::string_view from, std::string_view to) = 0;
};

}  // namespace topo
