// Restoration: reads the servers of an interrupted operation, and repairs them as topology/repairs.h decides.
#pragma once

#include <string>
#include <vector>

#include "topo/refactor/execution.h"
#include "topo/refactor/servers.h"
#include "topo/topology/repairs.h"

namespace topo::refactor {

// Ends the connections of the interrupted process: nothing sent over them is executed any more.
void end_connections(Servers& servers, const UnendedOperation& operation, const ExecutionOptions& options,
                     spdlog::logger& log);

// Reads all servers of the operation, in its order.
[[nodiscard]] std::vector<FoundServer> find_servers(Servers& servers, const UnendedOperation& operation,
                                                    const ExecutionOptions& options);

struct Restored {
  std::vector<Instance> now;        // with their last known state
  std::vector<Leftover> leftovers;  // servers that could not be repaired
};
[[nodiscard]] Restored restore(Servers& servers, const std::vector<Repair>& repairs,
                               const std::string& operation, const ExecutionOptions& options,
                               spdlog::logger& log);

}  // namespace topo::refactor
