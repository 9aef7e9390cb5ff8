// The stores of the single tables, for the store of all (database_store.h).
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "store/database.h"
#include "topo/config/configuration.h"
#include "topo/store/store.h"

namespace topo::store {

[[nodiscard]] std::unique_ptr<CoordinatesStore> make_coordinates_store(Database& database);
[[nodiscard]] std::unique_ptr<PseudoGtidStore> make_pseudo_gtid_store(Database& database);
[[nodiscard]] std::unique_ptr<RecoveryStore> make_recovery_store(Database& database);
[[nodiscard]] std::unique_ptr<FormerMasterStore> make_former_master_store(Database& database);
[[nodiscard]] std::unique_ptr<ClusterStore> make_cluster_store(Database& database,
                                                               const Configuration& configuration);
[[nodiscard]] std::unique_ptr<NameStore> make_name_store(Database& database);
[[nodiscard]] std::unique_ptr<NodeStore> make_node_store(Database& database);
[[nodiscard]] std::unique_ptr<AuditStore> make_audit_store(Database& database,
                                                           const Configuration& configuration,
                                                           std::shared_ptr<spdlog::logger> log);
[[nodiscard]] std::unique_ptr<MaintenanceStore> make_maintenance_store(Database& database,
                                                                       const Configuration& configuration);
[[nodiscard]] std::unique_ptr<OperationStore> make_operation_store(Database& database,
                                                                   const Configuration& configuration);
// Whether the operation of `process`, which began or last reported progress `elapsed` ago, is still running.
[[nodiscard]] bool is_under_way(std::string_view process, std::chrono::seconds elapsed,
                                std::chrono::seconds expiry);
// Deletes the rows of the table that a begin() with that token stored.
void delete_begun(Database& database, std::string_view table, std::string_view token);

}  // namespace topo::store
