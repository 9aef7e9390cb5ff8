// Faulty or hostile servers among healthy ones.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <future>
#include <thread>

#include "sandbox/ports.h"
#include "sandbox/rogue/server.h"
#include "sandbox/temporary.h"
#include "sandbox/wait.h"
#include "system/support/library_fixture.h"
#include "system/support/program.h"

namespace {

using namespace std::chrono_literals;
using sandbox::wait_until;
using system_test::LibraryFixture;

std::vector<topo::InstanceKey> keys_of(const rogue::Server& servers) {
  std::vector<topo::InstanceKey> keys;
  for (const auto port : servers.ports()) keys.emplace_back(servers.address(), port);
  return keys;
}

// The longest time since the last successful read of one of these servers.
std::chrono::seconds longest_unread(LibraryFixture& library, const std::vector<std::string>& names) {
  std::chrono::seconds longest{0};
  for (const auto& name : names) {
    const auto known = library.known(name);
    REQUIRE(known);
    longest = std::max(longest, known->since_last_seen.value_or(1h));
  }
  return longest;
}

}  // namespace

TEST_CASE("A thousand servers that drip, or hang now and then, delay no poll of other servers",
          "[rogue][continuous][timed]") {
  const auto mode = GENERATE(as<std::string>(), "drip", "drip-answer", "hang-sometimes");
  INFO(mode);
  sandbox::Topology servers("a > b, a > c");
  rogue::Server sick({.count = 1000});
  auto configuration = system_test::configuration_for(servers);
  configuration.mysql_connect_timeout = 5s;
  configuration.mysql_discovery_read_timeout = 10s;
  configuration.instance_poll = 1s;
  LibraryFixture library(servers, configuration);
  library.discover("a");
  for (const auto& key : keys_of(sick)) {
    const auto is_taken = [&] {
      try {
        library.discovery().submit(key);
        return true;
      } catch (const topo::Error&) {  // too many discoveries are under way
        return false;
      }
    };
    wait_until(is_taken, 20s, "room for a discovery");
  }
  const auto all_known = [&] { return library.context().store().instances().read_links().size() == 1003; };
  wait_until(all_known, 60s, "all to be known");
  sick.turn_to(mode);
  library.start_continuous();
  std::chrono::seconds longest{0};
  for (const auto end = std::chrono::steady_clock::now() + 12s; std::chrono::steady_clock::now() < end;) {
    longest = std::max(longest, longest_unread(library, {"a", "b", "c"}));
    std::this_thread::sleep_for(100ms);
  }
  CHECK(longest <= 4s);
}

namespace {

// orchestrator-http with its own configuration; it runs until it is ended.
class Service {
 public:
  explicit Service(const std::string& more, const std::string& environment = "") : port_({"127.0.0.1"}) {
    const auto file = folder_.path() / "orchestrator.conf.json";
    std::ofstream(file) << R"({"MySQLTopologyUser": "orchestrator", "MySQLTopologyPassword": "sesame-open",
        "InstancePollSeconds": 1, "DiscoveryPollSeconds": 1, "HostnameResolveMethod": "none",
        "MySQLConnectTimeoutSeconds": 30, "MySQLDiscoveryReadTimeoutSeconds": 30, "DiscoverByShowSlaveHosts": true,
        "ListenAddress": "127.0.0.1:)"
                        << port_.port() << "\", " << more << (more.empty() ? "" : ", ")
                        << R"("SQLite3DataFile": ")" << (folder_.path() / "orchestrator.sqlite3").string()
                        << "\"}";
    std::filesystem::permissions(file, std::filesystem::perms(0600));
    std::vector<std::string> words{system_test::built("orchestrator-http"), "--verbose"};
    if (!environment.empty()) words.insert(words.begin(), {"/usr/bin/env", environment});
    program_.emplace(words, folder_.path());
  }

  [[nodiscard]] system_test::HttpAnswer get(const std::string& target) const {
    return system_test::http_get(port_.port(), target);
  }
  void wait_until_it_serves() const {
    wait_until([this] { return get("/api/lb-check").status == 200; }, 20s, "the server to answer");
  }
  [[nodiscard]] pid_t pid() const { return program_->pid(); }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

  // How long the server took to end after SIGTERM, and its outcome.
  struct End {
    std::chrono::nanoseconds time;
    system_test::Outcome outcome;
  };
  End end() {
    const auto began = std::chrono::steady_clock::now();
    auto outcome = program_->end(SIGTERM);
    return {std::chrono::steady_clock::now() - began, std::move(outcome)};
  }
  // For a server that ends by itself.
  system_test::Outcome outcome() { return program_->end(); }

 private:
  sandbox::TemporaryFolder folder_;
  sandbox::ReservedPort port_;
  std::optional<system_test::Program> program_;
};

void check_end(Service& service) {
  const auto [time, outcome] = service.end();
  INFO(outcome.err);
  CHECK(time < 5s);
  CHECK(outcome.status == 0);
}

}  // namespace

