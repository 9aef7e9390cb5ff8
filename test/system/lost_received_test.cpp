// A replica that crashes after its master may lose what it had received and not executed.
#include <algorithm>
#include <catch2/catch.hpp>

#include "sandbox/wait.h"
#include "system/support/matching.h"
#include "topo/context.h"
#include "topo/recovery/recovery.h"
#include "topo/store/store.h"
#include "topo/topology/received.h"
#include "topo/topology/status.h"

namespace lost_received_test {
namespace {

using Catch::Contains;
using sandbox::Flavour;
using sandbox::patience;

sandbox::Options losing_options(Flavour flavour, bool gtid) {
  auto options = system_test::options_of(flavour, gtid);
  options.extra_server_options = {"--relay-log-recovery=1", sandbox::says_replica(flavour)
                                                                ? "--skip-replica-start"
                                                                : "--skip-slave-start"};
  return options;
}

}  // namespace

TEST_CASE("a recovery says what a replica had received, and has lost", "[recovery][lost]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    for (const bool gtid : {false, true}) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << (gtid ? ", by GTID" : "")) {
        system_test::MatchedServers servers("a > b, a > c", losing_options(flavour, gtid));
        servers["a"].execute("CREATE DATABASE shop");
        servers["a"].execute("CREATE TABLE shop.orders (id INT PRIMARY KEY)");
        if (!gtid) servers["a"].execute("DROP EVENT meta.create_pseudo_gtid_event");
        servers.topology().wait_for_replication();
        // Only c receives the last row, and has not executed it when it crashes.
        system_test::say(servers["b"], "stop", "io_thread");
        system_test::say(servers["c"], "stop", "sql_thread");
        servers["a"].execute("INSERT INTO shop.orders VALUES (1)");
        servers.await_fetched("c");
        const auto before = servers.library().refresh("c").instance;
        CHECK(before.received_most == before.channels.front().read);
        CHECK_FALSE(topo::has_lost_received(before));
        servers["a"].kill9();
        servers["c"].kill9();
        servers["c"].start();
        system_test::say(servers["b"], "start");
        system_test::say(servers["c"], "start");

        const auto after = servers.library().refresh("c");
        CHECK(after.instance.received_most == before.received_most);
        REQUIRE(topo::has_lost_received(after.instance));
        const auto sentences = topo::problems_of(after, {});
        CHECK(std::ranges::any_of(sentences, [](const auto& one) {
          return one.find("has lost them: it has received ") != std::string::npos;
        }));

        topo::recovery::Recovery recovery(
            servers.library().context(), servers.refactoring(), topo::NodeIdentity::make("test", "0"),
            [&](const topo::InstanceKey& key) { return servers.library().discovery().refresh(key); });
        const auto report = recovery.recover(servers.key("a"), {});
        CHECK(report.successor);
        std::string audit;
        for (const auto& entry : servers.library().context().store().audit().read(0, 20))
          audit += servers.library().with_names(entry.message) + "\n";
        CHECK_THAT(audit, Contains("c had received events of a up to " + before.received_most.display() +
                                   ", and has lost them"));
        CHECK_THAT(audit, Contains("no replica that can be read is known to have them"));
      }
    }
  }
}

}  // namespace lost_received_test
