// Recorded results of servers: test/unit/data/recorded/<server>.txt.
//
// A file begins with its origin (lines with #), then `version …`, the version in the handshake, then scenes.
// A scene begins with `== name` and has statements (`mysql> …`) with their results in the format of the mysql
// client with \G: `*** 1. row ***` and `Column: value`, `Empty set`, or `ERROR 1227 (42000): …`. The text
// NULL is NULL. A line that does not begin a column continues the value above.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topo/model/instance.h"
#include "topo/mysql/connection.h"
#include "topo/mysql/dialect.h"

namespace recorded {

class Server {
 public:
  // Throws std::runtime_error for a missing or invalid file.
  static Server load(std::string_view name);
  static Server parse(std::string_view text);

  [[nodiscard]] const std::string& version() const noexcept { return version_; }
  [[nodiscard]] topo::mysql::Dialect dialect() const { return topo::mysql::Dialect::of(version_); }
  [[nodiscard]] std::vector<std::string> scenes() const;
  // All statements of the file, repeated ones included.
  [[nodiscard]] std::vector<std::string> statements() const;
  // nullptr: the scene does not have the statement. Throws std::runtime_error if there is no such scene.
  [[nodiscard]] const topo::mysql::Answer* answer(std::string_view scene, std::string_view statement) const;

 private:
  struct Scene {
    std::string name;
    std::vector<std::pair<std::string, topo::mysql::Answer>> answers;
  };
  std::string version_;
  std::vector<Scene> scenes_;
};

// The instance built from the results of a scene. Facts of missing or refused statements keep their defaults.
// Host names are not resolved. Processes were read at time 0.
topo::Instance read_instance(const Server& server, std::string_view scene,
                             const topo::InstanceKey& key = {"recorded", 3306});

// A result with one row, for tests of odd rows.
topo::mysql::ResultSet one_row(
    const std::vector<std::pair<std::string, std::optional<std::string>>>& columns_and_values);

}  // namespace recorded
