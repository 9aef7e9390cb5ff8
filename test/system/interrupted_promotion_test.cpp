// The process that promotes a replica of a dead master is killed: there must never be a second master.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "sandbox/wait.h"
#include "system/support/matching.h"
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

sandbox::Server& without_master(OperationFixture& fixture, const char* name) {
  auto& server = fixture.server(name);
  system_test::say(server, "stop");
  server.execute(sandbox::says_replica(server.flavour()) ? "RESET REPLICA ALL" : "RESET SLAVE ALL");
  return server;
}

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
        auto& b = without_master(fixture, "b");
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
        auto& b = without_master(fixture, "b");
        for (const char* name : {"c", "d"}) fixture.server(name).execute("SET GLOBAL read_only = 1");
        // As a person left it.
        system_test::say(fixture.server("d"), "stop", "io_thread");
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
        CHECK(list.front().operation.title() == "recover");
        // By the dead master that it was about, which has no row among its servers.
        REQUIRE_NOTHROW(fixture.unfinished().finish(keys("b"), {}));
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

TEST_CASE("a takeover that was interrupted is finished or undone, and leaves one master",
          "[unfinished][takeover]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      OperationFixture fixture(flavour, true);
      fixture.server("a").execute("CREATE DATABASE shop");
      fixture.server("a").execute("CREATE TABLE shop.orders (id INT PRIMARY KEY)");
      fixture.topology().wait_for_replication();
      fixture.server("b").execute("SET GLOBAL read_only = 1");
      int taken_over = 0, died = 0;
      for (int step = 0;; ++step) {
        for (const bool undoes : {true, false}) {
          CAPTURE(step, undoes);
          for (const char* name : {"a", "b"}) static_cast<void>(fixture.library().refresh(name));
          const auto outcome =
              system_test::carry_out(fixture, system_test::staged_takeovers().front(), step, false);
          INFO(outcome.err);
          REQUIRE((outcome.status == 0 || outcome.status == 128 + SIGKILL));
          died += outcome.status == 0 ? 0 : 1;
          const auto list = fixture.unfinished().list();
          const bool can_be_undone = !list.empty() && list.front().can_be_undone;
          if (!list.empty() && undoes && can_be_undone)
            fixture.unfinished().undo(list.front().servers.front().key, {});
          else if (!list.empty())
            fixture.unfinished().finish(list.front().servers.front().key, {});
          CHECK(fixture.unfinished().list().empty());
          topo::end_what_came_to_nothing(fixture.library().context().store());
          CHECK(fixture.library().context().store().maintenance().active().empty());
          std::string writable;
          for (const char* name : {"a", "b"})
            if (!fixture.library().refresh(name).instance.read_only) writable += name;
          REQUIRE(writable.size() == 1);
          taken_over += writable == "b" ? 1 : 0;
          const auto* other = writable == "a" ? "b" : "a";
          const auto below = fixture.library().refresh(other).instance;
          REQUIRE(below.master_key() == fixture.server(writable).key());
          REQUIRE_FALSE(fixture.library().refresh(writable).instance.is_replica());
          const int id = 2 * step + (undoes ? 0 : 1);
          fixture.server(writable).execute(fmt::format("INSERT INTO shop.orders VALUES ({})", id));
          for (const char* name : {"a", "b", "c", "d"}) {
            const auto has_all = [&] {
              return fixture.server(name).query("SELECT id FROM shop.orders").size() ==
                     static_cast<std::size_t>(id) + 1;
            };
            sandbox::wait_until(has_all, sandbox::patience, std::string(name) + " to have all orders");
          }
          if (writable == "a") continue;
          topo::refactor::OperationArguments back{fixture.server("b").key()};
          back.target = fixture.server("a").key();
          REQUIRE_NOTHROW(fixture.refactoring().run("graceful-master-takeover-auto", back, {}));
        }
        if (died < 2 * (step + 1)) break;
      }
      CHECK(taken_over > 3);
      CHECK(died > 2 * 5);
    }
  }
}

TEST_CASE("a master that restarts when its successor is writable, and not yet reset, is made read-only",
          "[unfinished][takeover][returned]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      OperationFixture fixture(flavour, true);
      auto& a = fixture.server("a");
      auto& b = fixture.server("b");
      b.execute("SET GLOBAL read_only = 1");
      const auto is_writable = [](sandbox::Server& server) {
        return server.query("SELECT @@read_only AS answer")[0].text("answer") == "0";
      };
      for (int step = 0; !(is_writable(b) && b.replication_status()); ++step) {
        if (!fixture.unfinished().list().empty()) fixture.unfinished().undo(a.key(), {});
        for (const char* name : {"a", "b"}) static_cast<void>(fixture.library().refresh(name));
        const auto died =
            system_test::carry_out(fixture, system_test::staged_takeovers().front(), step, false);
        INFO(died.err);
        REQUIRE(died.status == 128 + SIGKILL);
      }
      a.kill9();
      a.start(sandbox::patience);
      REQUIRE(is_writable(a));
      fixture.library().start_continuous();
      sandbox::wait_until([&] { return !is_writable(a); }, sandbox::patience, "the fence");
      CHECK(is_writable(b));
      REQUIRE_NOTHROW(fixture.unfinished().finish(b.key(), {}));
      CHECK(fixture.unfinished().list().empty());
      CHECK(fixture.library().context().store().maintenance().active().empty());
      CHECK(fixture.library().refresh("a").instance.master_key() == b.key());
      CHECK_FALSE(fixture.library().refresh("b").instance.is_replica());
      CHECK(is_writable(b));
    }
  }
}

}  // namespace interrupted_promotion_test
