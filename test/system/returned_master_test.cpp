// Former masters that answer again while another master has taken their place.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "sandbox/wait.h"
#include "system/support/returning.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/recovery/recovery.h"
#include "topo/store/store.h"
#include "topo/topology/status.h"

namespace returned_master_test {

using namespace std::chrono_literals;
using Catch::Contains;
using sandbox::Flavour;
using sandbox::patience;
using system_test::Returning;

TEST_CASE("a former master that answers again is read-only within seconds, and rejoins", "[returned]") {
  for (const auto flavour : system_test::flavours()) {
    for (const bool gtid : {false, true}) {
      DYNAMIC_SECTION(sandbox::to_string(flavour) << (gtid ? ", by GTID" : "")) {
        Returning fixture(flavour, gtid);
        fixture.names_master = gtid;
        auto& servers = fixture.servers;
        CHECK(fixture.formers() == std::vector{servers.key("a")});
        if (flavour == Flavour::mysql_5_6) {
          // Begins relay logs that a restart after a crash cannot recover.
          servers["a"].start();
          servers["a"].execute("CHANGE MASTER TO MASTER_USER = 'repl'");
          servers["a"].kill9();
        }
        servers["a"].start();
        fixture.await_read_only();
        fixture.await_returned();
        const auto is_audited = [&] {
          return fixture.audit().find("returned-master made") != std::string::npos;
        };
        sandbox::wait_until(is_audited, patience, "the audit");
        INFO(fixture.audit());
        if (flavour == Flavour::mysql_9_7) CHECK(fixture.global("super_read_only") == 1);
        CHECK(fixture.global("read_only", fixture.successor.c_str()) == 0);
        CHECK_THAT(servers.library().tree("a"), Contains(",returned]"));
        const auto sentence = topo::problems_of(*fixture.known(), {}).front();
        CHECK_THAT(servers.library().with_names(sentence),
                   Contains(fixture.successor + " took its place as the master at 2"));
        CHECK_THAT(fixture.audit(), Contains("returned-master answers again, and takes writes; ") &&
                                        Contains("returned-master made read-only: "));

        servers[fixture.successor].execute("INSERT INTO shop.orders VALUES (1)");
        fixture.rejoin();
        servers.topology().wait_for_replication();
        CHECK(servers.is_below("a", fixture.successor));
        CHECK(fixture.problem() != topo::Problem::returned);
        CHECK(fixture.formers().empty());
        CHECK(fixture.global("read_only") == 1);
      }
    }
  }
}

// A poll may have seen before that it is a replica.
TEST_CASE("a former master that dies while it is demoted is read-only when it answers again", "[returned]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Returning fixture(flavour, true);
      auto& servers = fixture.servers;
      servers["a"].start();
      fixture.await_read_only();
      fixture.rejoin();
      servers.topology().wait_for_replication();
      const auto former = servers.key(fixture.successor);
      servers.refactoring().on_step([&](const std::string& step) {
        if (step.find(former.display() + ": start") == std::string::npos) return;
        servers.library().discovery().refresh(former);
        servers[fixture.successor].kill9();
      });
      fixture.take_over("a");
      CHECK(fixture.formers() == std::vector{former});
      CHECK(fixture.global("read_only", "a") == 0);
      servers[fixture.successor].start();
      const auto is_read_only = [&] { return fixture.global("read_only", fixture.successor.c_str()) == 1; };
      sandbox::wait_until(is_read_only, 15s, "the demoted master to be read-only");
    }
  }
}

TEST_CASE("a former master that is away for longer is still watched", "[returned]") {
  Returning fixture(Flavour::mariadb_10_11, true);
  {
    const system_test::Listener listener(fixture.servers.key("a"));
    fixture.await_polls(2);
  }
  fixture.servers["a"].start();
  fixture.await_read_only();
}

TEST_CASE("a former master is not made read-only if the configuration says so", "[returned]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Returning fixture(flavour, false, false);
      fixture.servers["a"].start();
      fixture.await_returned();
      fixture.await_polls(3);
      CHECK(fixture.global("read_only") == 0);
      CHECK_THAT(fixture.audit(), !Contains("made read-only"));
      // On purpose: it is a master of its own now.
      fixture.servers.refactoring().run("set-writeable", {fixture.servers.key("a")}, {});
      CHECK(fixture.formers().empty());
      CHECK(fixture.problem() == topo::Problem::none);
    }
  }
}

TEST_CASE("a former master stays writable while its successor does not answer", "[returned]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Returning fixture(flavour, false);
      auto& servers = fixture.servers;
      servers[fixture.successor].kill9();
      servers["a"].start();
      fixture.await_returned();
      fixture.await_polls(3);
      CHECK(fixture.global("read_only") == 0);
      servers[fixture.successor].start();
      fixture.await_read_only();
    }
  }
}

TEST_CASE("a former master is followed up when its successor was taken over and forgotten", "[returned]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Returning fixture(flavour, true);
      auto& servers = fixture.servers;
      const auto first = servers.key(fixture.successor);
      const std::string next = fixture.successor == "b" ? "c" : "b";
      const auto is_ready = [&] { return servers[next.c_str()].replicates(); };
      sandbox::wait_until(is_ready, patience, "the replica to go on");
      fixture.take_over(next);
      servers[fixture.successor].kill9();
      CHECK(servers.library().discovery().forget(first));
      servers["a"].start();
      fixture.await_returned();
      fixture.await_read_only();
      const auto sentence = topo::problems_of(*fixture.known(), {}).front();
      CHECK_THAT(servers.library().with_names(sentence), Contains(next + " took its place as the master"));
    }
  }
}

