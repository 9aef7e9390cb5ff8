// How servers are called.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sandbox/installation.h"
#include "topo/base/instance_key.h"

namespace sandbox {

// What makes one server of a sandbox.
struct ServerSettings {
  std::string name;
  topo::InstanceKey key;  // listens there and nowhere else
  unsigned server_id = 0;
  std::string format = "ROW";        // of its binary log: ROW, STATEMENT or MIXED
  bool gtid = false;                 // MySQL writes GTIDs; MariaDB always does
  bool report_host = true;           // tell its master the address it listens on
  std::vector<std::string> extra{};  // options after all others
  std::filesystem::path folder{};    // holds data, tmp and error.log
};

[[nodiscard]] inline std::filesystem::path data_folder(const std::filesystem::path& server_folder) {
  return server_folder / "data";
}

// The whole command line of a server.
[[nodiscard]] std::vector<std::string> server_command(const Installation& installation,
                                                      const ServerSettings& settings);

// The command line that fills the empty `data` folder and ends. MariaDB and MySQL 5.6 read `sql` on standard
// input; 9.7 as the file that the command names.
[[nodiscard]] std::vector<std::string> setup_command(const Installation& installation,
                                                     const std::filesystem::path& data,
                                                     const std::filesystem::path& sql);

}  // namespace sandbox
