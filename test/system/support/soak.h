// Random operations on a topology that is written to, each compared with what it promised.
#pragma once

#include <chrono>
#include <map>
#include <string>

#include "sandbox/flavour.h"

namespace system_test {

struct SoakOptions {
  sandbox::Flavour flavour = sandbox::Flavour::mariadb_10_11;
  std::string format = "ROW";
  int operations = 1000;            // permitted ones, at most
  std::chrono::seconds time{3600};  // at most, once there were that many:
  int least_operations = 0;         // permitted ones; a minute later it ends all the same
  unsigned seed = 1;
};

struct SoakResult {
  int permitted = 0, refused = 0;
  std::map<std::string, int> permitted_by_name;
  std::map<std::string, std::chrono::nanoseconds> time_by_name;  // of the permitted ones
  std::string slowest;                                           // of the permitted ones: "move-up c d"
  std::chrono::nanoseconds slowest_time{};
  std::uint64_t transactions = 0;
};

// 8 servers in three levels; a writer that inserts, updates and deletes on the master. After each operation
// all servers replicate from whom they should. In the end all tables are equal everywhere, no replication has
// an error, and no lock is left. Throws std::runtime_error, saying after which operation what was wrong.
[[nodiscard]] SoakResult soak(const SoakOptions& options);

}  // namespace system_test
