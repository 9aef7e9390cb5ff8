// Kills masters under load and gathers their replicas below the best candidate, for each server and each
// format: `lost_masters [ROUNDS] [SEED] [FLAVOUR]`. Prints what it did; fails when a replica was lost, left
// stopped, or has other rows than the promoted one.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <vector>

#include "system/support/library_fixture.h"
#include "system/support/lost_master.h"

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 50;
  const auto first_seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  int failures = 0;
  for (const auto flavour : system_test::flavours_with_newest()) {
    if (argc > 3 && sandbox::to_string(flavour) != argv[3]) continue;
    std::vector<double> times;
    std::size_t equal = 0, matched = 0;
    std::uint64_t transactions = 0;
    for (int round = 0; round < rounds; ++round) {
      system_test::LostMasterOptions options;
      options.flavour = flavour;
      options.format = round % 2 == 0 ? "ROW" : "STATEMENT";
      options.seed = first_seed + static_cast<std::uint64_t>(round);
      try {
        const auto result = system_test::lose_master(options);
        times.push_back(result.regrouping.count());
        equal += result.equal;
        matched += result.matched;
        transactions += result.transactions;
      } catch (const std::exception& error) {
        ++failures;
        fmt::print("{} {}, seed {}: FAILED {}\n", sandbox::to_string(flavour), options.format, options.seed,
                   error.what());
      }
    }
    if (times.empty()) continue;
    std::sort(times.begin(), times.end());
    fmt::print(
        "{}: {} of {} rounds, {} transactions, {} replicas equal, {} matched; regrouping {:.2f} s in the "
        "median, {:.2f} s at most\n",
        sandbox::to_string(flavour), times.size(), rounds, transactions, equal, matched,
        times[times.size() / 2], times.back());
    std::fflush(stdout);
  }
  return failures == 0 ? 0 : 1;
}
