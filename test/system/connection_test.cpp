// Connections to real servers: TLS, authentication, timeouts, several statements per request, the pool.
#include "topo/mysql/connection.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "sandbox/accounts.h"
#include "sandbox/installation.h"
#include "sandbox/rogue/certificates.h"
#include "sandbox/temporary.h"
#include "sandbox/topology.h"
#include "sandbox/wait.h"
#include "system/support/library_fixture.h"
#include "topo/inspect/configuration_check.h"
#include "topo/mysql/pool.h"

namespace {

using sandbox::Flavour;
using topo::Code;
using topo::mysql::Connection;
using topo::mysql::ConnectionOptions;
using topo::mysql::SqlError;
using topo::mysql::TlsMode;

ConnectionOptions options_for(const sandbox::Server& server, TlsMode mode = TlsMode::preferred) {
  ConnectionOptions options;
  options.server = server.key();
  options.user = sandbox::orchestrator_account.user;
  options.password = sandbox::orchestrator_account.password;
  options.connect_timeout = std::chrono::seconds(5);
  options.read_timeout = std::chrono::seconds(5);
  options.tls.mode = mode;
  return options;
}

bool have(Flavour flavour) {
  const auto why = sandbox::why_not_available(flavour);
  if (why) WARN("SKIPPED: " << *why);
  return !why;
}

std::optional<Code> code_of_connecting(const ConnectionOptions& options) {
  try {
    const Connection connection(options);
    return std::nullopt;
  } catch (const SqlError& error) {
    const std::string message = error.what();
    CHECK(message.find(options.server.display()) != std::string::npos);
    if (options.password.size() > 3) CHECK(message.find(options.password) == std::string::npos);
    return error.code();
  }
}

}  // namespace

TEST_CASE("MySQL 9.7 accepts caching_sha2_password, with TLS and without", "[connection]") {
  if (!have(Flavour::mysql_9_7)) return;
  sandbox::Options options;
  options.flavour = Flavour::mysql_9_7;
  sandbox::Topology topology("a", options);
  auto& server = topology.server("a");
  const auto account = server.query("SELECT plugin FROM mysql.user WHERE user = 'orchestrator'");
  REQUIRE(account[0].text(0) == "caching_sha2_password");
  // Nothing is cached: the server needs the password, which it gets only inside TLS.
  server.execute("FLUSH PRIVILEGES");
  try {
    const Connection plain(options_for(server, TlsMode::disabled));
    FAIL("the password was sent");
  } catch (const SqlError& error) {
    CHECK(error.code() == Code::refused);
    CHECK_THAT(error.reason(), Catch::Contains("inside TLS only") && Catch::Contains("turn on TLS"));
  }
  CHECK(Connection(options_for(server, TlsMode::preferred)).encrypted());
  CHECK_FALSE(Connection(options_for(server, TlsMode::disabled)).encrypted());  // now the password is cached
  CHECK(Connection(options_for(server, TlsMode::required)).encrypted());
  SECTION("a certificate signed by the given authority is accepted, any other refused") {
    auto verified = options_for(server, TlsMode::verify);
    CHECK(code_of_connecting(verified).has_value());
    // The server's own certificate names no host: the authority matches, the name does not.
    verified.tls.ca_file = (server.data_folder() / "ca.pem").string();
    CHECK(code_of_connecting(verified).has_value());
  }
  SECTION("a wrong password is refused by the server") {
    auto wrong = options_for(server);
    wrong.password = "not the password";
    CHECK(code_of_connecting(wrong) == Code::sql);
  }
}

TEST_CASE("A server without TLS is connected in plain text, unless TLS is required", "[connection]") {
  if (!have(Flavour::mysql_5_6)) return;
  sandbox::Options options;
  options.flavour = Flavour::mysql_5_6;
  sandbox::Topology topology("a", options);
  auto& server = topology.server("a");
  CHECK_FALSE(Connection(options_for(server, TlsMode::preferred)).encrypted());
  CHECK(code_of_connecting(options_for(server, TlsMode::required)) == Code::refused);
}

