// The seed of the random choices of tests, so that a failure can be repeated.
#pragma once

namespace system_test {

// The number in the environment variable ORCHESTRATOR_TEST_SEED; without it, another number in each process.
// Printed at the first call. Thread-safe.
[[nodiscard]] unsigned seed();

}  // namespace system_test
