// The backends that the suite of the store runs over. Each test program that holds the suite says which.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "topo/config/configuration.h"
#include "topo/store/store.h"

namespace store_suite {

// A schema, empty at first, that goes with the object.
class Schema {
 public:
  virtual ~Schema() = default;
  [[nodiscard]] virtual topo::Configuration configuration() const = 0;
  // The backend itself, behind the store's back.
  [[nodiscard]] virtual std::unique_ptr<topo::store::Database> database() const = 0;

  [[nodiscard]] topo::store::Engine engine() const { return database()->engine(); }
  [[nodiscard]] bool is_mysql() const { return engine() == topo::store::Engine::mysql; }
  // Statements, each ended by a semicolon at the end of a line.
  void run(std::string_view script) const;
  // Columns joined by '|', NULL as "NULL".
  [[nodiscard]] std::vector<std::string> rows(std::string_view sql) const;
  // The only column of the only row.
  [[nodiscard]] std::string value(std::string_view sql) const;
  // An SQL expression for that long before now.
  [[nodiscard]] std::string ago(std::chrono::seconds age) const;
  // Goes with the schema.
  void keep(std::shared_ptr<void> companion) { companion_ = std::move(companion); }

 private:
  std::shared_ptr<void> companion_;
};

// Defined by the test program.
std::vector<std::string> backends();
std::unique_ptr<Schema> make_schema(const std::string& backend);

// For a test case: runs it once over each backend. Names the backend in what the test reports.
std::unique_ptr<Schema> each_backend();

std::shared_ptr<topo::Store> open(const Schema& schema);
std::shared_ptr<topo::Store> open(const topo::Configuration& configuration);
// What opening it logs.
std::string log_of_opening(const topo::Configuration& configuration);

// The message of the topo::Error{backend} that `work` throws; "" when it throws none.
std::string refusal(const std::function<void()>& work);

// Runs `work` in as many processes of their own at once, each given its number; true when all return true.
bool in_processes(unsigned count, const std::function<bool(unsigned)>& work);

}  // namespace store_suite
