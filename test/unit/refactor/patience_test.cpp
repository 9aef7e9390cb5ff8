#include "refactor/patience.h"

#include <catch2/catch.hpp>

using topo::Code;
using topo::Error;
using topo::refactor::Patience;

TEST_CASE("what was done is written again while the backend does not answer", "[refactor]") {
  int calls = 0;
  Patience patience;
  patience.until_stored([&] {
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
  CHECK_THROWS_AS(Patience().until_stored(write), Error);
  CHECK(calls == 1);
}

TEST_CASE("what the backend refuses is not written again", "[refactor]") {
  int calls = 0;
  CHECK_THROWS_AS(Patience().until_stored([&] {
    ++calls;
    throw Error(Code::not_found, "gone");
  }),
                  Error);
  CHECK(calls == 1);
}

TEST_CASE("all that is to be written shares one time to wait", "[refactor]") {
  int calls = 0;
  const auto write = [&] {
    ++calls;
    throw Error(Code::backend, "it does not answer");
  };
  Patience patience(std::chrono::milliseconds(300));
  CHECK_THROWS_AS(patience.until_stored(write), Error);
  CHECK(calls > 1);
  calls = 0;
  CHECK_THROWS_AS(patience.until_stored(write), Error);
  CHECK(calls == 0);
}
