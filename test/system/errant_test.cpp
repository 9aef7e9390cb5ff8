// Errant transactions on real servers: found by discovery, located, and mended.
#include <catch2/catch.hpp>

#include "sandbox/wait.h"
#include "sandbox/writer.h"
#include "system/support/backend_file.h"
#include "system/support/program_fixture.h"
#include "system/support/refactoring_fixture.h"
#include "topo/base/error.h"
#include "topo/model/gtid_set.h"
#include "topo/refactor/errant_gtids.h"
#include "topo/refactor/errant_logs.h"

namespace errant_test_on_servers {
namespace {

using Catch::Contains;
using sandbox::Flavour;
using sandbox::patience;
using system_test::more_writes;
using system_test::refusal;

sandbox::Options by_gtid(Flavour flavour) {
  auto options = system_test::options_of(flavour);
  options.gtid = true;
  return options;
}

struct Servers {
  Servers(std::string_view tree, Flavour of_all)
      : flavour(of_all), all(tree, by_gtid(of_all)), moves(all), library(moves.library) {
    library.discover("a");
  }
  sandbox::Server& operator[](std::string_view name) { return all.server(name); }
  topo::InstanceKey key(std::string_view name) { return library.key(name); }
  void run(const char* operation, const char* subject) {
    moves.refactoring.run(operation, {key(subject)}, {});
  }
  // Polls the servers, which ends by reading the replica again.
  std::string errant(const char* name) {
    (void)library.refresh("a");
    return library.refresh(name).instance.errant_gtids;
  }
  void wait_until_errant(const char* name, bool wanted) {
    sandbox::wait_until([&] { return errant(name).empty() != wanted; }, patience, "discovery to compare");
  }
  std::optional<topo::GtidLead> read_errant(const char* name) {
    const auto live = topo::refactor::live_servers(library.context());
    return topo::refactor::errant_gtids(*live, key(name), library.refresh(name).instance);
  }
  std::vector<std::string> logs(const char* name) {
    const auto live = topo::refactor::live_servers(library.context());
    return topo::refactor::errant_logs(*live, key(name), read_errant(name).value());
  }
  std::string newest_log(const char* name) { return library.refresh(name).instance.self_coordinates.file; }

  const Flavour flavour;
  sandbox::Topology all;
  system_test::RefactoringFixture moves;
  system_test::LibraryFixture& library;
};

}  // namespace

TEST_CASE("discovery finds errant transactions, and only these, while the master is written to",
          "[refactor]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b > c, a > d", flavour);
      sandbox::Writer writer(servers["a"]);
      const auto poll_all = [&] {
        for (const char* name : {"b", "a", "c", "d", "a"}) (void)servers.library.refresh(name);
      };
      for (int round = 0; round < 30; ++round) {
        poll_all();
        for (const char* name : {"a", "b", "c", "d"})
          CHECK(servers.library.refresh(name).instance.errant_gtids.empty());
      }
      servers["b"].execute("CREATE DATABASE errant");
      servers.wait_until_errant("b", true);
      more_writes(writer);
      CHECK(servers.errant("c").empty());  // its master has them
      CHECK(servers.errant("d").empty());
      CHECK(servers.read_errant("b"));
      CHECK_FALSE(servers.read_errant("c"));
      writer.stop();
    }
  }
}

TEST_CASE("errant transactions are located in the binary logs, and forgotten by the replica", "[refactor]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b > c, a > d", flavour);
      servers["d"].execute("SET GLOBAL read_only = 1");  // does not hold for root
      CHECK_THAT(refusal([&] { servers.run("gtid-errant-reset-master", "d"); }, topo::Code::refused),
                 Contains("has no errant transactions"));
      servers["d"].execute("FLUSH BINARY LOGS");
      const auto first = servers.newest_log("d");
      servers["d"].execute("CREATE DATABASE errant");
      servers["d"].execute("FLUSH BINARY LOGS");
      servers["a"].execute("CREATE DATABASE replicated");
      servers.all.wait_for_replication();
      servers["d"].execute("FLUSH BINARY LOGS");
      const auto last = servers.newest_log("d");
      servers["d"].execute("CREATE DATABASE errant_too");
      servers["d"].execute("FLUSH BINARY LOGS");
      servers.wait_until_errant("d", true);
      CHECK(servers.logs("d") == std::vector{first, last});
      servers["d"].execute("PURGE BINARY LOGS TO '" + last + "'");
      CHECK_THAT(refusal([&] { (void)servers.logs("d"); }, topo::Code::refused),
                 Contains("has purged the binary logs with its errant transactions") && Contains(last));

      servers["b"].execute("CREATE DATABASE errant");
      servers.wait_until_errant("b", true);
      CHECK_THAT(refusal([&] { servers.run("gtid-errant-reset-master", "b"); }, topo::Code::refused),
                 Contains("has replicas, which may need its binary logs"));
      sandbox::Writer writer(servers["a"]);
      if (!sandbox::is_mariadb(flavour)) {
        servers["d"].execute("SET GLOBAL read_only = 0");
        CHECK_THAT(refusal([&] { servers.run("gtid-errant-reset-master", "d"); }, topo::Code::refused),
                   Contains(" is writable: "));
      }
      servers["d"].execute("SET GLOBAL read_only = 1");
      servers.run("gtid-errant-reset-master", "d");
      CHECK(servers.errant("d").empty());
      CHECK_FALSE(servers.read_errant("d"));
      more_writes(writer);
      writer.stop();
      system_test::check_rows(servers.all, {"a", "b", "c", "d"});
      CHECK(servers.errant("d").empty());
    }
  }
}