TEST_CASE("A server's certificate is verified according to the mode", "[connection]") {
  const rogue::Authority ours("ours"), other("other");
  const sandbox::TemporaryFolder folder;
  const auto file = [&](const char* name, const std::string& text) {
    const auto path = folder.path() / name;
    rogue::write_file(path, text);
    return path.string();
  };
  const auto right = file("right.pem", ours.certificate()), wrong = file("wrong.pem", other.certificate());
  for (const auto flavour : {Flavour::mariadb_10_11, Flavour::mysql_9_7}) {
    if (!have(flavour)) continue;
    INFO(sandbox::to_string(flavour));
    sandbox::Options options;
    options.flavour = flavour;
    const auto identity = ours.sign("127.0.0.1");
    options.extra_server_options = {"--ssl-ca=" + right,
                                    "--ssl-cert=" + file("cert.pem", identity.certificate),
                                    "--ssl-key=" + file("key.pem", identity.key)};
    sandbox::Topology topology("a", options);
    const auto with = [&](TlsMode mode, const std::string& ca_file) {
      auto made = options_for(topology.server("a"), mode);
      made.tls.ca_file = ca_file;
      return made;
    };
    for (const auto mode : {TlsMode::preferred, TlsMode::required, TlsMode::verify}) {
      const Connection connection(with(mode, right));
      CHECK(connection.encrypted());
      CHECK_FALSE(connection.certificate_problem());
    }
    const Connection unverified(with(TlsMode::preferred, wrong));
    CHECK(unverified.encrypted());
    CHECK_THAT(unverified.certificate_problem().value_or(""), Catch::Contains("certificate"));
    const auto findings = [&](const std::string& ca_file) {
      topo::Configuration configuration;
      configuration.mysql_topology_user = sandbox::orchestrator_account.user;
      configuration.mysql_topology_password = sandbox::orchestrator_account.password;
      configuration.mysql_topology_ssl_ca_file = ca_file;
      std::string text;
      for (const auto& finding : topo::check_on_server(configuration, topology.server("a").key()))
        text += finding.text + '\n';
      return text;
    };
    CHECK_THAT(findings(wrong), Catch::Contains("certificate does not verify"));
    CHECK_THAT(findings(right), !Catch::Contains("certificate"));
    CHECK(code_of_connecting(with(TlsMode::required, wrong)) == Code::refused);
    CHECK(code_of_connecting(with(TlsMode::verify, wrong)) == Code::refused);
    // by the authorities that the system trusts
    CHECK(code_of_connecting(with(TlsMode::verify, "")) == Code::refused);
  }
}

TEST_CASE("Requiring TLS from a server without TLS is an error", "[connection]") {
  sandbox::Topology topology("a");  // MariaDB 10.11 has no certificate of its own
  for (const auto mode : {TlsMode::required, TlsMode::verify}) {
    try {
      const Connection connection(options_for(topology.server("a"), mode));
      FAIL("connected");
    } catch (const SqlError& error) {
      CHECK(error.code() == Code::refused);
      CHECK_THAT(error.what(), Catch::Contains("does not offer TLS"));
    }
  }
}

