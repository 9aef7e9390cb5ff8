// Checks a configuration beyond its syntax: files, queries, servers.
#pragma once

#include <string>
#include <vector>

#include "topo/base/instance_key.h"
#include "topo/config/configuration.h"

namespace topo {

struct Finding {
  bool is_wrong = true;  // false: a remark
  std::string text;      // a sentence
};

// Checks for conflicting keys and for missing keys that others need.
[[nodiscard]] std::vector<Finding> check_settings(const Configuration& configuration);

// Checks that this process can read the files named by keys, can write those it writes to, and that the file
// of an sqlite3 backend is a database. Creates no file.
[[nodiscard]] std::vector<Finding> check_files(const Configuration& configuration);

// Checks queries by their text alone.
[[nodiscard]] std::vector<Finding> check_queries(const Configuration& configuration);

// Connects to a monitored server and reports missing privileges and queries that the server would reject.
// Prepares these queries without executing them.
[[nodiscard]] std::vector<Finding> check_on_server(const Configuration& configuration,
                                                   const InstanceKey& server);

// Connects to a mysql backend, if one is configured.
[[nodiscard]] std::vector<Finding> check_backend(const Configuration& configuration);

}  // namespace topo
