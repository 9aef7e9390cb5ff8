// OperationStore: operations under way, and what is needed to undo or finish them. Threads and errors: see
// topo/store/store.h.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "topo/base/instance_key.h"
#include "topo/model/unended_operation.h"

namespace topo {

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
