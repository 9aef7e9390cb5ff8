// The account with which a master replicates from its co-master: where it comes from, and that its password
// is not disclosed.
#include <fmt/format.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "sandbox/accounts.h"
#include "sandbox/wait.h"
#include "system/support/program_fixture.h"
#include "system/support/refactoring_fixture.h"

using namespace std::chrono_literals;
using Catch::Contains;
using system_test::ProgramFixture;
using system_test::RefactoringFixture;
using system_test::refusal;
using topo::Code;

namespace {

using sandbox::patience;

topo::Configuration without_query(const sandbox::Topology& servers) {
  auto configuration = system_test::configuration_for(servers);
  configuration.replication_credentials_query.clear();
  return configuration;
}

topo::refactor::OperationRequest request_with_account() {
  topo::refactor::OperationRequest request;
  request.account = {std::string(sandbox::replication_account.user),
                     std::string(sandbox::replication_account.password),
                     false,
                     {},
                     {},
                     {}};
  return request;
}

bool is_untouched(sandbox::Server& server) {
  const auto status = server.replication_status();
  return !status || !status->master.valid();
}

}  // namespace

TEST_CASE("a master without a replication account is not touched", "[refactor][config]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b", system_test::options_of(flavour));
      RefactoringFixture moves(servers, without_query(servers));
      auto& library = moves.library;
      library.discover("a");
      const auto make = [&](const topo::refactor::OperationRequest& request) {
        moves.refactoring.run("make-co-master", {library.key("b")}, request);
      };
      std::vector<std::string> steps;
      moves.refactoring.on_step([&](const std::string& step) { steps.push_back(step); });
      const auto dry_run = [](topo::refactor::OperationRequest request) {
        request.dry_run = true;
        return request;
      };
      for (const auto& request : {topo::refactor::OperationRequest{}, dry_run({})}) {
        CHECK_THAT(refusal([&] { make(request); }, Code::refused),
                   Contains(library.key("a").display()) && Contains("account to replicate with") &&
                       Contains("ReplicationCredentialsQuery"));
      }
      CHECK(steps.empty());
      CHECK(is_untouched(servers.server("a")));
      CHECK_NOTHROW(make(dry_run(request_with_account())));
      CHECK(is_untouched(servers.server("a")));
      // MySQL reports that it has an account.
      if (!sandbox::is_mariadb(flavour)) {
        system_test::give_replication_account(servers.server("a"));
        make({});
      } else {
        make(request_with_account());
      }
      sandbox::wait_until([&] { return servers.server("a").replicates(); }, patience, "a to replicate");
    }
  }
}

TEST_CASE("a hanging ReplicationCredentialsQuery costs no more than a query of a poll",
          "[refactor][config]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b", system_test::options_of(flavour));
      auto configuration = system_test::configuration_for(servers);
      configuration.replication_credentials_query = "select sleep(1000), 'x'";
      configuration.mysql_discovery_read_timeout = 4s;
      RefactoringFixture moves(servers, configuration);
      moves.library.discover("a");
      const auto began = std::chrono::steady_clock::now();
      CHECK_THAT(refusal([&] { moves.refactoring.run("make-co-master", {moves.library.key("b")}, {}); },
                         Code::timeout),
                 Contains("ReplicationCredentialsQuery did not finish within ") &&
                     Contains(moves.library.key("b").display()));
      CHECK(std::chrono::steady_clock::now() - began < 8s);
      CHECK(is_untouched(servers.server("a")));
      const auto left = servers.server("b").query(
          "select count(*) as hanging from information_schema.processlist where info like 'select sleep%'");
      CHECK(left[0].number_or("hanging") == 0);
    }
  }
}

TEST_CASE("a master with settings left by RESET SLAVE becomes a replicating co-master", "[refactor]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b", system_test::options_of(flavour));
      RefactoringFixture moves(servers);
      auto& library = moves.library;
      auto& a = servers.server("a");
      const bool new_words = sandbox::says_replica(flavour);
      const auto& b = servers.server("b").key();
      a.execute(fmt::format("CHANGE {0} TO {1}_HOST = '{2}', {1}_PORT = {3}",
                            new_words ? "REPLICATION SOURCE" : "MASTER", new_words ? "SOURCE" : "MASTER",
                            b.hostname(), b.port()));
      a.execute(new_words ? "RESET REPLICA" : "RESET SLAVE");
      library.discover("a");
      REQUIRE(library.known("a")->instance.replication() != nullptr);
      REQUIRE_FALSE(library.known("a")->instance.is_replica());
      moves.refactoring.run("make-co-master", {b}, request_with_account());
      CHECK(library.known("a")->instance.master_key() == b);
      sandbox::wait_until([&] { return a.replicates(); }, patience, "a to replicate");
    }
  }
}

TEST_CASE("by GTID, a co-master replicates by GTID", "[refactor]") {
  for (const auto flavour :
       system_test::available_of({sandbox::Flavour::mysql_9_7, sandbox::Flavour::mysql_5_6})) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = system_test::options_of(flavour);
      options.gtid = true;
      sandbox::Topology servers("a > b", options);
      RefactoringFixture moves(servers, without_query(servers));
      moves.library.discover("a");
      moves.refactoring.run("make-co-master", {moves.library.key("b")}, request_with_account());
      const auto master = moves.library.refresh("a").instance;
      CHECK(master.master_key() == moves.library.key("b"));
      CHECK(master.replication()->using_oracle_gtid);
    }
  }
}

