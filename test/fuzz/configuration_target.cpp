#include "config/foreign_keys.h"
#include "config/keys.h"
#include "config/placeholders.h"
#include "config/values.h"
#include "fuzz/targets.h"
#include "mysql/query_text.h"
#include "topo/base/error.h"
#include "topo/config/cluster_filter.h"
#include "topo/config/configuration.h"
#include "topo/config/credentials.h"

namespace fuzz {
namespace {

using topo::Code;
using topo::Error;

void require_error_of_input(const Error& error) {
  constexpr std::size_t longest = 2500;
  require(error.code() == Code::invalid_argument, "odd code");
  require_sentence(error.what(), longest);
}

std::string as_json(const topo::Configuration& configuration) {
  std::string json = "{";
  for (const auto& section : topo::config::sections()) {
    for (const auto& key : section.keys) {
      // This key names a file that would be read and need not exist.
      if (key.name.ends_with("CredentialsConfigFile")) continue;
      json += '"' + std::string(key.name) + "\":" + topo::config::json_of(configuration, key) + ',';
    }
  }
  return json + "}";
}

std::size_t configuration_file(std::string_view bytes) {
  try {
    const auto loaded = topo::parse_configuration(std::string(bytes), "fuzz.json");
    constexpr std::size_t longest = 100'000;  // a message about keys without effect lists them all
    for (const auto& warning : loaded.warnings) require_sentence(warning.text, longest);
    const auto json = as_json(loaded.configuration);
    const auto again = topo::parse_configuration(json, "again.json").configuration;
    require(as_json(again) == json, "not the same when read again");
    return 1;
  } catch (const Error& error) {
    require_error_of_input(error);
    return 0;
  }
}

std::size_t credentials_file(std::string_view bytes) {
  std::vector<std::string> warnings;
  try {
    const auto found = topo::config::parse_credentials(bytes, "fuzz.cnf", warnings);
    require(!found.user.empty(), "no user and no error");
    return 1;
  } catch (const Error& error) {
    require_error_of_input(error);
    return 0;
  }
}

std::size_t configured_text(std::string_view bytes) {
  const auto query = topo::mysql::parse_query_text(bytes);
  require(query.statements.size() <= bytes.size(), "more statements than characters");
  for (const bool before : {true, false}) {
    for (const auto& name : topo::config::unknown_placeholders(bytes, before))
      require(bytes.find('{' + name + '}') != std::string_view::npos, "a placeholder that is not there");
  }
  try {
    static_cast<void>(topo::ClusterFilter(bytes).matches("db1:3306", "shop"));
    return 1;
  } catch (const Error& error) {
    require_error_of_input(error);
    return 0;
  }
}

std::size_t run_configuration(std::string_view input) {
  if (input.empty()) return 0;
  const auto text = input.substr(1);
  switch (input.front()) {
    case 'c': return credentials_file(text);
    case 't': return configured_text(text);
    default: return configuration_file(text);
  }
}

std::vector<std::string> corpus_of_configuration() {
  return {
      "j{}",
      'j' + topo::configuration_reference(false),
      'j' + topo::configuration_reference(true),
      R"(j{"MySQLTopologyUser": "u", "MySQLTopologyPassword": "p", "PowerAuthUsers": ["a", "b"]})",
      R"x(j{"ClusterNameToAlias": {"db-(.*)": "a"}, "DataCenterPattern": "[.]([^.]+)[.]"})x",
      R"(j{"ReadOnly": "true", "DefaultInstancePort": "22987", "InstancePollSeconds": null})",
      R"(j{"RaftEnabled": true, "PreventCrosRegionMasterFailover": 1, "ReplicationLagQuery": "select 1", "#x": 1})",
      R"(j{"RecoverMasterClusterFilters": ["*", "alias=a"], "PreFailoverProcesses": ["x {failedHosts}"]})",
      "c[client]\nuser=orchestrator\npassword=orch_topology_password\n",
      "c# c\n[mysqld]\nport = 3306\n[client]\r\nuser = 'a b'\r\npassword = \"p\\\"#q\" # x\r\n",
      "c!include /etc/my.cnf\n; c\n[client]\nuser=\"\\s\\t\\\\\"\n",
      "tselect 'a\\'b''c', \"x\", `y` -- z\n; /* c */ select 1 # end",
      "talias~=^db[0-9]+",
      "tfence {failedHost} ${X} {a,b} '{\"k\":\"{failedPort}\"}' {nothing}"};
}

std::vector<std::string> words_of_configuration() {
  std::vector<std::string> all{"null",      "alias=",    "alias~=",     "\"*\"", "[client]", "user=",
                               "password=", "!include ", "\n",          "# ",    "'",        "\"",
                               "`",         "/*",        "*/",          "-- ",   "#",        ";",
                               "{",         "}",         "{failedHost}"};
  for (const auto& section : topo::config::sections()) {
    for (const auto& key : section.keys) {
      if (!key.name.ends_with("CredentialsConfigFile")) all.push_back('"' + std::string(key.name) + "\":");
    }
  }
  for (const auto& key : topo::config::foreign_keys()) all.push_back('"' + std::string(key.name) + "\":");
  return all;
}

}  // namespace

const Target configuration{run_configuration, corpus_of_configuration, words_of_configuration};

}  // namespace fuzz
