#include "system/support/desk.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "sandbox/accounts.h"

namespace system_test {

Desk::Desk(std::string_view tree, const sandbox::Options& options, std::string_view more)
    : servers(tree, options), folder(servers.folder() / "desk"), port_({"127.0.0.1"}) {
  std::filesystem::create_directory(folder);
  write_configuration("orchestrator.conf.json", more);
}

void Desk::write_configuration(std::string_view file, std::string_view more) const {
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

Outcome Desk::orchestrator(std::vector<std::string> words) const {
  words.insert(words.begin(), built("orchestrator"));
  auto outcome = run(words, folder);
  // No output contains the password.
  CHECK(outcome.out.find(sandbox::orchestrator_account.password) == std::string::npos);
  CHECK(outcome.err.find(sandbox::orchestrator_account.password) == std::string::npos);
  return outcome;
}

std::string Desk::key(std::string_view name) const {
  return servers.server(name).key().display();
}

std::string Desk::path(std::string_view name) const {
  const auto& server = servers.server(name);
  return server.host() + "/" + std::to_string(server.port());
}

}  // namespace system_test
