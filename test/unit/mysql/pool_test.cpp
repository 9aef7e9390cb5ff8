#include "topo/mysql/pool.h"

#include <catch2/catch.hpp>

using topo::Code;
using topo::InstanceKey;
using topo::mysql::Connection;
using topo::mysql::Pool;
using namespace std::chrono_literals;

TEST_CASE("a failed connection frees its slot", "[mysql][pool]") {
  int attempts = 0;
  Pool pool(
      [&](const InstanceKey&, auto) -> Connection {
        ++attempts;
        throw topo::Error(Code::unreachable, "refused");
      },
      1, 60s);
  for (int i = 1; i <= 3; ++i) {
    try {
      const auto lease = pool.acquire({"db1", 3306}, 0ms);
      FAIL("it connected");
    } catch (const topo::Error& error) {
      CHECK(error.code() == Code::unreachable);  // not a timeout: the slot was free
    }
    CHECK(attempts == i);
  }
  pool.drop({"db1", 3306});
  pool.drop({"nobody", 3306});
}
