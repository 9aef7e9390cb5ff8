// Reloading the configuration of a server, whatever the file contains by then.
#include <sys/stat.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <thread>

#include "sandbox/rogue/certificates.h"
#include "system/support/configuration_fixture.h"

using namespace system_test;
using namespace std::chrono_literals;
using Catch::Contains;
using sandbox::patience;
using sandbox::wait_until;

namespace {

// Ends the server, and checks that this is quick.
Outcome end_soon(Program& program) {
  const auto begin = std::chrono::steady_clock::now();
  auto outcome = program.end(SIGTERM);
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  return outcome;
}

void wait_for_log(const Program& program, std::string_view part, std::size_t times = 1) {
  wait_until([&] { return count(program.err(), part) >= times; }, patience, part);
}

// In kB.
std::size_t memory_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/status");
  for (std::string word; file >> word;) {
    std::size_t size = 0;
    if (word == "VmRSS:" && file >> size) return size;
  }
  return 0;
}

}  // namespace

TEST_CASE("A pipe in place of a file is an error in every program, and does not block it", "[config]") {
  const ConfigurationFixture fixture("");
  const auto pipe = (fixture.path() / "pipe").string();
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THAT(fixture.orchestrator({"-c", "clusters", "-config", pipe}).err, Contains("it is a pipe"));
  CHECK_THAT(fixture.orchestrator({"-c", "check-config", "-config", pipe}).out, Contains("it is a pipe"));
  for (const std::string key :
       {"MySQLTopologySSLCAFile", "MySQLTopologyCredentialsConfigFile", "SQLite3DataFile"}) {
    fixture.write(fmt::format(R"("{}": "{}")", key, pipe));
    CHECK(fixture.orchestrator({"-c", "clusters"}).status == 1);
    const auto checked = fixture.orchestrator({"-c", "check-config"});
    CHECK(checked.status == 1);
    CHECK_THAT(checked.out, Contains(key + " names " + pipe));
  }
  fixture.write(fmt::format(R"("AuditLogFile": "{}")", pipe));
  CHECK_THAT(fixture.orchestrator({"-c", "check-config"}).out, Contains("AuditLogFile names " + pipe));

  fixture.write("");
  Program server({built("orchestrator-http"), "--verbose"}, fixture.path());
  wait_for_log(server, "Listening on");
  fixture.write(fmt::format(R"("MySQLTopologySSLCAFile": "{}")", pipe));
  const auto refused = fixture.get("/api/reload-configuration");
  CHECK(refused.status == 400);
  CHECK_THAT(refused.body, Contains("MySQLTopologySSLCAFile names " + pipe) && Contains("it is a pipe"));
  kill(server.pid(), SIGHUP);
  wait_for_log(server, "The configuration stays as it was");
  CHECK(end_soon(server).status == 0);
}

TEST_CASE("A broken server certificate is refused at a reload", "[config]") {
  const ConfigurationFixture fixture("");
  const auto certificate = fixture.path() / "certificate.pem", key = fixture.path() / "key.pem";
  const rogue::Authority authority("an authority");
  const auto good = authority.sign("127.0.0.1");
  rogue::write_file(certificate, good.certificate);
  rogue::write_file(key, good.key);
  fixture.write(fmt::format(R"("UseSSL": true, "SSLCertFile": "{}", "SSLPrivateKeyFile": "{}")",
                            certificate.string(), key.string()));
  Program server({built("orchestrator-http"), "--verbose"}, fixture.path());
  wait_for_log(server, "Listening on");
  std::size_t refusals = 0;
  const auto refuses = [&](const std::string& words) {
    kill(server.pid(), SIGHUP);
    wait_for_log(server, "The configuration stays as it was", ++refusals);
    CHECK_THAT(server.err(), Contains(words));
  };
  rogue::write_file(certificate, "no certificate");
  refuses("SSLCertFile names " + certificate.string() + ", which cannot be used: it contains no certificate");
  rogue::write_file(certificate, good.certificate);
  rogue::write_file(key, authority.sign("127.0.0.1").key);
  refuses("SSLPrivateKeyFile names " + key.string() + ", which cannot be used: its key does not match");
  std::filesystem::remove(key);
  refuses("SSLPrivateKeyFile names " + key.string() + ", which cannot be used: No such file");
  rogue::write_file(key, good.key);
  kill(server.pid(), SIGHUP);
  wait_for_log(server, "Configuration reloaded");
  CHECK(end_soon(server).status == 0);
}

TEST_CASE("Reloading an unchanged configuration many times uses no additional memory", "[config]") {
  const ConfigurationFixture fixture(
      R"("HTTPAllowedHosts": ["a.example.com", "b.example.com"], "ClusterNameToAlias": {"a": "b"})");
  Program server({built("orchestrator-http")}, fixture.path());
  wait_until([&] { return fixture.get("/api/clusters").status == 200; }, patience, "the server");
  const auto reload = [&](int times) {
    for (int i = 0; i < times; ++i) REQUIRE(fixture.get("/api/reload-configuration").status == 200);
    return memory_of(server.pid());
  };
  const auto before = reload(300);
  const auto after = reload(3000);
  INFO(before << " kB, then " << after << " kB");
  CHECK(after < before + 1000);
  CHECK(end_soon(server).status == 0);
}

TEST_CASE("Many reload signals cause few reloads, and a signal to end is not missed", "[config]") {
  const ConfigurationFixture fixture("");
  Program server({built("orchestrator-http"), "--verbose"}, fixture.path());
  wait_for_log(server, "Listening on");
  const auto end = std::chrono::steady_clock::now() + 2s;
  while (std::chrono::steady_clock::now() < end) kill(server.pid(), SIGHUP);
  wait_for_log(server, "Configuration reloaded");
  CHECK(count(server.err(), "Configuration reloaded") < 12);
  // The last change takes effect, even within the pause.
  fixture.write(R"("AuditPageSize": 7)");
  kill(server.pid(), SIGHUP);
  wait_for_log(server, "changed: AuditPageSize");

  std::atomic<bool> over{false};
  std::jthread storm([&over, pid = server.pid()] {
    while (!over && kill(pid, SIGHUP) == 0) {
    }
  });
  CHECK(end_soon(server).status == 0);
  over = true;
}

TEST_CASE("A file that reached its size limit is a write error, and does not end the server", "[config]") {
  const ConfigurationFixture fixture("");
  Program server({"/bin/bash", "-c", "ulimit -f 40; exec \"$0\" --verbose", built("orchestrator-http")},
                 fixture.path());
  wait_for_log(server, "Listening on");
  wait_for_log(server, "ERROR");
  CHECK(fixture.get("/api/lb-check").status != 0);
  CHECK(end_soon(server).status == 0);
}
