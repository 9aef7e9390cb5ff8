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
  InstanceKey successor;  // invalid: there is none, or not yet
};

// The command with {failureType}, {failureDescription}, {failedHost}, {failedPort}, {failureCluster} and,
// once there is a successor, {successorHost} and {successorPort} filled in. Names come from servers and the
// command goes to a shell: of them only what no shell makes anything of is let through, the rest becomes _.
[[nodiscard]] std::string filled_in(std::string_view command, const HookFacts& facts);

// Runs all of them at once, each by bash, and waits for all. `key` is that of the configuration that lists
// them; messages name a command by it and its number, as there may be a password in it. They also find the
// facts, as they are, in the variables ORC_FAILURE_TYPE, ORC_FAILURE_DESCRIPTION, ORC_FAILED_HOST,
// ORC_FAILED_PORT, ORC_FAILURE_CLUSTER, ORC_SUCCESSOR_HOST and ORC_SUCCESSOR_PORT. What they print is logged.
// Returns a sentence for each that failed. Throws nothing but what the log or memory throw.
[[nodiscard]] std::vector<std::string> run_hooks(std::string_view key, std::span<const std::string> commands,
                                                 const HookFacts& facts, spdlog::logger& log);

}  // namespace topo::recovery
