#include "topo/store/store.h"

#include "store/instance_table.h"
#include "store/mysql_database.h"
#include "store/other_tables.h"
#include "store/schema.h"
#include "store/sqlite_database.h"
#include "topo/config/connections.h"

namespace topo {
namespace {

using store::Database;

std::unique_ptr<Database> open_database(const Configuration& configuration) {
  if (configuration.uses_mysql_backend()) return store::open_mysql(backend_connection(configuration));
  const auto& file = configuration.sqlite3_data_file;
  return store::open_sqlite(file.empty() ? store::default_sqlite_file() : file);
}

class DatabaseStore : public Store {
 public:
  DatabaseStore(const Configuration& configuration, spdlog::logger& log)
      : database_(open_database(configuration)),
        instances_(store::make_instance_store(*database_)),
        clusters_(store::make_cluster_store(*database_, configuration)),
        names_(store::make_name_store(*database_)),
        nodes_(store::make_node_store(*database_)),
        audit_(store::make_audit_store(*database_)) {
    if (!configuration.skip_orchestrator_database_update) store::migrate(*database_, log);
  }

  InstanceStore& instances() override { return *instances_; }
  ClusterStore& clusters() override { return *clusters_; }
  NameStore& names() override { return *names_; }
  NodeStore& nodes() override { return *nodes_; }
  AuditStore& audit() override { return *audit_; }
  std::optional<std::uint64_t> data_version() override { return database_->data_version(); }
  std::string describe() const override { return database_->describe(); }
  std::uint64_t statements() const noexcept override { return database_->statements(); }

 private:
  std::unique_ptr<Database> database_;
  std::unique_ptr<InstanceStore> instances_;
  std::unique_ptr<ClusterStore> clusters_;
  std::unique_ptr<NameStore> names_;
  std::unique_ptr<NodeStore> nodes_;
  std::unique_ptr<AuditStore> audit_;
};

}  // namespace

std::shared_ptr<Store> open_store(const Configuration& configuration, std::shared_ptr<spdlog::logger> log) {
  return std::make_shared<DatabaseStore>(configuration, *log);
}

}  // namespace topo
