// Masters that seem dead and are not, as users meet them: the programs refuse to replace them, unless forced.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <memory>
#include <mutex>

#include "sandbox/accounts.h"
#include "sandbox/wait.h"
#include "system/support/backend_file.h"
#include "system/support/library_fixture.h"
#include "system/support/matching.h"
#include "system/support/program_fixture.h"
#include "system/support/refactoring_fixture.h"
#include "topo/context.h"
#include "topo/mysql/connection.h"
#include "topo/recovery/recovery.h"
#include "topo/store/store.h"

namespace evidence_test {
namespace {

using Catch::Contains;
using sandbox::Flavour;
using system_test::say;

sandbox::Options options_by_gtid(Flavour flavour) {
  auto options = system_test::options_of(flavour);
  options.gtid = true;
  // IO threads do not notice within a test that their master is silent.
  const std::string patient =
      sandbox::is_mariadb(flavour) ? "--slave-net-timeout=600" : "--replica-net-timeout=600";
  for (const auto* name : {"b", "c"}) options.servers[name].extra_options = {"--read-only=1", patient};
  return options;
}

// a with two replicas, all known.
struct Cluster : system_test::ProgramFixture {
  explicit Cluster(Flavour flavour, std::string_view more = "", std::string_view tree = "a > b, a > c")
      : ProgramFixture(tree, options_by_gtid(flavour), more) {
    CHECK(orchestrator({"-c", "discover", "-i", key("a")}).status == 0);
  }
  sandbox::Server& operator[](std::string_view name) { return servers.server(name); }

  void stop_on_replicas(std::string_view threads) {
    for (const char* name : {"b", "c"}) say((*this)[name], "stop", threads);
  }
  // The failure of a as known after all are read again.
  std::string failure() {
    for (const char* name : {"a", "b", "c"})
      static_cast<void>(orchestrator({"-c", "refresh", "-i", key(name)}));
    const auto out = orchestrator({"-c", "replication-analysis"}).out;
    const auto line = out.find(key("a") + " (cluster");
    if (line == std::string::npos) return "";
    const auto name = out.find("): ", line) + 3;
    return out.substr(name, out.find('\n', name) - name);
  }
  // What a command that must be refused says; it changes nothing.
  std::string refused(const std::vector<std::string>& words) {
    const auto outcome = orchestrator(words);
    CAPTURE(words, outcome.err);
    CHECK(outcome.status != 0);
    CHECK(outcome.out.empty());
    for (const char* name : {"b", "c"}) {
      const auto status = (*this)[name].replication_status();
      CHECK((status && status->master == (*this)["a"].key()));
      CHECK(is_read_only(name));
    }
    return outcome.err;
  }
  void check_all_refuse(const std::string& reason) {
    CHECK_THAT(refused({"-c", "recover", "-i", key("a")}), Contains(reason) && Contains("-force"));
    CHECK_THAT(refused({"-c", "make-master", "-i", key("b")}), Contains(reason) && Contains("-force"));
    CHECK_THAT(refused({"-c", "regroup-slaves", "-i", key("a")}), Contains(reason) && Contains("-force"));
  }
  bool is_read_only(std::string_view name) {
    return (*this)[name].query("SELECT @@global.read_only AS n")[0].flag("n");
  }
  std::string audit() {
    system_test::LibraryFixture library(servers,
                                        system_test::configuration_for(folder / "orchestrator.sqlite3"));
    std::string text;
    for (const auto& entry : library.context().store().audit().read(0, 100)) text += entry.message + "\n";
    return text;
  }
};

// Connections of orchestrator's account until the server takes no more.
struct AllConnections {
  explicit AllConnections(sandbox::Server& server) {
    server.execute("SET GLOBAL max_connections = 12");
    topo::mysql::ConnectionOptions options;
    options.server = server.key();
    options.user = sandbox::orchestrator_account.user;
    options.password = sandbox::orchestrator_account.password;
    for (int i = 0; i < 40; ++i) {
      try {
        held.push_back(std::make_unique<topo::mysql::Connection>(options));
      } catch (const topo::mysql::SqlError& error) {
        number = error.number();
        return;
      }
    }
  }
  std::vector<std::unique_ptr<topo::mysql::Connection>> held;
  unsigned number = 0;
};

}  // namespace

TEST_CASE("a master with too many connections is alive", "[evidence][program]") {
  for (const auto flavour : system_test::in_turn({Flavour::mariadb_10_11, Flavour::mysql_9_7})) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Cluster cluster(flavour);
      cluster.stop_on_replicas("");
      CHECK(cluster.failure() == "AllMasterSlavesNotReplicating");
      AllConnections all(cluster["a"]);
      REQUIRE(all.number == 1040);
      CHECK(cluster.failure() == "InaccessibleMaster");
      cluster.check_all_refuse("is alive: it answers with an error: ");
      CHECK_THAT(cluster.refused({"-c", "force-master-failover", "-i", cluster.key("a")}),
                 Contains("is alive, but cannot be made read-only"));
    }
  }
}

