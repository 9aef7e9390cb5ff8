// The groups that operations() joins, each defined in its own file, and their common functions.
#pragma once

#include <string>
#include <vector>

#include "topo/refactor/operation.h"
#include "topo/refactor/refactoring.h"

namespace topo::refactor {

[[nodiscard]] std::vector<Operation> moving_operations();
[[nodiscard]] std::vector<Operation> matching_operations();
[[nodiscard]] std::vector<Operation> takeover_operations();
[[nodiscard]] std::vector<Operation> replication_operations();
[[nodiscard]] std::vector<Operation> gtid_operations();

// The replicas of `key` that pass the filter, without `key` itself, which may be dead.
[[nodiscard]] std::vector<InstanceKey> replicas_of(const Topology& topology, const InstanceKey& key,
                                                   const Filter& filter);
// The master of a server before the operation; nullopt: none, or not noted.
[[nodiscard]] std::optional<InstanceKey> noted_master(const UnendedOperation& interrupted,
                                                      const InstanceKey& server);
// nullopt: the instance is unknown, or has no master.
[[nodiscard]] std::optional<InstanceKey> known_master(const Topology& topology, const InstanceKey& key);

// "3/4": moved, and requested.
[[nodiscard]] std::string count_of(const OperationReport& report);
// The new master of the subject in the plan.
[[nodiscard]] std::optional<InstanceKey> new_master(const OperationReport& report);

// Conditions under which an operation is offered on an instance.
[[nodiscard]] bool is_replica(const KnownInstance& known);
[[nodiscard]] bool is_pseudo_gtid_replica(const KnownInstance& known);
// Has a binary log, and logs what it replicates.
[[nodiscard]] bool is_serving_replica(const KnownInstance& known);
// The instance's master is a replica, too.
[[nodiscard]] bool has_grandparent(const KnownInstance& known);
[[nodiscard]] bool has_replicas(const KnownInstance& known);

[[nodiscard]] Answer moved_one(const OperationReport& report, std::string message);
// The message reports how many replicas did not move, and why. Prints one line per replica that moved.
[[nodiscard]] Answer moved_several(const OperationReport& report, std::string_view message,
                                   const InstanceKey& details, std::string_view suffix = "");
// Prints the name of the instance.
[[nodiscard]] Answer changed(const OperationReport& report, std::string message);
[[nodiscard]] std::string with_errors(const OperationReport& report, std::string_view message);

}  // namespace topo::refactor
