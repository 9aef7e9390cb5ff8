#include <catch2/catch.hpp>

#include "requests/fuzz_requests.h"
#include "unit/fuzz/mutate.h"

TEST_CASE("Any bytes of a connection are requests, one after the other, or end it", "[fuzz]") {
  fuzz::Mutator mutator(fuzz::seed(), requests::fuzz_corpus(), requests::fuzz_words());
  for (auto left = fuzz::rounds(20'000); left > 0; --left) {
    const auto bytes = mutator.next();
    try {
      requests::fuzz_requests(bytes);
    } catch (const std::exception& error) {
      FAIL(error.what() << ", seed " << fuzz::seed() << ": \"" << fuzz::printable(bytes) << '"');
    }
  }
}