TEST_CASE("Several statements are one request, and a failed one affects only itself", "[connection]") {
  sandbox::Topology topology("a");
  Connection connection(options_for(topology.server("a")));
  const auto before = connection.requests_sent();
  const auto requests = [&] { return connection.requests_sent() - before; };

  SECTION("none fails") {
    const std::vector<std::string> statements{"SELECT 1", "SELECT 2 AS two, NULL AS nothing",
                                              "SHOW STATUS LIKE 'Uptime'"};
    const auto answers = connection.query_all(statements);
    CHECK(requests() == 1);
    CHECK(answers[0].rows[0].number(0) == 1);
    CHECK(answers[1].rows[0].number("TWO") == 2);
    CHECK(answers[1].rows[0].text("nothing") == std::nullopt);
    CHECK(answers[2].rows[0].text(0) == "Uptime");
  }
  SECTION("one in the middle and the last fail") {
    const std::vector<std::string> statements{"SELECT 1", "SELECT nothing_such", "SELECT 3", "SELECT FROM"};
    const auto answers = connection.query_all(statements);
    CHECK(requests() == 2);
    CHECK(answers[0].rows[0].number(0) == 1);
    REQUIRE(answers[1].error);
    CHECK(answers[1].error->number() == 1054);
    CHECK(answers[2].rows[0].number(0) == 3);
    REQUIRE(answers[3].error);
    CHECK(answers[3].error->number() == 1064);
  }
  SECTION("configured text may contain anything") {
    const std::vector<std::string> texts{"SELECT 1; SELECT 2", "SELECT 'open",    "SELECT 3 -- and so on",
                                         "SELECT 4;;",         "SELECT 5 # five", ""};
    const auto answers = connection.query_all_untrusted(texts);
    CHECK(answers[0].rows[0].number(0) == 1);
    CHECK(answers[1].error.has_value());
    CHECK(answers[2].rows[0].number(0) == 3);
    CHECK(answers[3].rows[0].number(0) == 4);
    CHECK(answers[4].rows[0].number(0) == 5);
    CHECK((answers[5].error.has_value() || answers[5].rows.empty()));
    CHECK(connection.query("SELECT 6")[0].number(0) == 6);  // the connection still works
  }
  SECTION("an error message contains no value of its statement") {
    try {
      connection.query("SELECT nothing_such, 'sesame'");
      FAIL("there is no such column");
    } catch (const SqlError& error) {
      CHECK(std::string(error.what()).find("sesame") == std::string::npos);
      CHECK(std::string(error.what()).find("nothing_such") != std::string::npos);
    }
  }
}

TEST_CASE("Text from a configuration can read but not change anything", "[connection]") {
  for (const auto flavour : {Flavour::mariadb_10_11, Flavour::mysql_5_6, Flavour::mysql_9_7}) {
    if (!have(flavour)) continue;
    CAPTURE(sandbox::to_string(flavour));
    sandbox::Topology servers("a", system_test::options_of(flavour));
    auto& a = servers.server("a");
    a.execute("CREATE DATABASE meta");
    a.execute("CREATE TABLE meta.t (x INT) ENGINE=InnoDB");
    auto options = options_for(a);
    options.user = "root";
    options.password.clear();
    Connection connection(options);
    const auto rows = [&] { return a.query("SELECT COUNT(*) AS n FROM meta.t")[0].number("n"); };
    for (const std::string change : {"INSERT INTO meta.t VALUES (1)", "/*! INSERT INTO meta.t VALUES (1) */",
                                     "SELECT 1; INSERT INTO meta.t VALUES (1)", "DROP TABLE meta.t"}) {
      CAPTURE(change);
      const auto answers =
          connection.query_all_untrusted(std::vector<std::string>{"SELECT 7", change, "SELECT 8"});
      REQUIRE(answers.size() == 3);
      CHECK(answers[0].rows[0].text(0) == "7");
      REQUIRE(answers[1].error);
      CHECK(answers[1].error->number() == 1792);  // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
      CHECK(answers[2].rows[0].text(0) == "8");
      CHECK(rows() == 0);
    }
    // Later statements on the connection are not affected, whatever came last.
    (void)connection.query_all_untrusted(std::vector<std::string>{"DROP TABLE meta.t"});
    connection.query("INSERT INTO meta.t VALUES (2)");
    CHECK(rows() == 1);
    (void)connection.query_all_untrusted(std::vector<std::string>{"SELECT 7"});
    connection.query("INSERT INTO meta.t VALUES (3)");
    CHECK(rows() == 2);
  }
}

