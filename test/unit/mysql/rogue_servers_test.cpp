// Connections to hostile or broken servers: the data sent to them, the time spent, the bytes read.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <future>
#include <limits>
#include <thread>

#include "sandbox/rogue/certificates.h"
#include "sandbox/rogue/server.h"
#include "topo/mysql/connection.h"
#include "topo/mysql/interrupt.h"
#include "unit/config/temporary_folder.h"

namespace {

using namespace std::chrono_literals;
using topo::Code;
using topo::mysql::Connection;
using topo::mysql::ConnectionOptions;
using topo::mysql::Interrupt;
using topo::mysql::SqlError;
using topo::mysql::TlsMode;

const std::string password = "sesame-open";

ConnectionOptions options_for(const rogue::Server& server, TlsMode mode = TlsMode::preferred) {
  ConnectionOptions options;
  options.server = {server.address(), server.port()};
  options.user = "orchestrator";
  options.password = password;
  options.connect_timeout = options.read_timeout = 5s;
  options.tls.mode = mode;
  return options;
}

// The error of connecting and running a query; nullopt on success.
std::optional<SqlError> error_of(const ConnectionOptions& options) {
  try {
    Connection(options).query("SELECT 1");
    return std::nullopt;
  } catch (const SqlError& error) {
    return error;
  }
}

class Watch {
 public:
  [[nodiscard]] auto time() const { return std::chrono::steady_clock::now() - began_; }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace

TEST_CASE("a server that asks for the password does not get it", "[mysql][rogue]") {
  const auto [mode, plugin] =
      GENERATE(table<std::string, std::string>({{"clear-password", "mysql_clear_password"},
                                                {"old-password", "mysql_old_password"},
                                                {"dialog", "dialog"},
                                                {"other-dialog", "mysql_clear_password"},
                                                {"sha256-password", "sha256_password"},
                                                {"caching-sha2", "caching_sha2_password"},
                                                {"tls-clear-password", "mysql_clear_password"}}));
  INFO(mode);
  const rogue::Server server({.mode = mode});
  const Watch watch;
  const auto error = error_of(options_for(server));
  REQUIRE(error);
  CHECK(error->code() == Code::refused);
  CHECK_THAT(error->reason(), Catch::Contains(plugin));
  CHECK_THAT(error->what(), !Catch::Contains(password));
  CHECK(watch.time() < 2s);
  CHECK(server.heard().find(password) == std::string::npos);
  CHECK(server.clients() == 1);
}

TEST_CASE("the clear password is sent inside TLS only", "[mysql][rogue]") {
  const auto mode = GENERATE(as<std::string>(), "tls-caching-sha2", "tls-sha256-password");
  INFO(mode);
  const rogue::Server server({.mode = mode});
  CHECK_FALSE(error_of(options_for(server, TlsMode::preferred)));
  CHECK(server.heard().find(password + '\0') != std::string::npos);
  const rogue::Server asked_without({.mode = mode});
  error_of(options_for(asked_without, TlsMode::disabled));
  CHECK(asked_without.clients() == 1);
  CHECK(asked_without.heard().find(password) == std::string::npos);
}

TEST_CASE("accounts of plugins that send no password need no TLS", "[mysql][rogue]") {
  const auto mode = GENERATE(as<std::string>(), "honest", "ed25519");
  INFO(mode);
  const rogue::Server server({.mode = mode});
  CHECK_FALSE(error_of(options_for(server, TlsMode::disabled)));
  CHECK(server.heard().find(password) == std::string::npos);
}

TEST_CASE("required TLS is established before any data is sent", "[mysql][rogue]") {
  const auto mode = GENERATE(TlsMode::required, TlsMode::verify);
  const rogue::Server server({.mode = "honest"});
  const auto error = error_of(options_for(server, mode));
  REQUIRE(error);
  CHECK(error->code() == Code::refused);
  CHECK_THAT(error->reason(), Catch::Contains("does not offer TLS"));
  CHECK(server.heard().empty());
}

TEST_CASE("a certificate is checked before any data is sent", "[mysql][rogue]") {
  const rogue::Authority ours("ours"), other("other");
  const TemporaryFolder folder;
  const auto ca_file = folder.path() / "ca.pem";
  rogue::write_file(ca_file, ours.certificate());
  const auto connect = [&](const rogue::Authority::Identity& identity, TlsMode mode) {
    const rogue::Server server({.mode = "tls", .certificate = identity.certificate, .key = identity.key});
    auto options = options_for(server, mode);
    options.tls.ca_file = ca_file;
    const auto error = error_of(options);
    if (error) CHECK(server.heard().find("orchestrator") == std::string::npos);
    return error ? error->reason() : "";
  };
  CHECK(connect(ours.sign("127.0.0.1"), TlsMode::verify).empty());
  CHECK(connect(ours.sign("db1"), TlsMode::required).empty());
  CHECK_THAT(connect(ours.sign("db1"), TlsMode::verify), Catch::Contains("IP address mismatch"));
  CHECK_THAT(connect(other.sign("127.0.0.1"), TlsMode::verify),
             Catch::Contains("certificate cannot be verified"));
  CHECK_THAT(connect(other.sign("127.0.0.1"), TlsMode::required),
             Catch::Contains("certificate cannot be verified"));
}

TEST_CASE("with preferred, an unverifiable certificate is reported", "[mysql][rogue]") {
  const rogue::Authority ours("ours"), other("other");
  const TemporaryFolder folder;
  const auto ca_file = folder.path() / "ca.pem";
  rogue::write_file(ca_file, ours.certificate());
  for (const auto* authority : {&ours, &other}) {
    const auto identity = authority->sign("db1");
    const rogue::Server server({.mode = "tls", .certificate = identity.certificate, .key = identity.key});
    auto options = options_for(server);
    options.tls.ca_file = ca_file;
    const Connection connection(options);
    CHECK(connection.encrypted());
    CHECK(connection.certificate_problem().has_value() == (authority == &other));
    options.tls.ca_file.clear();
    CHECK_FALSE(Connection(options).certificate_problem());
  }
}

TEST_CASE("unusable TLS files are an error, never plain text", "[mysql][rogue]") {
  const TemporaryFolder folder;
  const auto file = folder.path() / "ca.pem";
  const rogue::Server server({.mode = "tls"});
  auto options = options_for(server);
  options.tls.ca_file = file;
  const auto reason = [&] { return error_of(options).value().reason(); };
  CHECK_THAT(reason(), Catch::Contains("ca.pem") && Catch::Contains("No such file"));
  rogue::write_file(file, "nothing of the kind");
  CHECK_THAT(reason(), Catch::Contains("no certificate in PEM"));
  rogue::write_file(file, rogue::Authority("a").certificate());
  CHECK_FALSE(error_of(options));  // the file is valid now
  CHECK(server.heard().find(password) == std::string::npos);
}

TEST_CASE("preferred continues without TLS if the handshake fails", "[mysql][rogue]") {
  const rogue::Server server({.mode = "broken-tls"});
  const auto error = error_of(options_for(server));
  CHECK(error);  // the server breaks that connection, too
  CHECK(server.clients() == 2);
  CHECK_THAT(error_of(options_for(server, TlsMode::required)).value().reason(), Catch::Contains("TLS"));
  CHECK(server.clients() == 3);
}

TEST_CASE("a connect ends at its timeout, even if bytes keep arriving", "[mysql][rogue]") {
  const auto mode = GENERATE(as<std::string>(), "silent", "drip");
  INFO(mode);
  const rogue::Server server({.mode = mode, .pause = 50ms});
  auto options = options_for(server);
  options.connect_timeout = 500ms;
  const Watch watch;
  const auto error = error_of(options);
  REQUIRE(error);
  CHECK(error->code() == Code::timeout);
  CHECK_THAT(error->reason(), Catch::Contains("within 0.5 s"));
  CHECK(watch.time() < 1s);
}

TEST_CASE("a query ends at its timeout, even if bytes keep arriving", "[mysql][rogue]") {
  const rogue::Server server({.mode = "drip-answer", .pause = 50ms});
  auto options = options_for(server);
  options.read_timeout = 500ms;
  Connection connection(options);
  const Watch watch;
  SECTION("for one request") {
    CHECK_THROWS_AS(connection.query("SELECT 1"), SqlError);
  }
  SECTION("for several requests") {
    connection.end_by(std::chrono::steady_clock::now() + 200ms);
    CHECK_THROWS_AS(connection.query("SELECT 1"), SqlError);
    CHECK(watch.time() < 400ms);
  }
  SECTION("for a stream") {
    CHECK_THROWS_AS(connection.stream("SELECT 1", [](const auto&) { return true; }), SqlError);
  }
  CHECK(watch.time() < 1s);
  // The connection is closed: no further wait.
  CHECK_THROWS_AS(connection.query("SELECT 1"), SqlError);
  CHECK(watch.time() < 1s);
}

TEST_CASE("only silence, a refusal and a broken connection are reasons to call a server dead",
          "[mysql][rogue]") {
  using topo::ReadFailure;
  const auto [mode, failure] =
      GENERATE(table<std::string, ReadFailure>({{"silent", ReadFailure::no_answer},
                                                {"closed", ReadFailure::no_answer},
                                                {"drip", ReadFailure::answered},
                                                {"drip-answer", ReadFailure::answered},
                                                {"garbage", ReadFailure::answered},
                                                {"old-protocol", ReadFailure::answered},
                                                {"clear-password", ReadFailure::answered}}));
  INFO(mode);
  const rogue::Server server({.mode = mode, .pause = 20ms});
  auto options = options_for(server);
  options.connect_timeout = options.read_timeout = 300ms;
  CHECK(error_of(options).value().failure() == failure);
  options.tls.mode = TlsMode::required;
  if (mode == "old-protocol") CHECK(error_of(options).value().failure() == ReadFailure::answered);
}

TEST_CASE("what prevents a request on this side says nothing about the server", "[mysql]") {
  using topo::ReadFailure;
  ConnectionOptions options;
  options.user = "orchestrator";
  options.connect_timeout = 2s;
  options.server = {"no-such-host.invalid", 3306};
  CHECK(error_of(options).value().failure() == ReadFailure::local);
  options.server = {"127.0.0.1", 1};  // nothing listens there
  CHECK(error_of(options).value().failure() == ReadFailure::no_answer);
  CHECK(topo::mysql::read_failure_of(topo::Error(Code::timeout, "no free connection")) == ReadFailure::local);
}

TEST_CASE("an interrupt ends the wait", "[mysql][rogue]") {
  const auto mode = GENERATE(as<std::string>(), "silent", "drip-answer", "endless-rows");
  INFO(mode);
  const rogue::Server server({.mode = mode});
  auto options = options_for(server);
  options.connect_timeout = options.read_timeout = 1min;
  options.limits.bytes = std::uint64_t{1} << 30U;
  options.limits.rows = std::numeric_limits<std::uint64_t>::max();
  const auto interrupt = std::make_shared<Interrupt>();
  options.interrupt = interrupt;
  auto waiting = std::async(std::launch::async, [&] { return error_of(options); });
  const std::uint64_t sent = mode == "endless-rows" ? 1'000'000 : 0;
  while (server.clients() == 0 || server.bytes_sent() < sent) std::this_thread::sleep_for(1ms);
  interrupt->raise();
  const Watch watch;
  const auto error = waiting.get();
  CHECK(watch.time() < 1s);
  REQUIRE(error);
  CHECK_THAT(error->reason(), Catch::Contains("being stopped"));
}

TEST_CASE("an endless response is cut off", "[mysql][rogue]") {
  const auto [mode, reason] =
      GENERATE(table<std::string, std::string>({{"endless-rows", "larger than 1 MB"},
                                                {"endless-cell", "larger than 1 MB"},
                                                {"many-rows", "larger than 10000 rows"},
                                                {"endless-columns", "malformed"},
                                                {"many-columns", "malformed"},
                                                {"endless-results", "larger than 1 MB"},
                                                {"endless-progress", "malformed"},
                                                {"endless-login", "malformed"},
                                                {"more-than-asked", "more than was asked"},
                                                {"short-rows", "malformed"},
                                                {"local-infile", "LOAD DATA LOCAL"}}));
  INFO(mode);
  const rogue::Server server({.mode = mode});
  auto options = options_for(server);
  options.limits = {std::uint64_t{1} << 20U, 10000};
  const Watch watch;
  const auto error = error_of(options);
  REQUIRE(error);
  INFO(error->what());
  CHECK_THAT(error->reason(), Catch::Contains(reason));
  CHECK(error->connection_lost());
  CHECK(watch.time() < 2s);
  while (server.connected() > 0) std::this_thread::sleep_for(1ms);  // dropped, not drained
  constexpr std::uint64_t buffers = 32 << 20;                       // socket buffers at both ends
  CHECK(server.bytes_sent() < buffers);
}

TEST_CASE("a peer with another protocol is reported", "[mysql][rogue]") {
  const auto mode = GENERATE(as<std::string>(), "closed", "garbage", "http", "old-protocol");
  INFO(mode);
  const rogue::Server server({.mode = mode});
  const auto error = error_of(options_for(server));
  REQUIRE(error);
  CHECK(error->connection_lost());
  CHECK_THAT(error->what(), Catch::Contains("Cannot connect to 127.0.0.1:"));
}

TEST_CASE("a host with connection options is refused", "[mysql][rogue]") {
  const rogue::Server server({.mode = "honest"});
  auto options = options_for(server);
  const auto port = std::to_string(server.port());
  for (const auto& host : {"x;host=127.0.0.1;port=" + port + ";local-infile=1", "127.0.0.1,127.0.0.1:" + port,
                           std::string("host=127.0.0.1"), std::string("replication://127.0.0.1")}) {
    INFO(host);
    CHECK_THROWS_AS((options.server = {host, server.port()}, Connection(options)), topo::Error);
  }
  options.server = {};  // the only key without a check
  CHECK_THROWS_WITH(Connection(options), Catch::Contains("is not connected to"));
  CHECK(server.clients() == 0);
}

TEST_CASE("an empty user is refused, not replaced by the user of the process", "[mysql][rogue]") {
  const rogue::Server server({.mode = "honest"});
  auto options = options_for(server);
  options.user.clear();
  CHECK_THROWS_WITH(Connection(options), Catch::Contains("MySQLTopologyUser"));
  CHECK(server.clients() == 0);
}

TEST_CASE("with any bytes from a server, the client neither crashes nor hangs", "[mysql][rogue][fuzz]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    const rogue::Server server({.mode = "random", .seed = seed});
    auto options = options_for(server);
    options.connect_timeout = options.read_timeout = 20ms;
    error_of(options);
    CHECK(server.heard().find(password) == std::string::npos);
  }
}
