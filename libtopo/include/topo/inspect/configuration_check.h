// What is wrong with a configuration beyond its form: files, queries, servers.
#pragma once

#include <string>
#include <vector>

#include "topo/base/instance_key.h"
#include "topo/config/configuration.h"

namespace topo {

struct Finding {
  bool is_wrong = true;  // otherwise a remark
  std::string text;      // a sentence
};

// Keys that do not go together, or leave something out that is needed.
[[nodiscard]] std::vector<Finding> check_settings(const Configuration& configuration);

// The files that keys name: that they can be read, and those that are written, written, by this process; that
// of an sqlite3 backend is a database. Makes none.
[[nodiscard]] std::vector<Finding> check_files(const Configuration& configuration);

// Queries, as far as their text tells.
[[nodiscard]] std::vector<Finding> check_queries(const Configuration& configuration);

// Connects to a monitored server: what its account may not do there, and which queries it would not execute.
// Nothing is executed but questions about these.
[[nodiscard]] std::vector<Finding> check_on_server(const Configuration& configuration,
                                                   const InstanceKey& server);

// Connects to a mysql backend, if that is configured.
[[nodiscard]] std::vector<Finding> check_backend(const Configuration& configuration);

}  // namespace topo
