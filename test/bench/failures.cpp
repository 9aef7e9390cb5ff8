// Kills masters under recorded writes, in each scenario of system/support/failures.h, for each server, with
// and without GTID: `failures [SCENARIO] [FLAVOUR]`. Prints what became of each, and how long recovery took;
// fails when a promise was broken.
#include "system/support/failures.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <vector>

#include "system/support/library_fixture.h"

int main(int argc, char** argv) {
  const std::string_view scenario = argc > 1 ? argv[1] : "", only = argc > 2 ? argv[2] : "";
  int runs = 0, failures = 0;
  for (const auto flavour : system_test::flavours()) {
    if (!only.empty() && sandbox::to_string(flavour) != only) continue;
    for (const bool gtid : {false, true}) {
      std::vector<std::int64_t> recoveries, gaps;
      for (const auto& one : system_test::failure_scenarios()) {
        if (one.name.find(scenario) == std::string_view::npos) continue;
        if (!is_possible(one, flavour, gtid)) continue;
        ++runs;
        const auto title =
            fmt::format("{}{}, {}", sandbox::to_string(flavour), gtid ? " by GTID" : "", one.name);
        try {
          const auto result = system_test::run_failure(one, flavour, gtid);
          fmt::print("{}{}: {} ms: {}\n", result.problems.empty() ? "" : "BROKEN ", title,
                     result.recovery.count(), result.outcome);
          if (!result.problems.empty()) fmt::print("  {}\n", result.problems);
          failures += result.problems.empty() ? 0 : 1;
          if (result.successor && one.operation == system_test::Operation::recover) {
            recoveries.push_back(result.recovery.count());
            gaps.push_back(result.without_writes.count());
          }
        } catch (const std::exception& error) {
          ++failures;
          fmt::print("BROKEN {}: {}\n", title, error.what());
        }
        std::fflush(stdout);
      }
      if (recoveries.empty()) continue;
      std::ranges::sort(recoveries);
      std::ranges::sort(gaps);
      fmt::print(
          "{}{}: recovery {} ms in the median, {} at most; without writes {} ms in the median, {} at most\n",
          sandbox::to_string(flavour), gtid ? " by GTID" : "", recoveries[recoveries.size() / 2],
          recoveries.back(), gaps[gaps.size() / 2], gaps.back());
    }
  }
  fmt::print("{} scenarios, {} broken\n", runs, failures);
  return failures == 0 ? 0 : 1;
}
