// A thousand random operations under write load, for each server and each format: `soak [OPERATIONS] [SEED]
// [FLAVOUR]`. Prints what it did; fails when a row, a topology or a replica is not as expected.
#include "system/support/soak.h"

#include <fmt/format.h>

#include <cstdlib>
#include <exception>

#include "system/support/library_fixture.h"

int main(int argc, char** argv) {
  system_test::SoakOptions options;
  if (argc > 1) options.operations = std::atoi(argv[1]);
  if (argc > 2) options.seed = static_cast<unsigned>(std::atoi(argv[2]));
  int failures = 0;
  for (const auto flavour : system_test::flavours()) {
    if (argc > 3 && sandbox::to_string(flavour) != argv[3]) continue;
    for (const char* format : {"ROW", "STATEMENT"}) {
      options.flavour = flavour;
      options.format = format;
      try {
        const auto began = std::chrono::steady_clock::now();
        const auto result = system_test::soak(options);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        fmt::print("{} {}: {} operations, {} refused, {} transactions, {:.0f} s; all rows equal\n",
                   sandbox::to_string(flavour), format, result.permitted, result.refused, result.transactions,
                   took.count());
        fmt::print("  the slowest, {}: {:.1f} s\n", result.slowest,
                   std::chrono::duration<double>(result.slowest_time).count());
        for (const auto& [name, count] : result.permitted_by_name) {
          const std::chrono::duration<double, std::milli> time = result.time_by_name.at(name);
          fmt::print("  {:<18}{:>5}, {:.0f} ms each\n", name, count, time.count() / count);
        }
      } catch (const std::exception& error) {
        ++failures;
        fmt::print("{} {}, seed {}: FAILED {}\n", sandbox::to_string(flavour), format, options.seed,
                   error.what());
      }
    }
  }
  return failures == 0 ? 0 : 1;
}
