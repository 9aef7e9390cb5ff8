#include <catch2/catch.hpp>

#include "config/foreign_keys.h"
#include "config/keys.h"
#include "topo/config/configuration.h"
#include "unit/fuzz/configuration_target.h"
#include "unit/fuzz/mutate.h"

namespace topo {

namespace {

std::vector<std::string> key_names() {
  std::vector<std::string> names{"null", "alias=", "alias~=", "\"*\""};
  for (const auto& section : config::sections()) {
    for (const auto& key : section.keys) {
      if (!key.name.ends_with("CredentialsConfigFile")) names.push_back('"' + std::string(key.name) + "\":");
    }
  }
  for (const auto& key : config::foreign_keys()) names.push_back('"' + std::string(key.name) + "\":");
  return names;
}

// Returns how many of the inputs were of use.
std::uint64_t run(bool (*target)(std::string_view), fuzz::Mutator& mutator, std::uint64_t rounds) {
  std::uint64_t good = 0;
  for (auto left = fuzz::rounds(rounds); left > 0; --left) {
    const auto text = mutator.next();
    try {
      if (target(text)) ++good;
    } catch (const std::exception& error) {
      FAIL(error.what() << ", seed " << fuzz::seed() << ": \"" << fuzz::printable(text) << '"');
    }
  }
  return good;
}

}  // namespace

TEST_CASE("Any text is a configuration or an error, never more", "[fuzz]") {
  fuzz::Mutator mutator(
      fuzz::seed(),
      {"{}", configuration_reference(false), configuration_reference(true),
       R"({"MySQLTopologyUser": "u", "MySQLTopologyPassword": "p", "PowerAuthUsers": ["a", "b"]})",
       R"x({"ClusterNameToAlias": {"db-(.*)": "a"}, "DataCenterPattern": "[.]([^.]+)[.]"})x",
       R"({"ReadOnly": "true", "DefaultInstancePort": "22987", "InstancePollSeconds": null})",
       R"({"RaftEnabled": true, "PreventCrosRegionMasterFailover": 1, "ReplicationLagQuery": "select 1", "#x": 1})",
       R"({"RecoverMasterClusterFilters": ["*", "alias=a"], "PreFailoverProcesses": ["x {failedHosts}"]})"},
      key_names());
  CHECK(run(fuzz::configuration, mutator, 3000) > 100);  // otherwise it tests little
}

TEST_CASE("Any text is a credentials file or an error, never more", "[fuzz]") {
  fuzz::Mutator mutator(
      fuzz::seed(),
      {"[client]\nuser=orchestrator\npassword=orch_topology_password\n",
       "# c\n[mysqld]\nport = 3306\n[client]\r\nuser = 'a b'\r\npassword = \"p\\\"#q\" # x\r\n",
       "!include /etc/my.cnf\n; c\n[client]\nuser=\"\\s\\t\\\\\"\n"},
      {"[client]", "user=", "password=", "!include ", "\n", "# "});
  CHECK(run(fuzz::credentials, mutator, 30000) > 1000);
}

TEST_CASE("Any text is a query, a cluster filter and a hook, or is said to be none", "[fuzz]") {
  fuzz::Mutator mutator(
      fuzz::seed(),
      {"select 'a\\'b''c', \"x\", `y` -- z\n; /* c */ select 1 # end", "alias~=^db[0-9]+",
       "fence {failedHost} ${X} {a,b} '{\"k\":\"{failedPort}\"}' {nothing}"},
      {"'", "\"", "`", "/*", "*/", "-- ", "#", ";", "{", "}", "alias=", "alias~=", "{failedHost}"});
  CHECK(run(fuzz::configured_text, mutator, 30000) > 1000);
}

}  // namespace topo
