// The command lines of servers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sandbox/installation.h"
#include "topo/base/instance_key.h"

namespace sandbox {

// The settings of one server of a sandbox.
struct ServerSettings {
  std::string name;
  topo::InstanceKey key;  // the only address that it listens on
  unsigned server_id = 0;
  std::string format = "ROW";        // of its binary log: ROW, STATEMENT or MIXED
  bool gtid = false;                 // MySQL writes GTIDs; MariaDB always does
  bool report_host = true;           // report its listen address to its master
  std::vector<std::string> extra{};  // appended to all other options
  std::filesystem::path folder{};    // contains data, tmp and error.log
};

[[nodiscard]] inline std::filesystem::path data_folder(const std::filesystem::path& server_folder) {
  return server_folder / "data";
}

// The whole command line of a server.
[[nodiscard]] std::vector<std::string> server_command(const Installation& installation,
                                                      const ServerSettings& settings);

// The command line that initializes the empty `data` folder and ends. MariaDB and MySQL 5.6 read `sql` on
// standard input; 9.7 reads it from the file that the command names.
[[nodiscard]] std::vector<std::string> setup_command(const Installation& installation,
                                                     const std::filesystem::path& data,
                                                     const std::filesystem::path& sql);

}  // namespace sandbox
