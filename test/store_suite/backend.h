// The backends that the store suite runs over. Each test program that links the suite names them.
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

// A schema, empty at first, dropped with the object.
class Schema {
 public:
  virtual ~Schema() = default;
  [[nodiscard]] virtual topo::Configuration configuration() const = 0;
  // Direct access to the backend, bypassing the store.
  [[nodiscard]] virtual std::unique_ptr<topo::store::Database> database() const = 0;

  [[nodiscard]] topo::store::Engine engine() const { return database()->engine(); }
  [[nodiscard]] bool is_mysql() const { return engine() == topo::store::Engine::mysql; }
  // Runs statements; each ends with a semicolon at the end of a line.
  void run(std::string_view script) const;
  // Columns joined by '|', NULL as "NULL".
  [[nodiscard]] std::vector<std::string> rows(std::string_view sql) const;
  // The only column of the only row.
  [[nodiscard]] std::string value(std::string_view sql) const;
  // An SQL expression for the time `age` before now.
  [[nodiscard]] std::string ago(std::chrono::seconds age) const;
  // Keeps `companion` alive as long as the schema.
  void keep(std::shared_ptr<void> companion) { companion_ = std::move(companion); }

 private:
  std::shared_ptr<void> companion_;
};

// Defined by the test program.
std::vector<std::string> backends();
std::unique_ptr<Schema> make_schema(const std::string& backend);

// Called in a test case: runs it once per backend and adds the backend's name to the test report.
std::unique_ptr<Schema> each_backend();

std::shared_ptr<topo::Store> open(const Schema& schema);
std::shared_ptr<topo::Store> open(const topo::Configuration& configuration);
// What the store logs while it opens.
std::string log_of_opening(const topo::Configuration& configuration);

// The message of the topo::Error{backend} that `work` throws; "" when it throws none.
std::string refusal(const std::function<void()>& work);

// Runs `work` in `count` processes at once and passes each its number; true when all return true.
bool in_processes(unsigned count, const std::function<bool(unsigned)>& work);

}  // namespace store_suite
