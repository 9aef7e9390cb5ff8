#include "topo/store/store.h"

#include "store/database_store.h"
#include "store/instance_table.h"
#include "store/mysql_database.h"
#include "store/schema.h"
#include "store/sqlite_database.h"
#include "store/table_factories.h"
#include "topo/mysql/connections.h"

namespace topo {
namespace store {
namespace {

class DatabaseStore : public Store {
 public:
  DatabaseStore(std::unique_ptr<Database> database, const Configuration& configuration,
                std::shared_ptr<spdlog::logger> log)
      : database_(std::move(database)),
        instances_(make_instance_store(*database_, configuration)),
        coordinates_(make_coordinates_store(*database_)),
        clusters_(make_cluster_store(*database_, configuration)),
        names_(make_name_store(*database_)),
        nodes_(make_node_store(*database_)),
        audit_(make_audit_store(*database_, configuration, std::move(log))),
        maintenance_(make_maintenance_store(*database_, configuration)),
        operations_(make_operation_store(*database_, configuration)),
        pseudo_gtid_(make_pseudo_gtid_store(*database_)),
        recoveries_(make_recovery_store(*database_)),
        former_masters_(make_former_master_store(*database_)) {}

  InstanceStore& instances() override { return *instances_; }
  CoordinatesStore& coordinates() override { return *coordinates_; }
  ClusterStore& clusters() override { return *clusters_; }
  NameStore& names() override { return *names_; }
  NodeStore& nodes() override { return *nodes_; }
  AuditStore& audit() override { return *audit_; }
  MaintenanceStore& maintenance() override { return *maintenance_; }
  OperationStore& operations() override { return *operations_; }
  PseudoGtidStore& pseudo_gtid() override { return *pseudo_gtid_; }
  RecoveryStore& recoveries() override { return *recoveries_; }
  FormerMasterStore& former_masters() override { return *former_masters_; }
  std::optional<std::uint64_t> data_version() override { return database_->data_version(); }
  std::string describe() const override { return database_->describe(); }
  std::uint64_t statements() const noexcept override { return database_->statements(); }

 private:
  std::unique_ptr<Database> database_;
  std::unique_ptr<InstanceStore> instances_;
  std::unique_ptr<CoordinatesStore> coordinates_;
  std::unique_ptr<ClusterStore> clusters_;
  std::unique_ptr<NameStore> names_;
  std::unique_ptr<NodeStore> nodes_;
  std::unique_ptr<AuditStore> audit_;
  std::unique_ptr<MaintenanceStore> maintenance_;
  std::unique_ptr<OperationStore> operations_;
  std::unique_ptr<PseudoGtidStore> pseudo_gtid_;
  std::unique_ptr<RecoveryStore> recoveries_;
  std::unique_ptr<FormerMasterStore> former_masters_;
};

std::unique_ptr<Database> open_database(const Configuration& configuration,
                                        const std::shared_ptr<const mysql::Interrupt>& interrupt) {
  if (configuration.uses_mysql_backend()) {
    auto options = backend_connection(configuration);
    options.interrupt = interrupt;
    return open_mysql(std::move(options));
  }
  const auto& file = configuration.sqlite3_data_file;
  return open_sqlite(file.empty() ? default_sqlite_file() : file, std::chrono::seconds(5), interrupt);
}

}  // namespace

std::shared_ptr<Store> open_store(std::unique_ptr<Database> database, const Configuration& configuration,
                                  std::shared_ptr<spdlog::logger> log) {
  if (configuration.skip_orchestrator_database_update)
    require_tables(*database);
  else
    migrate(*database, *log);
  return std::make_shared<DatabaseStore>(std::move(database), configuration, std::move(log));
}

}  // namespace store

std::shared_ptr<Store> open_store(const Configuration& configuration, std::shared_ptr<spdlog::logger> log,
                                  const std::shared_ptr<const mysql::Interrupt>& interrupt) {
  return store::open_store(store::open_database(configuration, interrupt), configuration, std::move(log));
}

}  // namespace topo