TEST_CASE("make-co-master first checks the privileges that its rollback needs", "[refactor][config]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b", system_test::options_of(flavour));
      const std::string_view monitors =
          sandbox::is_mariadb(flavour) ? ", binlog monitor, slave monitor, replication master admin" : "";
      servers.server("a").execute("create user 'limited'@'%' identified by 'limited'");
      servers.server("a").execute(
          fmt::format("grant super, process, replication slave{} on *.* to 'limited'@'%'", monitors));
      servers.wait_for_replication(patience);
      auto configuration = without_query(servers);
      configuration.mysql_topology_user = configuration.mysql_topology_password = "limited";
      RefactoringFixture moves(servers, configuration);
      moves.library.discover("a");
      const auto make = [&] {
        moves.refactoring.run("make-co-master", {moves.library.key("b")}, request_with_account());
      };
      CHECK_THAT(refusal(make, Code::refused),
                 Contains("lacks privileges on " + moves.library.key("a").display() + ": RELOAD"));
      CHECK(is_untouched(servers.server("a")));
      servers.server("a").execute("grant reload on *.* to 'limited'@'%'");
      make();
      sandbox::wait_until([&] { return servers.server("a").replicates(); }, patience, "a to replicate");
    }
  }
}

TEST_CASE("the replication password is in no log, plan or audit entry", "[refactor][config]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      const ProgramFixture programs("a > b", system_test::options_of(flavour));
      const auto key = programs.key("b");
      REQUIRE(programs.orchestrator({"-c", "discover", "-i", key}).status == 0);
      const std::string user(sandbox::replication_account.user),
          password(sandbox::replication_account.password);
      const auto file = programs.folder / "replication.cnf";
      std::ofstream(file) << "[client]\nuser = " << user << "\npassword = " << password << '\n';
      std::filesystem::permissions(file, std::filesystem::perms(0600));
      std::vector<std::string> words{"-c",      "make-co-master",           "-i", key, "--debug",
                                     "--stack", "-replication-credentials", file};
      const auto twice =
          programs.orchestrator({"-c", "make-co-master", "-i", key, "-replication-credentials", file,
                                 "-replication-user", user, "-replication-password", password});
      CHECK(twice.status == 1);
      CHECK_THAT(twice.err, Contains("given twice") && !Contains(password));
      words.emplace_back("-dry-run");
      const auto planned = programs.orchestrator(words);
      CHECK(planned.status == 0);
      CHECK_THAT(planned.out, Contains("with the account given") && !Contains(password));
      words.pop_back();
      const auto failed = programs.orchestrator(
          {"-c", "make-co-master", "-i", key, "-replication-user", user, "-replication-password", "not it"});
      CHECK(failed.status == 1);
      CHECK(std::ranges::count(failed.err, '\n') == 1);  // printed once
      CHECK_THAT(failed.err,
                 Contains("FATAL make-co-master") && Contains("All is as it was") && !Contains("not it"));
      const auto made = programs.orchestrator(words);
      INFO(made.err);
      CHECK(made.status == 0);
      CHECK_THAT(made.err, Contains("_PASSWORD = '****'") && !Contains(password));
      std::ifstream backend(programs.folder / "orchestrator.sqlite3", std::ios::binary);
      const std::string bytes(std::istreambuf_iterator<char>(backend), {});
      CHECK(bytes.find(password) == std::string::npos);
    }
  }
}

TEST_CASE("check-config reports missing privileges and queries that a server rejects", "[config]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      const ProgramFixture programs("a", system_test::options_of(flavour));
      const auto good = programs.orchestrator({"-c", "check-config", "-i", programs.key("a")});
      INFO(good.out);
      // The sandbox account has all privileges that this configuration needs.
      CHECK(good.status == 0);
      programs.write_configuration(
          "other.json",
          R"("SlaveLagQuery": "selec 1", "DetectClusterAliasQuery": "select 1 from nosuch.t",
                                  "DetectPseudoGTIDQuery": "select 1; select 2", "AutoPseudoGTID": true,
                                  "ReplicationCredentialsQuery": "select 'a', 'b'")");
      const auto bad =
          programs.orchestrator({"-c", "check-config", "-i", programs.key("a"), "-config", "other.json"});
      INFO(bad.out);
      CHECK(bad.status == 1);
      CHECK_THAT(bad.out, Contains("wrong: SlaveLagQuery on " + programs.key("a")) &&
                              Contains("wrong: DetectClusterAliasQuery on ") &&
                              Contains("remark: DetectPseudoGTIDQuery has several statements") &&
                              !Contains("ReplicationCredentialsQuery"));
      for (const std::string query : {"select 'a'; ", "select concat('a', 'b') from dual limit 1 -- x"}) {
        programs.write_configuration("one.json",
                                     fmt::format(R"("ReplicationCredentialsQuery": "{}")", query));
        const auto one =
            programs.orchestrator({"-c", "check-config", "-i", programs.key("a"), "-config", "one.json"});
        CHECK(one.status == 1);
        CHECK_THAT(one.out,
                   Contains("wrong: ReplicationCredentialsQuery on ") && Contains("returns one column"));
      }
      programs.write_configuration(
          "third.json", fmt::format(R"("MySQLTopologyUser": "{0}", "MySQLTopologyPassword": "{1}")",
                                    sandbox::grantless_account.user, sandbox::grantless_account.password));
      const auto bare =
          programs.orchestrator({"-c", "check-config", "-i", programs.key("a"), "-config", "third.json"});
      INFO(bare.out);
      CHECK(bare.status == 1);
      CHECK_THAT(bare.out, Contains("needs PROCESS, to see its replicas") && Contains("needs RELOAD, "));
      CHECK(programs.orchestrator({"-c", "check-config", "-i", "127.0.0.1:1"}).out.find("Cannot connect") !=
            std::string::npos);
    }
  }
}
