// Runs the store suite over SQLite in the unit tests.
#include "store/sqlite_database.h"
#include "store_suite/backend.h"
#include "unit/config/temporary_folder.h"

namespace store_suite {
namespace {

class SqliteSchema : public Schema {
 public:
  topo::Configuration configuration() const override {
    topo::Configuration configuration;
    configuration.sqlite3_data_file = file();
    return configuration;
  }
  std::unique_ptr<topo::store::Database> database() const override {
    return topo::store::open_sqlite(file());
  }

 private:
  std::string file() const { return folder_.path() / "orchestrator.sqlite3"; }
  TemporaryFolder folder_;
};

}  // namespace

std::vector<std::string> backends() {
  return {"sqlite3"};
}

std::unique_ptr<Schema> make_schema(const std::string&) {
  return std::make_unique<SqliteSchema>();
}

}  // namespace store_suite
