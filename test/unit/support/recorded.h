// Recorded answers of servers: test/unit/data/recorded/<server>.txt.
//
// Such a file says at its head where it is from (lines with #), then `version …`, the version of the
// handshake, then scenes, each begun by `== name`, of statements (`mysql> …`) and what the server answered,
// as the mysql client shows it with \G: `*** 1. row ***` and `Column: value`, `Empty set`, or
// `ERROR 1227 (42000): …`. The text NULL is NULL. A line that begins no column goes on with the value above.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topo/mysql/connection.h"
#include "topo/mysql/dialect.h"
#include "topo/topology/instance.h"

namespace recorded {

class Server {
 public:
  // Throws std::runtime_error for a file that is not there or not of this form.
  static Server load(std::string_view name);
  static Server parse(std::string_view text);

  [[nodiscard]] const std::string& version() const noexcept { return version_; }
  [[nodiscard]] topo::mysql::Dialect dialect() const { return topo::mysql::Dialect::of(version_); }
  [[nodiscard]] std::vector<std::string> scenes() const;
  // All statements of the file, once for each time they were asked.
  [[nodiscard]] std::vector<std::string> statements() const;
  // nullptr: it was not asked that in that scene. Throws std::runtime_error when there is no such scene.
  [[nodiscard]] const topo::mysql::Answer* answer(std::string_view scene, std::string_view statement) const;

 private:
  struct Scene {
    std::string name;
    std::vector<std::pair<std::string, topo::mysql::Answer>> answers;
  };
  std::string version_;
  std::vector<Scene> scenes_;
};

// The instance that the answers of a scene make; questions that the scene does not have or that the server
// refused leave their facts as they are. Host names are not resolved. Processes were read at time 0.
topo::Instance read_instance(const Server& server, std::string_view scene,
                             const topo::InstanceKey& key = {"recorded", 3306});

// For odd rows: a result of one row, from columns and values.
topo::mysql::ResultSet one_row(
    const std::vector<std::pair<std::string, std::optional<std::string>>>& columns_and_values);

}  // namespace recorded
