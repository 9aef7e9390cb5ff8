#include "system/support/seed.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace system_test {

unsigned seed() {
  static const auto chosen = [] {
    const char* given = std::getenv("ORCHESTRATOR_TEST_SEED");
    const auto number = given == nullptr ? std::random_device{}() : static_cast<unsigned>(std::stoul(given));
    fmt::print(stderr, "Random choices: ORCHESTRATOR_TEST_SEED={}\n", number);
    return number;
  }();
  return chosen;
}

}  // namespace system_test