TEST_CASE("A hanging server costs its timeout and no more", "[connection]") {
  sandbox::Topology topology("a");
  auto& server = topology.server("a");
  auto options = options_for(server);
  options.connect_timeout = options.read_timeout = std::chrono::seconds(1);
  Connection connection(options);
  server.pause();
  const auto began = std::chrono::steady_clock::now();
  CHECK(code_of_connecting(options) == Code::timeout);
  try {
    connection.query("SELECT 1");
    FAIL("it is paused");
  } catch (const SqlError& error) {
    CHECK(error.code() == Code::timeout);
    CHECK(error.connection_lost());
  }
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(6));
  server.resume();
}

TEST_CASE("The pool keeps connections, limits their number, and detects closed ones", "[connection]") {
  sandbox::Topology topology("a");
  auto& server = topology.server("a");
  constexpr int most = 3;
  topo::mysql::Pool pool([&](const topo::InstanceKey&, auto) { return Connection(options_for(server)); },
                         most, std::chrono::seconds(60));

  std::atomic<int> in_use{0};
  std::atomic<int> highest{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 12; ++i) {
      threads.emplace_back([&] {
        for (int turn = 0; turn < 5; ++turn) {
          const auto lease = pool.acquire(server.key());
          const int now = ++in_use;
          for (int seen = highest; seen < now && !highest.compare_exchange_weak(seen, now);) {
          }
          lease->query("SELECT SLEEP(0.002)");
          --in_use;
        }
      });
    }
  }
  CHECK(highest <= most);
  const auto connected =
      server.query("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'orchestrator'");
  CHECK(connected[0].number(0).value_or(99) <= most);
  CHECK(pool.acquire(server.key()).reused());

  SECTION("all in use: another request fails in time") {
    const auto a = pool.acquire(server.key());
    const auto b = pool.acquire(server.key());
    const auto c = pool.acquire(server.key());
    CHECK_THROWS_WITH(pool.acquire(server.key(), std::chrono::milliseconds(50)), Catch::Contains("in use"));
  }
  SECTION("a spoiled connection is closed") {
    const auto id = [&] {
      auto lease = pool.acquire(server.key());
      lease.spoil();
      return lease->thread_id();
    }();
    CHECK(pool.acquire(server.key())->thread_id() != id);
  }
}

TEST_CASE("Unused connections are closed", "[connection]") {
  sandbox::Topology topology("a > b");
  auto& server = topology.server("a");
  const auto connected = [&] {
    return server.query("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'orchestrator'")[0]
        .number(0)
        .value_or(99);
  };
  const auto closed = [&] { return connected() == 0; };
  SECTION("after a while") {
    topo::mysql::Pool pool([&](const topo::InstanceKey&, auto) { return Connection(options_for(server)); }, 3,
                           std::chrono::seconds(1));
    { const auto lease = pool.acquire(server.key()); }
    CHECK(pool.idle() == 1);
    CHECK(connected() == 1);
    sandbox::wait_until(closed, std::chrono::seconds(10), "the connection to be closed");
    CHECK(pool.idle() == 0);
  }
  SECTION("connections that are dropped, also leases that end later") {
    topo::mysql::Pool pool([&](const topo::InstanceKey&, auto) { return Connection(options_for(server)); }, 3,
                           std::chrono::seconds(60));
    {
      const auto kept = pool.acquire(server.key());
      { const auto idle = pool.acquire(server.key()); }
      pool.drop(server.key());
      sandbox::wait_until([&] { return connected() == 1; }, std::chrono::seconds(10), "the idle one to go");
    }
    sandbox::wait_until(closed, std::chrono::seconds(10), "the other one to go");
  }
  SECTION("connections to forgotten instances, and all connections of a node that is no longer active") {
    system_test::LibraryFixture library(topology);
    library.discover("a");
    CHECK(connected() > 0);
    CHECK(library.discovery().forget(library.key("a")));
    sandbox::wait_until(closed, std::chrono::seconds(10), "the connections to be closed");
    library.discover("a");
    library.start_continuous();
    sandbox::wait_until([&] { return library.discovery().is_active_node() && connected() > 0; },
                        std::chrono::seconds(20), "polls");
    library.context().store().nodes().seize("another", "token");
    sandbox::wait_until(closed, std::chrono::seconds(20), "the connections to be closed");
  }
}
