#include <catch2/catch.hpp>

#include "base/shown_text.h"
#include "config/credentials.h"
#include "config/values.h"
#include "topo/base/error.h"
#include "topo/config/configuration.h"
#include "unit/fuzz/mutate.h"

namespace topo {

namespace {

std::string as_json(const Configuration& configuration) {
  std::string json = "{";
  for (const auto& section : config::sections()) {
    for (const auto& key : section.keys) {
      // The file it names would be read, and need not exist.
      if (key.name.ends_with("CredentialsConfigFile")) continue;
      json += '"' + std::string(key.name) + "\":" + config::json_of(configuration, key) + ',';
    }
  }
  return json + "}";
}

std::vector<std::string> key_names() {
  std::vector<std::string> names;
  for (const auto& section : config::sections()) {
    for (const auto& key : section.keys) {
      if (!key.name.ends_with("CredentialsConfigFile")) names.push_back('"' + std::string(key.name) + "\":");
    }
  }
  return names;
}

}  // namespace

TEST_CASE("Any text is a configuration or an error, never more", "[fuzz]") {
  fuzz::Mutator mutator(
      fuzz::seed(),
      {"{}", configuration_reference(false), configuration_reference(true),
       R"({"MySQLTopologyUser": "u", "MySQLTopologyPassword": "p", "PowerAuthUsers": ["a", "b"]})",
       R"x({"ClusterNameToAlias": {"db-(.*)": "a"}, "DataCenterPattern": "[.]([^.]+)[.]"})x",
       R"({"ReadOnly": "true", "DefaultInstancePort": "22987", "InstancePollSeconds": 1})"},
      key_names());
  int good = 0;
  for (auto left = fuzz::rounds(3000); left > 0; --left) {
    const auto text = mutator.next();
    try {
      const auto loaded = parse_configuration(text, "fuzz.json");
      const auto json = as_json(loaded.configuration);
      if (as_json(parse_configuration(json, "again.json").configuration) != json) {
        FAIL("not the same when read again, seed " << fuzz::seed() << ": \"" << fuzz::printable(text) << '"');
      }
      ++good;
    } catch (const Error& error) {
      const std::string message = error.what();
      if (error.code() != Code::invalid_argument || message.empty() ||
          find_invalid_utf8(message) != std::string::npos || message.size() > 2000) {
        FAIL("odd message, seed " << fuzz::seed() << ": \"" << fuzz::printable(text) << "\": " << message);
      }
    }
  }
  CHECK(good > 100);  // otherwise it tests little
}

TEST_CASE("Any text is a credentials file or an error, never more", "[fuzz]") {
  fuzz::Mutator mutator(
      fuzz::seed(),
      {"[client]\nuser=orchestrator\npassword=orch_topology_password\n",
       "# c\n[mysqld]\nport = 3306\n[client]\r\nuser = 'a b'\r\npassword = \"p\\\"#q\" # x\r\n",
       "!include /etc/my.cnf\n; c\n[client]\nuser=\"\\s\\t\\\\\"\n"},
      {"[client]", "user=", "password=", "!include ", "\n", "# "});
  int good = 0;
  for (auto left = fuzz::rounds(30000); left > 0; --left) {
    const auto text = mutator.next();
    std::vector<std::string> warnings;
    try {
      if (config::parse_credentials(text, "fuzz.cnf", warnings).user.empty()) {
        FAIL("no user and no error, seed " << fuzz::seed() << ": \"" << fuzz::printable(text) << '"');
      }
      ++good;
    } catch (const Error& error) {
      if (error.code() != Code::invalid_argument) FAIL(error.what());
    }
  }
  CHECK(good > 1000);
}

}  // namespace topo
