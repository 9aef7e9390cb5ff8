#include "refactor/until_stored.h"

#include <catch2/catch.hpp>

using topo::Code;
using topo::Error;
using topo::refactor::until_stored;

TEST_CASE("what was done is written again while the backend does not answer", "[refactor]") {
  int calls = 0;
  until_stored([&] {
    if (++calls < 3) throw Error(Code::backend, "it does not answer");
  });
  CHECK(calls == 3);
}

TEST_CASE("what lasts is not waited for", "[refactor]") {
  int calls = 0;
  const auto write = [&] {
    ++calls;
    throw topo::store::StoreError("the disk is full", true);
  };
  CHECK_THROWS_AS(until_stored(write), Error);
  CHECK(calls == 1);
}

TEST_CASE("what the backend refuses is not written again", "[refactor]") {
  int calls = 0;
  CHECK_THROWS_AS(until_stored([&] {
                    ++calls;
                    throw Error(Code::not_found, "gone");
                  }),
                  Error);
  CHECK(calls == 1);
}
