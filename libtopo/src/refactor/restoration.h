// Restoration: the state of the servers of an interrupted operation, and how to repair it.
#pragma once

#include <string>
#include <vector>

#include "topo/refactor/execution.h"
#include "topo/refactor/servers.h"
#include "topo/store/store.h"

namespace topo::refactor {

enum class RepairMode {
  undo,    // every server as it was before the operation
  finish,  // moved replicas stay; all others return to their former state, so that they can be moved again
};

// Where a server was found after an interrupted operation.
enum class ServerOutcome {
  silent,        // does not answer
  as_before,     // at its former master
  displaced,     // at its former master, but at other coordinates
  moved,         // at the master that the operation gave it
  half_applied,  // moved, but with coordinates of the former master: the server went down during CHANGE
                 // MASTER TO
  forgotten,     // was a replica, and replicates no longer
  elsewhere,     // at a third master: another client has moved it
};

struct FoundServer {
  OperationServer noted;
  InstanceKey destination;  // the master that the operation gives it; invalid: its former master
  ServerOutcome outcome = ServerOutcome::silent;
  Instance now;
  std::string error;  // of a silent server
  bool runs = false;  // the threads that it had running run
  bool has_executed_there =
      false;  // moved, and has executed something there or may at any moment: cannot go back
};

// Ends the connections of the interrupted process: nothing sent over them is executed any more.
void end_connections(Servers& servers, const UnendedOperation& operation, const ExecutionOptions& options,
                     spdlog::logger& log);

// Reads all servers of the operation.
[[nodiscard]] std::vector<FoundServer> find_servers(Servers& servers, const UnendedOperation& operation,
                                                    const ExecutionOptions& options);
// "db2:3306 is left stopped, at mysql-bin.000012:4711 of db1:3306".
[[nodiscard]] std::string describe(const FoundServer& server);
// Nothing needs to be repaired.
[[nodiscard]] bool is_in_order(const FoundServer& server);

struct Repair {
  enum class Action {
    start,           // the threads that it had running
    put_back,        // to its former master and coordinates, and start the threads that it had running
    leave_as_it_is,  // nothing to do, or nothing that could be done
  };
  FoundServer server;
  Action what = Action::leave_as_it_is;
};

// Pure.
[[nodiscard]] std::vector<Repair> repairs(std::vector<FoundServer> found, RepairMode mode);
// "db2:3306: replicate from db1:3306 again, beginning at mysql-bin.000012:4711, and start".
[[nodiscard]] std::string describe(const Repair& repair);
// The replicas that the operation meant to move and that, after the duties, are not moved.
[[nodiscard]] std::vector<InstanceKey> not_moved(const UnendedOperation& operation,
                                                 const std::vector<Repair>& repairs);

struct Restored {
  std::vector<Instance> now;        // with their last known state
  std::vector<Leftover> leftovers;  // servers that could not be repaired
};
[[nodiscard]] Restored restore(Servers& servers, const std::vector<Repair>& repairs,
                               const std::string& operation, const ExecutionOptions& options,
                               spdlog::logger& log);

}  // namespace topo::refactor
