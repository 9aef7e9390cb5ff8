// Semi-synchronous replication on real servers: what is read of it, and that commits on a new master wait for
// the replicas that it has, and no longer.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <iostream>

#include "sandbox/wait.h"
#include "system/support/matching.h"
#include "topo/context.h"
#include "topo/inspect/inspector.h"
#include "topo/recovery/recovery.h"
#include "topo/store/store.h"

namespace semi_sync_system_test {
namespace {

using Catch::Contains;
using sandbox::Flavour;
using sandbox::patience;
using sandbox::wait_until;
using system_test::MatchedServers;

// Longer than any test: a commit that waits in vain is seen.
constexpr std::chrono::hours timeout{1};

bool says_source(Flavour flavour) {
  return flavour == Flavour::mysql_9_7;
}

// MariaDB has both sides built in.
std::string why_no_plugin(sandbox::Server& server, std::string_view side) {
  if (server.flavour() != Flavour::mysql_5_6 && server.flavour() != Flavour::mysql_9_7) return "";
  try {
    server.execute(fmt::format("INSTALL PLUGIN rpl_semi_sync_{0} SONAME 'semisync_{0}.so'", side));
    return "";
  } catch (const topo::Error& error) {
    return error.what();
  }
}

// The servers that can be semi-synchronous; says why others cannot.
std::vector<Flavour> find_semi_sync_flavours() {
  std::vector<Flavour> able;
  for (const auto flavour : system_test::flavours_with_newest()) {
    if (flavour != Flavour::mysql_5_6) {
      able.push_back(flavour);
      continue;
    }
    sandbox::Topology one("a", system_test::options_of(flavour));
    const auto reason = why_no_plugin(one.server("a"), "master");
    CHECK_FALSE(reason.empty());  // or this test can have it, too
    std::cout << "left out: " << sandbox::to_string(flavour) << ": " << reason << "\n";
  }
  return able;
}

const std::vector<Flavour>& semi_sync_flavours() {
  static const auto able = find_semi_sync_flavours();
  return able;
}

sandbox::Options options_by_gtid(Flavour flavour) {
  auto options = system_test::options_of(flavour);
  options.gtid = true;
  return options;
}

// Replicas of `a` that acknowledge, and `a`, which waits for all of them where the server can.
struct SemiSyncServers {
  SemiSyncServers(std::string_view tree, Flavour used, const std::vector<const char*>& acknowledging)
      : flavour(used),
        servers(tree, options_by_gtid(flavour)),
        recovery(
            servers.library().context(), servers.refactoring(), topo::NodeIdentity::make("test", "0"),
            [this](const topo::InstanceKey& key) { return servers.library().discovery().refresh(key); }) {
    if (says_source(flavour)) {
      for (const auto& server : servers.topology().servers())
        for (const auto* side : {"source", "replica"}) REQUIRE(why_no_plugin(*server, side) == "");
    }
    for (const auto* name : acknowledging) {
      servers[name].execute("SET GLOBAL read_only = 1");
      run("enable-semi-sync-replica", name);
    }
    servers["a"].execute(fmt::format("SET GLOBAL rpl_semi_sync_{}_timeout = {}",
                                     says_source(flavour) ? "source" : "master",
                                     std::chrono::milliseconds(timeout).count()));
    if (says_source(flavour)) {
      servers["a"].execute(
          fmt::format("SET GLOBAL rpl_semi_sync_source_wait_for_replica_count = {}", acknowledging.size()));
    }
    run("enable-semi-sync-master", "a");
    await_clients("a", acknowledging.size());
    for (const auto& server : servers.topology().servers()) state(server->name());
  }
  void run(const char* operation, const char* name) {
    CHECK(servers.refactoring().run(operation, {servers.key(name)}, {}).outcome.shortcomings.empty());
  }
  topo::SemiSync state(std::string_view name) {
    const auto known = servers.library().refresh(name);
    REQUIRE(known.instance.semi_sync);
    return *known.instance.semi_sync;
  }
  void await_clients(std::string_view name, std::size_t count) {
    wait_until([&] { return state(name).clients == count; }, patience, "the replicas to acknowledge");
  }
  // Commits that were acknowledged, and those that were not waited for, since the server was started.
  std::int64_t commits(const std::string& name, std::string_view which) {
    return servers[name]
        .query(fmt::format("SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_{}_{}_tx'",
                           says_source(flavour) ? "source" : "master", which))[0]
        .number(1)
        .value_or(-1);
  }
  // Returns when the row is acknowledged.
  void write(const std::string& name, int id) {
    const auto acknowledged = commits(name, "yes"), others = commits(name, "no");
    servers.write(name, id);
    CHECK(commits(name, "yes") > acknowledged);
    CHECK(commits(name, "no") == others);
  }

