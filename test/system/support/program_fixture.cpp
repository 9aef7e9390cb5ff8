#include "system/support/program_fixture.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "sandbox/accounts.h"

namespace system_test {

ProgramFixture::ProgramFixture(std::string_view tree, const sandbox::Options& options, std::string_view more)
    : servers(tree, options), folder(servers.folder() / "desk"), port_({"127.0.0.1"}) {
  std::filesystem::create_directory(folder);
  write_configuration("orchestrator.conf.json", more);
}

void ProgramFixture::write_configuration(std::string_view file, std::string_view more) const {
  std::ofstream(folder / file)
      << R"({"MySQLTopologyUser": "orchestrator", "MySQLTopologyPassword": ")"
      << sandbox::orchestrator_account.password
      << R"(", "DiscoverByShowSlaveHosts": true, "InstancePollSeconds": 1, "MySQLConnectTimeoutSeconds": 1,
                            "HostnameResolveMethod": "none", "SlaveStartPostWaitMilliseconds": 10000,
                            "ListenAddress": "127.0.0.1:)"
      << port() << R"(", "DiscoveryPollSeconds": 1, )" << more << (more.empty() ? "" : ", ")
      << R"("SQLite3DataFile": ")" << (folder / "orchestrator.sqlite3").string() << R"("})";
  std::filesystem::permissions(folder / file, std::filesystem::perms(0600));
}

Outcome ProgramFixture::orchestrator(std::vector<std::string> words) const {
  words.insert(words.begin(), built("orchestrator"));
  auto outcome = run(words, folder);
  // No output contains the password.
  CHECK(outcome.out.find(sandbox::orchestrator_account.password) == std::string::npos);
  CHECK(outcome.err.find(sandbox::orchestrator_account.password) == std::string::npos);
  return outcome;
}

std::string ProgramFixture::key(std::string_view name) const {
  return servers.server(name).key().display();
}

std::string ProgramFixture::path(std::string_view name) const {
  const auto& server = servers.server(name);
  return server.host() + "/" + std::to_string(server.port());
}

}  // namespace system_test