TEST_CASE("MariaDB: an errant transaction is found when the master has passed its number", "[refactor]") {
  Servers servers("a > b, a > c", Flavour::mariadb_10_11);
  servers["a"].execute("CREATE DATABASE replicated");
  servers.all.wait_for_replication();
  servers["b"].execute("CREATE DATABASE errant");
  for (int log = 0; log < 3; ++log) {  // the proof is not in the newest of the master's logs
    servers["a"].execute("CREATE DATABASE later_" + std::to_string(log));
    servers["a"].execute("FLUSH BINARY LOGS");
  }
  servers.all.wait_for_replication();
  CHECK(servers.library.refresh("b").instance.errant_gtids.empty());  // one read proves nothing
  const auto errant = servers.read_errant("b");
  REQUIRE(errant);
  CHECK(errant->count == 1);
  CHECK(servers.logs("b") == std::vector{servers.newest_log("b")});
  CHECK_FALSE(servers.read_errant("c"));
  // Nothing tells that the master's log has all of its numbers.
  servers["a"].execute("PURGE BINARY LOGS TO '" + servers.newest_log("a") + "'");
  CHECK_FALSE(servers.read_errant("b"));
}

TEST_CASE("the master of the cluster gets errant transactions as empty ones", "[refactor]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b > c", flavour);
      servers["c"].execute("CREATE DATABASE errant");
      servers["c"].execute("CREATE DATABASE errant_too");
      const auto inject = [&] { servers.run("gtid-errant-inject-empty", "c"); };
      if (flavour == Flavour::mariadb_10_11) {
        CHECK_THAT(refusal(inject, topo::Code::refused), Contains("is a MariaDB server"));
        continue;
      }
      if (flavour == Flavour::mysql_9_7) {
        const auto uuid = servers.library.refresh("c").instance.server_uuid;
        auto there = servers["c"].connect();
        for (const auto& statement : {"SET gtid_next = '" + uuid + ":tag:7'", std::string("BEGIN"),
                                      std::string("COMMIT"), std::string("SET gtid_next = 'AUTOMATIC'")})
          there.query(statement);
        CHECK_THAT(
            refusal(inject, topo::Code::sql),
            Contains("TRANSACTION_GTID_TAG") && Contains("; 2 of 3 empty transactions were committed"));
        servers["a"].execute(
            "GRANT TRANSACTION_GTID_TAG, SESSION_VARIABLES_ADMIN ON *.* TO orchestrator@'%'");
      }
      servers["a"].execute("SET GLOBAL read_only = 1");
      CHECK_THAT(refusal(inject, topo::Code::refused), Contains("is read-only"));
      servers["a"].execute("SET GLOBAL read_only = 0");
      const auto errant = servers.read_errant("c");
      REQUIRE(errant);
      CHECK(errant->count == (flavour == Flavour::mysql_9_7 ? 1 : 2));  // the tagged one
      sandbox::Writer writer(servers["a"]);
      inject();
      more_writes(writer);
      writer.stop();
      system_test::check_rows(servers.all, {"a", "b", "c"});
      CHECK_FALSE(servers.read_errant("c"));
      for (const char* name : {"a", "b"}) {
        const auto executed = servers.library.refresh(name).instance.executed_gtid_set;
        CHECK(topo::GtidSet::parse(executed).contains(topo::GtidSet::parse(errant->gtids)));
        const auto uuid = servers.library.refresh("c").instance.server_uuid;
        CHECK(topo::GtidSet::parse(executed).contains(topo::GtidSet::parse(uuid + ":1-2")));
      }
      CHECK(servers.errant("c").empty());
      CHECK_THAT(refusal(inject, topo::Code::refused), Contains("has no errant transactions"));
    }
  }
}

// Each command is a process of its own. States alone prove this of MySQL; MariaDB needs more than two reads.
TEST_CASE("the command line alone finds errant transactions", "[errant]") {
  for (const auto flavour : system_test::in_turn({Flavour::mysql_9_7, Flavour::mysql_5_6})) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      system_test::ProgramFixture programs("a > b", by_gtid(flavour));
      const auto problems = [&] {
        CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
        return programs.orchestrator({"-c", "problems"}).out;
      };
      programs.servers.server("b").execute("CREATE DATABASE only_here");
      REQUIRE(problems().empty());
      system_test::execute_in(programs.folder / "orchestrator.sqlite3",
                              "UPDATE database_instance SET last_seen = datetime(last_seen, '-5 seconds')");
      CHECK(problems() == programs.key("b") + "\n");
    }
  }
}

TEST_CASE("a dry run of a move that will be refused says so, and its exit status is 1", "[errant]") {
  for (const auto flavour : system_test::in_turn({Flavour::mysql_9_7, Flavour::mariadb_10_11})) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      system_test::ProgramFixture programs("a > b, a > c", by_gtid(flavour));
      for (const char* name : {"a", "b", "c"})
        REQUIRE(programs.orchestrator({"-c", "discover", "-i", programs.key(name)}).status == 0);
      const auto dry = [&] {
        return programs.orchestrator(
            {"-c", "match-below", "-i", programs.key("b"), "-s", programs.key("c"), "-dry-run"});
      };
      CHECK(dry().status == 0);
      programs.servers.server("b").execute("CREATE DATABASE only_here");
      const auto refused = dry();
      CHECK(refused.status == 1);
      CHECK_THAT(refused.out, Contains("this will be refused: by now " + programs.key("b") +
                                       " has executed 1 transaction ("));
    }
  }
}

}  // namespace errant_test_on_servers
