// The process that promotes a replica of a dead master is killed: there must never be a second master.
#include <catch2/catch.hpp>
#include <csignal>

#include "sandbox/wait.h"
#include "system/support/operation_fixture.h"
#include "system/support/refactoring_fixture.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/recovery/recovery.h"
#include "topo/store/store.h"

namespace interrupted_promotion_test {
namespace {

using Catch::Contains;
using system_test::OperationFixture;
using system_test::refusal;

}  // namespace

TEST_CASE("a promotion that was interrupted is finished, and neither undone nor repeated with another",
          "[unfinished][recovery]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      int writable = 0;
      for (int step = 0;; ++step) {
        CAPTURE(step);
        OperationFixture fixture(flavour, true);
        auto& c = fixture.server("c");
        c.execute("SET GLOBAL read_only = 1");
        static_cast<void>(fixture.library().refresh("c"));
        const auto keys = fixture.keys();
        auto& store = fixture.library().context().store();
        auto& b = fixture.server("b");
        const std::string replica = flavour == sandbox::Flavour::mysql_9_7 ? "REPLICA" : "SLAVE";
        b.execute("STOP " + replica);
        b.execute("RESET " + replica + " ALL");
        for (const char* name : {"b", "c", "d"}) static_cast<void>(fixture.library().refresh(name));
        store.clusters().set_alias(keys("b").display(), "shop");
        b.kill9();
        CHECK_THROWS_AS(fixture.library().refresh("b"), topo::Error);
        const auto died =
            system_test::carry_out(fixture, system_test::staged_promotions().front(), step, false);
        if (died.status == 0) break;
        INFO(died.err);
        REQUIRE(died.status == 128 + SIGKILL);
        const auto takes_writes = [&] {
          return c.query("SELECT @@global.read_only AS v")[0].number_or("v") == 0;
        };
        topo::recovery::Recovery recovery(
            fixture.library().context(), fixture.refactoring(), topo::NodeIdentity::make("test", "0"),
            [&](const topo::InstanceKey& key) { return fixture.library().discovery().refresh(key); });
        if (!takes_writes()) continue;
        ++writable;
        auto& formers = store.former_masters();
        CHECK(formers.all() == std::vector{keys("b")});
        const auto recover = [&] { static_cast<void>(recovery.recover(keys("b"), {})); };
        CHECK_THAT(fixture.library().with_names(refusal(recover, topo::Code::refused)),
                   Contains("c replicates no more: it may be the master in the place of b already"));
        CHECK_THAT(refusal([&] { fixture.unfinished().undo(keys("c"), {}); }, topo::Code::refused),
                   Contains("cannot be undone"));
        // Polls go on, and store that it heads a cluster of its own.
        static_cast<void>(fixture.library().refresh("c"));
        REQUIRE_NOTHROW(fixture.unfinished().finish(keys("c"), {}));
        std::string named;
        for (const auto& info : store.clusters().infos())
          if (info.cluster_alias == "shop") named = info.cluster_name;
        CHECK(named == keys("c").display());
        CHECK(fixture.unfinished().list().empty());
        CHECK(takes_writes());
        CHECK_FALSE(fixture.library().refresh("c").instance.is_replica());
        CHECK(formers.all() == std::vector{keys("b")});
      }
      CHECK(writable > 0);
    }
  }
}

TEST_CASE("a recovery that was interrupted is finished with a master, and no replica stays stopped",
          "[unfinished][recovery]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      int finished = 0;
      for (int step = 0;; ++step) {
        CAPTURE(step);
        OperationFixture fixture(flavour, true);
        const auto keys = fixture.keys();
        auto& b = fixture.server("b");
        const std::string replica = flavour == sandbox::Flavour::mysql_9_7 ? "REPLICA" : "SLAVE";
        b.execute("STOP " + replica);
        b.execute("RESET " + replica + " ALL");
        for (const char* name : {"c", "d"}) fixture.server(name).execute("SET GLOBAL read_only = 1");
        // As a person left it.
        fixture.server("d").execute("STOP " + replica + " IO_THREAD");
        for (const char* name : {"b", "c", "d"}) static_cast<void>(fixture.library().refresh(name));
        b.kill9();
        CHECK_THROWS_AS(fixture.library().refresh("b"), topo::Error);
        const auto died =
            system_test::carry_out(fixture, system_test::staged_promotions().back(), step, false);
        if (died.status == 0) break;
        INFO(died.err);
        REQUIRE(died.status == 128 + SIGKILL);
        const auto list = fixture.unfinished().list();
        if (list.empty()) continue;
        ++finished;
        REQUIRE_NOTHROW(fixture.unfinished().finish(list.front().servers.front().key, {}));
        CHECK(fixture.unfinished().list().empty());
        std::string masters, running;
        for (const char* name : {"c", "d"}) {
          const auto now = fixture.library().refresh(name).instance;
          if (!now.is_replica() && !now.read_only) masters += name;
          sandbox::wait_until([&] { return masters == name || fixture.server(name).replicates(); },
                              sandbox::patience, std::string(name) + " to replicate");
          if (now.is_replica()) running += display_of(now.master_key());
        }
        CHECK(masters.size() == 1);
        CHECK(running == keys(masters).display());
      }
      CHECK(finished > 3);
    }
  }
}

}  // namespace interrupted_promotion_test
