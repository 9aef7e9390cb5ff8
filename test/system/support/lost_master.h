// The main use of Pseudo-GTID: a master is killed under load, its replicas have executed different amounts,
// and they are regrouped below the best candidate.
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

// One master and five replicas in two levels, with logs of 1 MB. Random replicas are stopped, or stop
// receiving or executing; the master is killed. After regroup-slaves the promoted replica is written to.
// Throws std::runtime_error with the reason if a replica is lost, left stopped, or has other rows than the
// promoted one.
[[nodiscard]] LostMasterResult lose_master(const LostMasterOptions& options);

}  // namespace system_test
