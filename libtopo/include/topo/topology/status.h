// What is to be said of one instance: its status in a word, its problems in sentences.
//
// Pure: the clock is in KnownInstance's ages, the limits are parameters.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "topo/topology/instance.h"

namespace topo {

struct Configuration;

// Configured limits that the verdicts below depend on.
struct StatusLimits {
  std::chrono::seconds poll_interval{60};               // InstancePollSeconds
  std::chrono::seconds reasonable_lag{10};              // ReasonableReplicationLagSeconds: a problem above it
  std::chrono::seconds reasonable_maintenance_lag{20};  // ReasonableMaintenanceReplicationLagSeconds
};
[[nodiscard]] StatusLimits status_limits(const Configuration& configuration);

// "OK", or the first that holds of: "last check invalid", "not recently checked", "never connected",
// "not replicating", "cannot determine slave lag", "lags too much".
[[nodiscard]] std::string_view status_of(const KnownInstance& known, const StatusLimits& limits);

// "[OK,10.11.6-MariaDB-log,ROW,>>]": status, version, binary log format, and >> for log_slave_updates; then,
// where it applies, "multi-source:N" for a replica on N channels, `ring` (its place in one, as the tree has
// it), "unfinished" for one that an operation left as it should not be, and "warnings:N" for N warnings.
[[nodiscard]] std::string describe(const KnownInstance& known, const StatusLimits& limits,
                                   std::string_view ring = "");

// What is wrong with the instance, a sentence each; empty when nothing is. A master that is not a replica
// has no replication to be wrong.
[[nodiscard]] std::vector<std::string> problems_of(const KnownInstance& known, const StatusLimits& limits);

}  // namespace topo
