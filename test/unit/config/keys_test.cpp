#include "config/keys.h"

#include <catch2/catch.hpp>
#include <set>

#include "config/foreign_keys.h"
#include "config/values.h"

namespace topo::config {

namespace {

std::vector<const Key*> all_keys() {
  std::vector<const Key*> keys;
  for (const auto& section : sections()) {
    for (const auto& key : section.keys) keys.push_back(&key);
  }
  return keys;
}

std::string name_of(const Key* key) {
  return key ? std::string(key->name) : "none";
}

// An allowed value other than the default.
std::string other_value(const Key& key) {
  const auto current = json_of(Configuration{}, key);
  if (current == "true") return "false";
  if (current == "false") return "true";
  if (current.front() == '[') return R"x(["(other)"])x";
  if (current.front() == '{') return R"({"other":"value"})";
  if (const auto* range = std::get_if<Range>(&key.rule)) {
    return std::to_string(range->least) == current ? std::to_string(range->most)
                                                   : std::to_string(range->least);
  }
  if (const auto* choice = std::get_if<OneOf>(&key.rule)) {
    for (const auto value : choice->values) {
      auto json = '"' + std::string(value) + '"';
      if (json != current) return json;
    }
  }
  if (std::holds_alternative<Address>(key.rule)) return R"("[::1]:4000")";
  if (std::holds_alternative<HostName>(key.rule)) return R"("other")";
  if (std::holds_alternative<UrlPrefix>(key.rule)) return R"("/other")";
  return R"x("(other)")x";
}

void set(Configuration& configuration, const Key& key, const std::string& json) {
  rapidjson::Document value;
  value.Parse(json.c_str());
  set_value(configuration, key, value, "test");
}

}  // namespace

TEST_CASE("Setting a key changes only its own value") {
  for (const auto* key : all_keys()) {
    INFO(key->name);
    Configuration changed;
    const auto value = other_value(*key);
    set(changed, *key, value);
    CHECK(json_of(changed, *key) == value);
    for (const auto* other : all_keys()) {
      if (other != key) CHECK(json_of(changed, *other) == json_of(Configuration{}, *other));
    }
  }
}

TEST_CASE("Every default is an allowed value") {
  for (const auto* key : all_keys()) {
    INFO(key->name);
    Configuration configuration;
    REQUIRE_NOTHROW(set(configuration, *key, json_of(Configuration{}, *key)));
    CHECK(json_of(configuration, *key) == json_of(Configuration{}, *key));
  }
}

TEST_CASE("Every number has a range, every key a description, and every password is secret") {
  std::set<std::string> names;
  for (const auto* key : all_keys()) {
    INFO(key->name);
    CHECK(names.insert(std::string(key->name)).second);
    CHECK(key->meaning.ends_with('.'));
    CHECK(key->secret == (key->name.find("Password") != std::string_view::npos));
    const auto type = type_name(*key);
    if (type.starts_with("integer")) CHECK(std::holds_alternative<Range>(key->rule));
    const bool pattern =
        key->name.find("Pattern") != std::string_view::npos || key->name.ends_with("Filters");
    if (pattern && key->name != "VerifyReplicationFilters") {
      CHECK(
          (std::holds_alternative<Pattern>(key->rule) || std::holds_alternative<ClusterFilters>(key->rule)));
    }
    CHECK(std::holds_alternative<Query>(key->rule) == key->name.ends_with("Query"));
    CHECK(std::holds_alternative<HookCommands>(key->rule) == key->name.ends_with("Processes"));
    CHECK(std::holds_alternative<PrivateFile>(key->rule) == key->name.ends_with("PrivateKeyFile"));
  }
}

TEST_CASE("A key name ending in a unit has a value in that unit") {
  for (const auto* key : all_keys()) {
    const auto type = type_name(*key);
    for (const std::string unit : {"Milliseconds", "Seconds", "Minutes", "Hours", "Days"}) {
      if (!key->name.ends_with(unit)) continue;
      INFO(key->name << " is " << type);
      const auto lower = static_cast<char>(unit.front() + ('a' - 'A')) + unit.substr(1);
      CHECK(type.find(", " + lower) != std::string::npos);
    }
  }
}

TEST_CASE("All keys of the manual are known, with the defaults given there") {
  for (const auto* name : {"Debug",
                           "ListenAddress",
                           "MySQLTopologyUser",
                           "MySQLTopologyPassword",
                           "MySQLTopologyCredentialsConfigFile",
                           "MySQLTopologyMaxPoolConnections",
                           "MySQLOrchestratorHost",
                           "MySQLOrchestratorPort",
                           "MySQLOrchestratorDatabase",
                           "MySQLOrchestratorUser",
                           "MySQLOrchestratorPassword",
                           "MySQLOrchestratorCredentialsConfigFile",
                           "MySQLConnectTimeoutSeconds",
                           "DefaultInstancePort",
                           "SkipOrchestratorDatabaseUpdate",
                           "SlaveLagQuery",
                           "SlaveStartPostWaitMilliseconds",
                           "DiscoverByShowSlaveHosts",
                           "InstancePollSeconds",
                           "UnseenInstanceForgetHours",
                           "DiscoveryPollSeconds",
                           "InstanceBulkOperationsWaitTimeoutSeconds",
                           "ActiveNodeExpireSeconds",
                           "HostnameResolveMethod",
                           "ExpiryHostnameResolvesMinutes",
                           "RejectHostnameResolvePattern",
                           "ReasonableReplicationLagSeconds",
                           "VerifyReplicationFilters",
                           "MaintenanceOwner",
                           "ReasonableMaintenanceReplicationLagSeconds",
                           "MaintenanceExpireMinutes",
                           "MaintenancePurgeDays",
                           "AuditLogFile",
                           "AuditPageSize",
                           "RemoveTextFromHostnameDisplay",
                           "ReadOnly",
                           "AuthenticationMethod",
                           "AuthUserHeader",
                           "PowerAuthUsers",
                           "HTTPAuthUser",
                           "HTTPAuthPassword",
                           "ClusterNameToAlias",
                           "DetectClusterAliasQuery",
                           "DataCenterPattern",
                           "PhysicalEnvironmentPattern",
                           "DenyAutoPromotionHostnamePattern",
                           "ServeAgentsHttp",
                           "AgentsUseSSL",
                           "SSLSkipVerify",
                           "SSLPrivateKeyFile",
                           "SSLCertFile",
                           "HttpTimeoutSeconds",
                           "AgentPollMinutes",
                           "UnseenAgentForgetHours",
                           "StaleSeedFailMinutes",
                           "PseudoGTIDPattern",
                           "DetectPseudoGTIDQuery",
                           "BinlogEventsChunkSize",
                           "BufferBinlogEvents",
                           "RecoveryPeriodBlockMinutes",
                           "RecoveryIgnoreHostnameFilters",
                           "RecoverMasterClusterFilters",
                           "RecoverIntermediateMasterClusterFilters"}) {
    CHECK(name_of(find_key(name)) == name);
  }
  const auto default_of = [](const char* name) { return json_of(Configuration{}, *find_key(name)); };
  CHECK(default_of("ListenAddress") == R"(":3000")");
  CHECK(default_of("DefaultInstancePort") == "3306");
  CHECK(default_of("AuthenticationMethod") == R"("")");
  CHECK(default_of("AuthUserHeader") == R"("X-Forwarded-User")");
  CHECK(default_of("PowerAuthUsers") == R"(["*"])");
  CHECK(default_of("HostnameResolveMethod") == R"("cname")");
  CHECK(default_of("MaintenancePurgeDays") == "365");
}

TEST_CASE("Keys are found case-insensitively, and with Replica for Slave") {
  CHECK(name_of(find_key("mysqltopologyuser")) == "MySQLTopologyUser");
  CHECK(name_of(find_key("ReplicaLagQuery")) == "SlaveLagQuery");
  CHECK(name_of(find_key("DiscoverByShowReplicaHosts")) == "DiscoverByShowSlaveHosts");
  CHECK(name_of(find_key("VerifyReplicationFilters")) == "VerifyReplicationFilters");
  CHECK(find_key("") == nullptr);
  CHECK(find_key(std::string(1000000, 'x')) == nullptr);
}

TEST_CASE("A misspelt key of this program or of the Go program is recognised") {
  CHECK(nearest_name("MySQLTopolgyUser") == "MySQLTopologyUser");
  CHECK(nearest_name("MySQLTopologyUesr") == "MySQLTopologyUser");
  CHECK(nearest_name("mysqlTopologyPaswords") == "MySQLTopologyPassword");
  CHECK(nearest_name("InstancePollSecond") == "InstancePollSeconds");
  CHECK(nearest_name("InstancePollMinutes") == "InstancePollSeconds");
  CHECK(nearest_name("InstancePoll") == "InstancePollSeconds");
  CHECK(nearest_name("eDbgu") == "Debug");
  CHECK(nearest_name("PreventCrosDataCenterMasterFailover") == "PreventCrossDataCenterMasterFailover");
  CHECK(nearest_name("RaftEnable") == "RaftEnabled");
  for (const auto* other : {"Whatever", "x", "", "InstanceColour", "MySQLTopologyColour", "Seconds"}) {
    INFO(other);
    CHECK(nearest_name(other).empty());
  }
  CHECK(nearest_name(std::string(1000000, 'x')).empty());
}

TEST_CASE("Each key of the Go program is listed once, and none is a key of this program") {
  std::set<std::string_view> names;
  for (const auto& foreign : foreign_keys()) {
    INFO(foreign.name);
    CHECK(names.insert(foreign.name).second);
    CHECK(find_key(foreign.name) == nullptr);
    CHECK(find_foreign_key(foreign.name) != nullptr);
    if (foreign.guards) CHECK(foreign.here.empty() != foreign.instead.empty());
    if (!foreign.here.empty())
      CHECK(find_key(foreign.here.substr(0, foreign.here.find_first_of(" ,:"))) != nullptr);
  }
}

}  // namespace topo::config
