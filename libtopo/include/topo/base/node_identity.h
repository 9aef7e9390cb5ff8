// The names of this process and its host, as seen by other processes.
#pragma once

#include <string>

namespace topo {

// The system's host name, gethostname(2); "": the system has none.
[[nodiscard]] std::string this_host();

// Identifies this process among the processes that share its backend.
struct NodeIdentity {
  std::string hostname;
  std::string token;    // 64 hexadecimal digits, new at every start
  std::string command;  // what the process does: "http", "continuous"
  std::string version;  // of the program
  // Throws Error{invalid_argument} when the host has no name, and Error{refused} when the system returns no
  // random bytes.
  static NodeIdentity make(std::string command, std::string version);
};

}  // namespace topo