TEST_CASE("a former master that replicates by itself is shown until it was compared", "[returned]") {
  const auto replicate = [](Returning& fixture, bool has_own = false) {
    auto& servers = fixture.servers;
    servers["a"].start();
    fixture.await_read_only();
    fixture.await_returned();
    if (has_own) {
      servers["a"].execute("SET GLOBAL super_read_only = 0");
      servers["a"].execute("INSERT INTO shop.orders VALUES (7)");
    }
    auto& successor = servers[fixture.successor.c_str()];
    const bool gtid = fixture.is_by_gtid;
    servers["a"].replicate_from(successor, gtid ? std::nullopt : std::optional(successor.binlog_position()));
    servers["a"].start_replication();
  };
  SECTION("with a transaction of its own") {
    Returning fixture(Flavour::mysql_9_7, true);
    replicate(fixture, true);
    const auto is_shown = [&] {
      return topo::problems_of(*fixture.known(), {}).front().find("is a replica of") != std::string::npos;
    };
    sandbox::wait_until(is_shown, patience, "the replica to be shown");
    fixture.await_polls(3);
    CHECK(fixture.formers().size() == 1);
    CHECK(fixture.problem() == topo::Problem::returned);
    try {
      fixture.rejoin();
      FAIL("it rejoined");
    } catch (const topo::Error& error) {
      CHECK(error.result() == topo::results::errant_transactions);
      CHECK_THAT(error.what(), Contains("is a replica already, of ") && Contains(" has 1 transaction (") &&
                                   Contains("gtid-errant-inject-empty"));
    }
  }
  SECTION("without one") {
    Returning fixture(Flavour::mysql_9_7, true);
    replicate(fixture);
    sandbox::wait_until([&] { return fixture.formers().empty(); }, patience, "the record to end");
    CHECK(fixture.problem() != topo::Problem::returned);
  }
  SECTION("without GTIDs") {
    Returning fixture(Flavour::mysql_5_6, false);
    replicate(fixture);
    fixture.await_polls(3);
    CHECK(fixture.formers().size() == 1);
    CHECK(fixture.problem() == topo::Problem::returned);
    CHECK_THAT(system_test::refusal([&] { fixture.rejoin(); }, topo::Code::refused),
               Contains("is a replica already, of ") && Contains(" cannot be compared with "));
  }
}

TEST_CASE("a former master is shown when its successor is not known any more", "[returned]") {
  Returning fixture(Flavour::mariadb_10_11, true);
  auto& servers = fixture.servers;
  for (const auto* name : {"b", "c"}) {
    servers[name].kill9();
    CHECK(servers.library().discovery().forget(servers.key(name)));
  }
  servers["a"].start();
  fixture.await_returned();
  fixture.await_polls(3);
  CHECK(fixture.global("read_only") == 0);
  CHECK_THAT(topo::problems_of(*fixture.known(), {}).front(), Contains("and is not known any more"));
  fixture.servers.refactoring().run("set-writeable", {servers.key("a")}, {});
  CHECK(fixture.formers().empty());
}

TEST_CASE("a former master in maintenance is left as it is", "[returned]") {
  Returning fixture(Flavour::mariadb_10_11, false);
  auto& store = fixture.servers.library().context().store();
  const std::vector<topo::MaintenanceRequest> requests{{fixture.servers.key("a"), "repair"}};
  (void)store.maintenance().begin(requests, "ann", 1h);
  fixture.servers["a"].start();
  fixture.await_returned();
  fixture.await_polls(3);
  CHECK(fixture.global("read_only") == 0);
  store.maintenance().end(fixture.servers.key("a"));
  fixture.await_read_only();
  fixture.await_polls(2);  // it is settled by now
  // Nor can a client make it writable for long.
  fixture.servers["a"].execute("SET GLOBAL read_only = 0");
  fixture.await_read_only();
}

TEST_CASE("a former master that a user makes a replica is none any more", "[returned]") {
  Returning fixture(Flavour::mariadb_10_11, true);
  auto& servers = fixture.servers;
  servers["a"].start();
  fixture.await_read_only();
  const auto& master = servers.key(fixture.successor);
  servers["a"].execute(fmt::format(
      "CHANGE MASTER TO MASTER_HOST = '{}', MASTER_PORT = {}, MASTER_USER = '{}', MASTER_PASSWORD = '{}', "
      "MASTER_USE_GTID = current_pos",
      master.hostname(), master.port(), sandbox::replication_account.user,
      sandbox::replication_account.password));
  servers["a"].execute("START SLAVE");
  sandbox::wait_until([&] { return fixture.formers().empty(); }, 20s, "the record of the replacement to end");
  CHECK(fixture.problem() != topo::Problem::returned);
}

TEST_CASE("no Pseudo-GTID entry is injected on a former master", "[returned]") {
  Returning fixture(Flavour::mysql_9_7, true, false, true);
  auto& servers = fixture.servers;
  const auto end_of = [&](std::string_view name) {
    return servers.library().refresh(name).instance.self_coordinates;
  };
  servers["a"].start();
  const auto end = end_of("a");
  fixture.await_returned();
  for (int entries = 0; entries < 2; ++entries) {
    const auto is_injected = [&, before = end_of(fixture.successor)] {
      return before < end_of(fixture.successor);
    };
    sandbox::wait_until(is_injected, patience, "an entry on the master in its place");
  }
  CHECK(end_of("a").display() == end.display());
}

}  // namespace returned_master_test
