// The status of one instance in a word, its problems in sentences.
//
// Pure: ages in KnownInstance replace the clock, the limits are parameters.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "topo/model/instance.h"

namespace topo {

struct Configuration;

// Configured limits that the verdicts below depend on.
struct StatusLimits {
  std::chrono::seconds poll_interval{60};               // InstancePollSeconds
  std::chrono::seconds reasonable_lag{10};              // ReasonableReplicationLagSeconds: a problem above it
  std::chrono::seconds reasonable_maintenance_lag{20};  // ReasonableMaintenanceReplicationLagSeconds
};
[[nodiscard]] StatusLimits status_limits(const Configuration& configuration);

// "OK", or the first match in this list: "last check invalid", "not recently checked", "never connected",
// "not replicating", "cannot determine slave lag", "lags too much".
[[nodiscard]] std::string_view status_of(const KnownInstance& known, const StatusLimits& limits);

// "[OK,10.11.6-MariaDB-log,ROW,>>]": status, version, binary log format, and >> for log_slave_updates; then,
// if applicable, "multi-source:N" for a replica on N channels, `ring` (its position in a ring, see
// ascii_tree), "unfinished" for an instance with a leftover of an operation, and "warnings:N" for N warnings.
[[nodiscard]] std::string describe(const KnownInstance& known, const StatusLimits& limits,
                                   std::string_view ring = "");

// The problems of the instance, a sentence each; empty: none. Replication is not checked on a master that is
// not a replica.
[[nodiscard]] std::vector<std::string> problems_of(const KnownInstance& known, const StatusLimits& limits);

}  // namespace topo
