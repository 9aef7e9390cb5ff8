// A round of what Pseudo-GTID is for: a master under load is killed, its replicas stand at different places,
// and they are gathered below the best of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "sandbox/flavour.h"

namespace system_test {

struct LostMasterOptions {
  sandbox::Flavour flavour = sandbox::Flavour::mariadb_10_11;
  std::string format = "ROW";
  std::uint64_t seed = 1;
};

struct LostMasterResult {
  std::uint64_t transactions = 0;
  std::size_t equal = 0, matched = 0;
  std::chrono::duration<double> regrouping{0};
};

// One master and five replicas in two levels, with logs of 1 MB. Some replicas are stopped, or stop fetching
// or executing, at random; the master is killed. After regroup-slaves the chosen one is written to. Throws
// std::runtime_error, saying what is wrong, if any replica is lost, left stopped, or has other rows than it.
[[nodiscard]] LostMasterResult lose_master(const LostMasterOptions& options);

}  // namespace system_test