TEST_CASE("a master that does not let orchestrator in is alive, and force overrides that",
          "[evidence][program]") {
  for (const auto flavour : system_test::in_turn({Flavour::mariadb_10_11, Flavour::mysql_9_7})) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Cluster cluster(flavour);
      cluster.stop_on_replicas("io_thread");
      cluster["a"].execute("SET sql_log_bin = 0");
      cluster["a"].execute(
          fmt::format("ALTER USER {}@'%' IDENTIFIED BY 'other'", sandbox::orchestrator_account.user));
      cluster["a"].execute("SET sql_log_bin = 1");
      CHECK(cluster.failure() == "InaccessibleMaster");
      cluster.check_all_refuse("is alive: it answers with an error: ");

      const auto forced = cluster.orchestrator({"-c", "recover", "-i", cluster.key("a"), "-force"});
      CHECK(forced.status == 0);
      const auto successor = forced.out.substr(0, forced.out.find('\n')) == cluster.key("b") ? "b" : "c";
      CHECK(forced.out == cluster.key(successor) + "\n");
      CHECK_FALSE(cluster.is_read_only(successor));
      CHECK_THAT(cluster.audit(), Contains("; forced, although " + cluster.key("a") + " is alive: "));
    }
  }
}

TEST_CASE("IO threads that are connected prove that a silent master is alive", "[evidence][program]") {
  for (const auto flavour : system_test::in_turn({Flavour::mariadb_10_11, Flavour::mysql_9_7})) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Cluster cluster(flavour);
      cluster.stop_on_replicas("sql_thread");
      cluster["a"].pause();
      CHECK(cluster.failure() == "UnreachableMasterWithConnectedSlaves");
      cluster.check_all_refuse("may be alive: it does not answer here (");
      CHECK_THAT(cluster.refused({"-c", "recover", "-i", cluster.key("a")}),
                 Contains(cluster.key("b")) && Contains(cluster.key("c")) && Contains("slave_net_timeout"));

      const auto forced = cluster.orchestrator(
          {"-c", "force-master-takeover", "-i", cluster.key("a"), "-d", cluster.key("c")});
      CAPTURE(forced.err);
      CHECK(forced.status == 0);
      CHECK_FALSE(cluster.is_read_only("c"));
      CHECK(cluster["b"].replication_status()->master == cluster["c"].key());
      CHECK_THAT(cluster.audit(), Contains("; by force-master-takeover; forced, although " +
                                           cluster.key("a") + " may be alive: "));
    }
  }
}

TEST_CASE("a dead master is replaced without force, and by force-master-failover", "[evidence][program]") {
  for (const auto flavour : system_test::in_turn({Flavour::mariadb_10_11, Flavour::mysql_9_7})) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      const bool is_forced = GENERATE(false, true);
      CAPTURE(is_forced);
      Cluster cluster(flavour, R"("ApplyMySQLPromotionAfterMasterFailover": )" +
                                   std::string(is_forced ? "false" : "true"));
      cluster["a"].kill9();
      const auto outcome = cluster.orchestrator(
          {"-c", is_forced ? "force-master-failover" : "recover", "-i", cluster.key("a")});
      CAPTURE(outcome.err);
      CHECK(outcome.status == 0);
      const char* successor = outcome.out == cluster.key("b") + "\n" ? "b" : "c";
      CHECK(outcome.out == cluster.key(successor) + "\n");
      CHECK_FALSE(cluster.is_read_only(successor));
      CHECK(cluster[successor[0] == 'b' ? "c" : "b"].replication_status()->master ==
            cluster[successor].key());
    }
  }
}

TEST_CASE("force-master-failover of one of two co-masters makes the other one the master",
          "[evidence][program]") {
  for (const auto flavour : system_test::available_of({Flavour::mysql_9_7})) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Cluster cluster(flavour, "", "a > b > a, a > c");
      cluster["a"].kill9();
      const auto outcome = cluster.orchestrator({"-c", "force-master-failover", "-i", cluster.key("a")});
      CAPTURE(outcome.err);
      CHECK(outcome.status == 0);
      CHECK(outcome.out == cluster.key("b") + "\n");
      CHECK_FALSE(cluster.is_read_only("b"));
      CHECK(cluster["b"].replication_status() == std::nullopt);
      CHECK(cluster["c"].replication_status()->master == cluster["b"].key());
    }
  }
}

