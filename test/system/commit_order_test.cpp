// Replicas that commit in another order than their master.
#include <catch2/catch.hpp>

#include "system/support/pseudo_gtid.h"
#include "system/support/refactoring_fixture.h"

using system_test::RefactoringFixture;

TEST_CASE("nothing is matched below a replica that does not preserve the commit order", "[pgtid][matching]") {
  for (const auto flavour : system_test::flavours()) {
    if (!sandbox::says_replica(flavour)) continue;  // of the servers here, only 9.7 can be configured so
    auto options = system_test::options_of(flavour);
    options.pseudo_gtid = true;
    sandbox::Topology servers("a > b, a > c", options);
    RefactoringFixture moves(servers, system_test::with_pseudo_gtid(system_test::configuration_for(servers)));
    moves.library.discover("a");
    auto& b = servers.server("b");
    b.execute("stop replica");
    b.execute("set global replica_preserve_commit_order = off");
    b.execute("set global replica_parallel_workers = 4");
    b.execute("start replica");
    const auto match = [&] {
      moves.refactoring.run("match-below", {moves.library.key("c"), moves.library.key("b")}, {});
    };
    CHECK_THAT(system_test::refusal(match, topo::Code::refused),
               Catch::Contains("it may commit in another order than its master") &&
                   Catch::EndsWith("All is as it was"));
    CHECK(servers.server("c").replicates());
    b.execute("stop replica");
    b.execute("set global replica_parallel_workers = 1");
    b.execute("start replica");
    match();
    CHECK(servers.server("c").replication_status()->master == moves.library.key("b"));
  }
}
