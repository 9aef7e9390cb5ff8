// Random operations on a topology under writes, each compared with its expected result.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "sandbox/flavour.h"

namespace system_test {

struct SoakOptions {
  sandbox::Flavour flavour = sandbox::Flavour::mariadb_10_11;
  std::string format = "ROW";
  int operations = 1000;            // permitted operations, at most
  std::chrono::seconds time{3600};  // maximum, once `min_operations` is reached
  int min_operations = 0;           // permitted operations; a minute after `time` the run ends regardless
  unsigned seed = 1;
};

struct SoakResult {
  int permitted = 0, refused = 0;
  std::map<std::string, int> permitted_by_name;
  std::map<std::string, std::chrono::nanoseconds> time_by_name;  // of permitted operations
  std::string slowest;                                           // of permitted operations: "move-up c d"
  std::chrono::nanoseconds slowest_time{};
  std::uint64_t transactions = 0;
};

// 8 servers in three levels; a writer inserts, updates and deletes on the master. After each operation every
// server must replicate from the expected master. At the end all tables must be equal everywhere, without
// replication errors or leftover locks. Throws std::runtime_error with the operation and the error.
[[nodiscard]] SoakResult soak(const SoakOptions& options);

}  // namespace system_test
