// Store: orchestrator's data in the backend: an SQLite file, or a MySQL or MariaDB schema that several nodes
// share. Tables and columns keep the names that orchestrator's users query.
//
// All functions are thread-safe. All throw Error{backend}, which names the backend, the failure and the
// remedy; no function leaves a half-written state. After a failure the next call tries the backend again, so
// that the program recovers when the backend does.
#pragma once
#include <memory>

#include "topo/config/configuration.h"
#include "topo/store/audit_store.h"
#include "topo/store/cluster_store.h"
#include "topo/store/coordinates_store.h"
#include "topo/store/former_master_store.h"
#include "topo/store/instance_store.h"
#include "topo/store/maintenance_store.h"
#include "topo/store/name_store.h"
#include "topo/store/node_store.h"
#include "topo/store/operation_store.h"
#include "topo/store/pseudo_gtid_store.h"
#include "topo/store/recovery_store.h"

namespace spdlog {
class logger;
}

namespace topo {

namespace mysql {
class Interrupt;
}

class Store {
 public:
  virtual ~Store() = default;
  virtual InstanceStore& instances() = 0;
  virtual CoordinatesStore& coordinates() = 0;
  virtual ClusterStore& clusters() = 0;
  virtual NameStore& names() = 0;
  virtual NodeStore& nodes() = 0;
  virtual AuditStore& audit() = 0;
  virtual MaintenanceStore& maintenance() = 0;
  virtual OperationStore& operations() = 0;
  virtual PseudoGtidStore& pseudo_gtid() = 0;
  virtual RecoveryStore& recoveries() = 0;
  virtual FormerMasterStore& former_masters() = 0;

  // A number that changes whenever any process changes the backend; takes a few microseconds. nullopt: not
  // supported by this backend (MySQL).
  virtual std::optional<std::uint64_t> data_version() = 0;
  // "sqlite3 /var/lib/orchestrator/orchestrator.sqlite3", "mysql backend.example:3306/orchestrator".
  [[nodiscard]] virtual std::string describe() const = 0;
  virtual std::uint64_t statements() const noexcept = 0;  // sent to the backend so far, for benchmarks
};

// Ends operations that changed nothing, and the remaining locks of these and of operations whose process
// ended before they were on record. False: there were none.
bool end_what_came_to_nothing(Store& store);

// Opens the backend of the configuration and updates its tables; with SkipOrchestratorDatabaseUpdate only
// checks them. Throws Error{backend}. `interrupt` ends waits for a mysql backend; null: nothing does.
[[nodiscard]] std::shared_ptr<Store> open_store(
    const Configuration& configuration, std::shared_ptr<spdlog::logger> log,
    const std::shared_ptr<const mysql::Interrupt>& interrupt = nullptr);

}  // namespace topo
