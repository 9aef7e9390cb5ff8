// Hooks: the commands of PreFailoverProcesses and PostFailoverProcesses.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "topo/base/instance_key.h"
#include "topo/topology/analysis.h"

namespace spdlog {
class logger;
}

namespace topo::recovery {

struct HookFacts {
  Analysis analysis;
  std::optional<InstanceKey> successor;  // nullopt: there is none, or not yet
};

// Returns the command with {failureType}, {failureDescription}, {failedHost}, {failedPort}, {failureCluster}
// and, once there is a successor, {successorHost} and {successorPort} filled in. The values come from servers
// and the command is run by a shell: characters with a meaning to a shell become _.
[[nodiscard]] std::string filled_in(std::string_view command, const HookFacts& facts);

// Runs all commands at once, each with bash, and waits for all. `key` is the configuration key that lists
// them; messages identify a command by the key and its number, as the command may contain a password.
// Commands also get the unchanged facts in the variables ORC_FAILURE_TYPE, ORC_FAILURE_DESCRIPTION,
// ORC_FAILED_HOST, ORC_FAILED_PORT, ORC_FAILURE_CLUSTER, ORC_SUCCESSOR_HOST and ORC_SUCCESSOR_PORT. Their
// output is logged. Returns a sentence for each command that failed. Throws only what the log or memory
// allocation throws.
[[nodiscard]] std::vector<std::string> run_hooks(std::string_view key, std::span<const std::string> commands,
                                                 const HookFacts& facts, spdlog::logger& log);

}  // namespace topo::recovery