TEST_CASE("A server ends within five seconds, whatever the polled servers do", "[rogue][timed]") {
  const auto mode = GENERATE(as<std::string>(), "silent", "drip", "drip-answer");
  INFO(mode);
  rogue::Server sick({.count = 300});
  Service service("");
  service.wait_until_it_serves();
  for (const auto port : sick.ports()) {
    const auto target = "/api/discover/127.0.0.1/" + std::to_string(port);
    wait_until([&] { return service.get(target).status == 200; }, 20s, "room for a discovery");
  }
  const auto all_known = [&] {
    const auto clusters = service.get("/api/clusters").body;
    return std::ranges::count(clusters, ':') == 300;
  };
  wait_until(all_known, 60s, "all to be known");
  sick.turn_to(mode);
  wait_until([&] { return sick.connected() >= 290; }, 20s, "all to be polled");
  // A request for one of the polled servers fails, too.
  auto asking = std::async(std::launch::async, [&] {
    return service.get("/api/refresh/127.0.0.1/" + std::to_string(sick.port())).status;
  });
  check_end(service);
  CHECK(asking.get() != 200);
}

TEST_CASE("A server ends within five seconds, whatever its backend does", "[rogue][timed]") {
  const auto mode = GENERATE(as<std::string>(), "silent", "drip", "drip-answer");
  INFO(mode);
  const rogue::Server backend({.mode = mode});
  Service service(R"("MySQLOrchestratorHost": "127.0.0.1", "MySQLOrchestratorUser": "orchestrator",
      "MySQLOrchestratorDatabase": "orchestrator", "MySQLOrchestratorPort": )" +
                  std::to_string(backend.port()));
  wait_until([&] { return backend.connected() > 0; }, 20s, "the backend to be asked");
  check_end(service);
}

TEST_CASE("A server that ends does not wait for a hanging backend", "[rogue][timed]") {
  sandbox::Topology servers("a > b, store");
  servers.server("store").execute("CREATE DATABASE orchestrator");
  Service service(R"("MySQLOrchestratorHost": "127.0.0.1", "MySQLOrchestratorUser": "root",
      "MySQLOrchestratorDatabase": "orchestrator", "MySQLOrchestratorPort": )" +
                  std::to_string(servers.server("store").port()));
  const auto discovered = [&] {
    const auto& key = servers.server("a").key();
    return service.get("/api/discover/" + key.hostname() + "/" + std::to_string(key.port())).status == 200;
  };
  wait_until(discovered, 20s, "a to be known");
  servers.server("store").pause();
  std::this_thread::sleep_for(2s);  // results of polls are waiting to be stored
  check_end(service);
  servers.server("store").resume();
}

TEST_CASE("Environment variables load nothing into the client library", "[rogue]") {
  const rogue::Server server({.mode = "ed25519"});  // the library loads a plugin for this mode
  const sandbox::TemporaryFolder folder;
  const auto file = folder.path() / "orchestrator.conf.json";
  std::ofstream(file) << R"({"MySQLTopologyUser": "orchestrator", "SQLite3DataFile": ")"
                      << (folder.path() / "backend.sqlite3").string() << "\"}";
  const auto discover_with = [&](const std::string& variable) {
    return system_test::run({"/usr/bin/env", variable, system_test::built("orchestrator"), "-config", file,
                             "-c", "discover", "-i", "127.0.0.1:" + std::to_string(server.port())});
  };
  const auto refused = discover_with("LIBMYSQL_PLUGINS=dialog");
  CHECK(refused.status != 0);
  CHECK_THAT(refused.err, Catch::Contains("LIBMYSQL_PLUGINS"));
  CHECK(server.clients() == 0);
  for (const auto* variable : {"MARIADB_PLUGIN_DIR=/nonexistent", "MYSQL_TCP_PORT=1", "MYSQL_PWD=sesame-open",
                               "MYSQL_HOME=/nonexistent"}) {
    const auto outcome = discover_with(variable);
    INFO(variable << ": " << outcome.err);
    CHECK(outcome.status == 0);
  }
}

TEST_CASE("TLS files are checked when a server starts and when it reloads its configuration", "[rogue]") {
  const auto no_file = R"("MySQLTopologySSLCAFile": "/nonexistent/ca.pem")";
  {
    Service service(no_file);
    const auto outcome = service.outcome();
    CHECK(outcome.status != 0);
    CHECK_THAT(outcome.err, Catch::Contains("MySQLTopologySSLCAFile names /nonexistent/ca.pem") &&
                                Catch::Contains("No such file"));
  }
  Service service("");
  service.wait_until_it_serves();
  const auto file = service.folder() / "orchestrator.conf.json";
  std::ifstream in(file);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  text.insert(1, std::string(no_file) + ", ");
  std::ofstream(file) << text;
  const auto answer = service.get("/api/reload-configuration");
  CHECK(answer.status != 200);
  CHECK_THAT(answer.body, Catch::Contains("MySQLTopologySSLCAFile names"));
  check_end(service);
}