  const Flavour flavour;
  MatchedServers servers;
  topo::recovery::Recovery recovery;
};

void make_table(MatchedServers& servers) {
  sandbox::Writer writer(servers["a"]);
  system_test::more_writes(writer);
  writer.stop();
}

}  // namespace

TEST_CASE("commits on the successor of a dead master wait for its replicas", "[recovery][semi_sync]") {
  for (const auto flavour : semi_sync_flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      SemiSyncServers semi_sync("a > b, a > c", flavour, {"b", "c"});
      auto& servers = semi_sync.servers;
      make_table(servers);
      semi_sync.write("a", 1'000'000);
      const auto was = semi_sync.state("a");
      CHECK(was.has_source);
      CHECK(was.source_enabled);
      CHECK(was.source_works);
      CHECK(was.timeout == timeout);
      CHECK(was.wait_count == (says_source(flavour) ? 2 : 1));
      CHECK_FALSE(was.replica_works);
      for (const char* name : {"b", "c"}) {
        CHECK_FALSE(semi_sync.state(name).source_enabled);
        CHECK(semi_sync.state(name).replica_works);
        CHECK(servers.library().known(name)->instance.parallel_workers);
      }
      // All of it is read in one request.
      topo::InspectionCost cost;
      CHECK(servers.library().context().inspector().read(servers.key("b"), false, &cost).semi_sync);
      CHECK(cost.requests == 1);

      for (const char* name : {"b", "c"}) servers.await_fetched(name);
      servers["a"].kill9();
      for (const char* name : {"b", "c"})
        wait_until([&] { return !servers[name].replicates(); }, patience, "the replicas to notice");
      const auto report = semi_sync.recovery.recover(servers.key("a"), {});
      CHECK(report.action_taken);
      CHECK(report.errors.empty());
      const std::string chosen = report.successor == servers.key("b") ? "b" : "c";
      const std::string other = chosen == "b" ? "c" : "b";
      const bool is_lowered =
          report.outcome.find("wait for 1 of its replicas, not for 2") != std::string::npos;
      CHECK(is_lowered == says_source(flavour));
      const auto now = semi_sync.state(chosen);
      CHECK(now.source_enabled);
      CHECK(now.timeout == timeout);
      CHECK(now.wait_count == 1);
      CHECK(servers.is_below(other, chosen));
      semi_sync.write(chosen, 1'000'001);
      CHECK(semi_sync.state(other).replica_works);
      CHECK_FALSE(servers.library().known(chosen)->instance.read_only);
    }
  }
}

TEST_CASE("a takeover passes semi-sync on, and the former master acknowledges", "[takeover][semi_sync]") {
  for (const auto flavour : semi_sync_flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      SemiSyncServers semi_sync("a > b, a > c", flavour, {"b", "c"});
      auto& servers = semi_sync.servers;
      make_table(servers);
      system_test::give_replication_account(servers["a"]);
      const auto report = servers.refactoring().run("graceful-master-takeover-auto",
                                                    {servers.key("a"), servers.key("b")}, {});
      CHECK(report.outcome.failed.empty());
      CHECK(report.outcome.leftovers.empty());
      CHECK(report.outcome.shortcomings.empty());
      const auto now = semi_sync.state("b");
      CHECK(now.source_enabled);
      CHECK(now.timeout == timeout);
      CHECK(now.wait_count == (says_source(flavour) ? 2 : 1));
      semi_sync.await_clients("b", 2);
      semi_sync.write("b", 1'000'000);
      CHECK_FALSE(semi_sync.state("a").source_enabled);
      CHECK(semi_sync.state("a").replica_works);
      // One side alone.
      semi_sync.run("disable-semi-sync-replica", "c");
      semi_sync.await_clients("b", 1);
      CHECK_FALSE(semi_sync.state("c").replica_enabled);
      CHECK(servers.is_below("c", "b"));
      semi_sync.run("disable-semi-sync-master", "b");
      CHECK_FALSE(semi_sync.state("b").source_enabled);
      servers.write("b", 1'000'001);
    }
  }
}

TEST_CASE("a successor without the plugin is promoted all the same", "[recovery][semi_sync]") {
  for (const auto flavour : system_test::available_of({Flavour::mysql_9_7})) {
    SemiSyncServers semi_sync("a > b, a > c", flavour, {"b", "c"});
    auto& servers = semi_sync.servers;
    for (const char* name : {"b", "c"}) {
      servers[name].execute("UNINSTALL PLUGIN rpl_semi_sync_source");
      CHECK_FALSE(semi_sync.state(name).has_source);
      CHECK_THAT(system_test::refusal(
                     [&] { servers.refactoring().run("enable-semi-sync-master", {servers.key(name)}, {}); },
                     topo::Code::refused),
                 Contains("its plugin is not loaded"));
    }
    servers["a"].kill9();
    for (const char* name : {"b", "c"})
      wait_until([&] { return !servers[name].replicates(); }, patience, "the replicas to notice");
    const auto report = semi_sync.recovery.recover(servers.key("a"), {});
    CHECK(report.action_taken);
    CHECK(report.errors.empty());
    CHECK_THAT(report.outcome,
               Contains("is not switched on as a source") && Contains("its plugin is not loaded there"));
    CHECK_FALSE(servers.library().context().store().instances().read(*report.successor)->instance.read_only);
  }
}

}  // namespace semi_sync_system_test
