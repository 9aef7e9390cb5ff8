// Unfinished operations: the process was killed in the middle, or could not put a server back. Lists their
// leftovers, and finishes or undoes the operations.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "topo/refactor/refactoring.h"
#include "topo/store/store.h"
#include "topo/topology/repairs.h"

namespace topo::refactor {

struct UnfinishedServer {
  InstanceKey key;
  std::string
      state;  // "db2:3306 is left stopped, at mysql-bin.000012:4711 of db1:3306, its master as before"
  bool is_in_order = false;
};

struct UnfinishedOperation {
  UnendedOperation operation;
  std::vector<UnfinishedServer> servers;  // none while the operation is running
  bool can_be_undone = true;              // false: another server has taken the place of one of them
};

struct RepairReport {
  UnendedOperation operation;
  bool was_dry_run = false;
  std::vector<std::string> repairs;  // what was done, or would be: a line per server
  std::vector<InstanceKey> stayed;   // replicas that an undo could not return to their former masters
  // The instances as they are now, and the reports of what was repeated for the replicas not moved yet.
  std::vector<Instance> now;
  std::vector<OperationReport> repeated;
};

// Thread-safe.
class UnfinishedOperations {
 public:
  // All parameters must outlive the object. `take` and `make_servers` as for Refactoring.
  UnfinishedOperations(Context& context, Refactoring& refactoring, Refactoring::Take take,
                       Refactoring::MakeServers make_servers = nullptr);

  // Includes running operations. Reads the servers of all others.
  std::vector<UnfinishedOperation> list();

  // Undoes the operation that concerns `instance`: every server returns to its former place with the threads
  // it had running. A replica that has already executed something at its new master stays there, running.
  // Throws Error{not_found} when there is no such operation, {locked} when the operation is running or
  // another owner works on its servers, and the error of the first server that could not be put back; the
  // operation then stays unfinished.
  RepairReport undo(const InstanceKey& instance, const OperationRequest& request);
  // Moved replicas stay and run where they are; the others return and are moved again by the same operation.
  // Throws as undo(), and as the operation.
  RepairReport finish(const InstanceKey& instance, const OperationRequest& request);

 private:
  struct RepairPlan;
  RepairReport repair(const InstanceKey& instance, RepairMode mode, const OperationRequest& request);
  RepairPlan decide(Servers& servers, const UnendedOperation& operation, RepairMode mode) const;
  std::vector<Lock> take_over_locks(const UnendedOperation& operation, const std::string& title);
  std::vector<OperationReport> repeat(const UnendedOperation& operation, const RepairPlan& repair_plan,
                                      const OperationRequest& request, const std::string& title);
  UnendedOperation find(const InstanceKey& instance);

  Context& context_;
  Refactoring& refactoring_;
  const Refactoring::Take take_;
  const Refactoring::MakeServers make_servers_;
};

}  // namespace topo::refactor
