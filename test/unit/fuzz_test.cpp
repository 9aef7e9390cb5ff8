// The fuzz targets with random changes to their inputs, the same in each run.
#include <catch2/catch.hpp>

#include "fuzz/mutate.h"
#include "fuzz/targets.h"

namespace {

// Returns how many inputs were useful: with few, the targets test little.
std::size_t run(const fuzz::Target& target, std::uint64_t rounds) {  // fewer under sanitizers
  fuzz::Mutator mutator(fuzz::seed(), target.corpus(), target.words());
  std::size_t of_use = 0;
  for (auto left = fuzz::rounds(rounds / fuzz::fewer); left > 0; --left) {
    const auto input = mutator.next();
    try {
      of_use += target.run(input);
    } catch (const std::exception& error) {
      FAIL(error.what() << ", seed " << fuzz::seed() << ": \"" << fuzz::printable(input) << '"');
    }
  }
  return of_use;
}

std::size_t run_untouched(const fuzz::Target& target) {
  std::size_t of_use = 0;
  for (const auto& input : target.corpus()) of_use += target.run(input);
  return of_use;
}

}  // namespace

TEST_CASE("Any text is a server name or is refused", "[fuzz]") {
  CHECK(run_untouched(fuzz::names) == 21);
  CHECK(run(fuzz::names, 30'000) > 5'000 / fuzz::fewer);
}

TEST_CASE("The bytes of a connection are a sequence of requests, or end it", "[fuzz]") {
  CHECK(run(fuzz::requests, 20'000) > 1'000 / fuzz::fewer);
}

TEST_CASE("Any bytes from a server are parsed or refused", "[mysql][fuzz]") {
  CHECK(run_untouched(fuzz::server_packets) == 10);  // all of its rows
  CHECK(run(fuzz::server_packets, 20'000) > 1'000 / fuzz::fewer);
}

TEST_CASE("Any text is a configuration, credentials, a query or an error", "[fuzz]") {
  CHECK(run_untouched(fuzz::configuration) == 14);
  CHECK(run(fuzz::configuration, 20'000) > 1'000 / fuzz::fewer);
}
