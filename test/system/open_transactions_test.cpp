// Transactions that are open on the master of a takeover, of accounts that read_only does not hold for.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <future>

#include "sandbox/wait.h"
#include "system/support/takeover_fixture.h"
#include "topo/base/error.h"

namespace open_transactions_test {
namespace {

using Catch::Contains;
using sandbox::Flavour;
using Servers = system_test::TakeoverServers;

// super_read_only holds for all accounts.
std::vector<Flavour> tested() {
  auto flavours = system_test::flavours();
  std::erase(flavours, Flavour::mysql_9_7);
  return flavours;
}

struct OpenTransaction {
  explicit OpenTransaction(Flavour flavour, const char* user = "keeper",
                           const char* grants = "ALL PRIVILEGES")
      : servers("a > b, a > c", system_test::options_of(flavour, true), system_test::waits_briefly),
        history(servers.all, "a") {
    servers.give_account();
    auto& a = servers["a"];
    a.execute("CREATE TABLE history.open (id INT PRIMARY KEY) ENGINE = InnoDB");
    a.execute(fmt::format("CREATE USER {}@'127.0.0.1' IDENTIFIED BY 'x'", user));
    a.execute(fmt::format("GRANT {} ON *.* TO {}@'127.0.0.1'", grants, user));
    servers.all.wait_for_replication();
    connection.emplace(a.connect({user, "x"}));
    connection->query("START TRANSACTION");
    connection->query("INSERT INTO history.open VALUES (1)");
    servers.library.refresh_all();
  }
  Servers servers;
  system_test::History history;
  std::optional<topo::mysql::Connection> connection;
};

}  // namespace

TEST_CASE("an open transaction that read_only does not stop prevents a takeover", "[takeover]") {
  for (const auto flavour : tested()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      OpenTransaction open(flavour);
      auto& servers = open.servers;
      CHECK_THAT(
          system_test::refusal([&] { servers.take_over("b"); }, topo::Code::timeout),
          Contains("has open transactions") && Contains("keeper@") && Catch::EndsWith("All is as it was"));
      open.connection->query("COMMIT");
      check_history(open.history, servers, "a");
      servers.take_over("b");
      servers.all.wait_for_replication();
      CHECK(servers["b"].query("SELECT id FROM history.open").size() == 1);
    }
  }
}

TEST_CASE("a takeover waits for an open transaction that read_only does not stop", "[takeover]") {
  for (const auto flavour : tested()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      OpenTransaction open(flavour);
      auto& servers = open.servers;
      auto committed = std::async(std::launch::async, [&] {
        const auto is_read_only = [&] {
          return open.connection->query("SELECT @@global.read_only AS ro")[0].number_or("ro") != 0;
        };
        sandbox::wait_until(is_read_only, sandbox::patience, "the master to be read-only");
        open.connection->query("SELECT SLEEP(0.5)");
        open.connection->query("COMMIT");
      });
      servers.take_over("b");
      committed.get();
      check_history(open.history, servers, "b");
      CHECK(servers["b"].query("SELECT id FROM history.open").size() == 1);
    }
  }
}

TEST_CASE("an open transaction that read_only stops does not hold up a takeover", "[takeover]") {
  for (const auto flavour : tested()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      OpenTransaction open(flavour, "clerk", "SELECT, INSERT");
      auto& servers = open.servers;
      CHECK_THAT(system_test::refusal([&] { servers.take_over("b"); }, topo::Code::timeout),
                 Contains("clerk@") && Contains("cannot see (it needs SELECT on the schema mysql)"));
      servers["a"].execute("GRANT SELECT ON mysql.* TO 'orchestrator'@'%'");
      servers.take_over("b");
      CHECK_THROWS_WITH(open.connection->query("COMMIT"), Contains("read-only") || Contains("read_only"));
      check_history(open.history, servers, "b");
      CHECK(servers["b"].query("SELECT id FROM history.open").empty());
    }
  }
}

}  // namespace open_transactions_test