TEST_CASE("a living master becomes read-only before another one takes writes, by force, too",
          "[evidence][program]") {
  for (const auto flavour : system_test::in_turn({Flavour::mariadb_10_11, Flavour::mysql_9_7})) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Cluster cluster(flavour);
      for (const auto* command : {"recover", "make-master"}) {
        const auto* of = std::string_view(command) == "recover" ? "a" : "b";
        CHECK_THAT(cluster.refused({"-c", command, "-i", cluster.key(of), "-force"}),
                   Contains("is alive: it was read just now; graceful-master-takeover"));
      }
      CHECK_THAT(
          cluster.refused({"-c", "force-master-takeover", "-i", cluster.key("a"), "-d", cluster.key("a")}),
          Contains("does not replicate from"));
      const auto& account = sandbox::replication_account;
      const auto outcome = cluster.orchestrator(
          {"-c", "force-master-takeover", "-i", cluster.key("a"), "-d", cluster.key("b"), "-replication-user",
           std::string(account.user), "-replication-password", std::string(account.password)});
      CAPTURE(outcome.err);
      CHECK(outcome.status == 0);
      CHECK_THAT(outcome.out, Catch::StartsWith(cluster.key("b") + "\n"));
      CHECK(cluster.is_read_only("a"));
      CHECK_FALSE(cluster.is_read_only("b"));
      CHECK(cluster["c"].replication_status()->master == cluster["b"].key());
    }
  }
}

TEST_CASE("replicas of a living master are regrouped, and the answer says that it is alive",
          "[evidence][program]") {
  Cluster cluster(system_test::flavours().front());
  const auto outcome = cluster.orchestrator({"-c", "regroup-slaves", "-i", cluster.key("a")});
  CAPTURE(outcome.err);
  CHECK(outcome.status == 0);
  CHECK_THAT(outcome.err, Contains(cluster.key("a") + " is alive, and remains the master of the replica"));
  CHECK_THAT(cluster.audit(), Contains(cluster.key("a") + " is alive, and remains"));
  CHECK_FALSE(cluster.is_read_only("a"));
}

TEST_CASE("a master that returns while its replicas drain is not replaced", "[evidence][recovery]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = system_test::options_of(flavour);
      options.gtid = true;
      system_test::MatchedServers servers("a > b, a > c", options);
      servers["a"].kill9();
      const auto is_noticed = [&] { return !servers["b"].replicates() && !servers["c"].replicates(); };
      sandbox::wait_until(is_noticed, sandbox::patience, "the replicas to notice");
      std::once_flag is_restarted;
      servers.refactoring().on_step(
          [&](const std::string&) { std::call_once(is_restarted, [&] { servers["a"].start(); }); });
      topo::recovery::Recovery recovery(
          servers.library().context(), servers.refactoring(), topo::NodeIdentity::make("test", "0"),
          [&](const topo::InstanceKey& key) { return servers.library().discovery().refresh(key); });
      const auto refused = system_test::refusal(
          [&] { static_cast<void>(recovery.recover(servers.key("a"), {})); }, topo::Code::refused);
      CHECK_THAT(
          servers.library().with_names(refused),
          Contains("a is alive: it can be read again; it is not replaced") && Contains("All is as it was"));
      servers.topology().wait_for_replication();
      CHECK(servers.library().context().store().former_masters().all().empty());
    }
  }
}

TEST_CASE("a backend that cannot be written ends a recovery with an error", "[evidence][program]") {
  Cluster cluster(system_test::flavours().front());
  const auto file = cluster.folder / "orchestrator.sqlite3";
  cluster["a"].kill9();
  for (const auto* change : {"UPDATE", "INSERT"}) {
    system_test::execute_in(file,
                            fmt::format("CREATE TRIGGER refuse_{0} BEFORE {0} ON database_instance BEGIN"
                                        " SELECT RAISE(ABORT, 'the disk is full'); END",
                                        change));
  }
  for (const auto* command : {"recover", "force-master-failover"}) {
    const auto error = cluster.refused({"-c", command, "-i", cluster.key("a")});
    CHECK_THAT(error, Contains("the disk is full"));
    CHECK_THAT(error, !Contains("was read just now"));
  }
  for (const auto* change : {"UPDATE", "INSERT"})
    system_test::execute_in(file, fmt::format("DROP TRIGGER refuse_{}", change));
  CHECK(cluster.orchestrator({"-c", "recover", "-i", cluster.key("a")}).status == 0);
}

}  // namespace evidence_test
