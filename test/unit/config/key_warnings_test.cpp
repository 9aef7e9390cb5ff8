#include <catch2/catch.hpp>

#include "topo/config/configuration.h"

namespace topo {

using Catch::Matchers::Contains;
using Kind = ConfigurationWarning::Kind;

namespace {

std::vector<ConfigurationWarning> warnings_of(const std::string& json) {
  return parse_configuration(json, "test.json").warnings;
}

}  // namespace

TEST_CASE("Ineffective safety keys of the Go program are reported first, among any number of others",
          "[one-thread]") {
  std::string json = "{";
  for (int i = 0; i < 5000; ++i) json.append("\"unknown").append(std::to_string(i)).append("\": 1,");
  const std::vector<std::string> guards{"RaftEnabled",
                                        "FailMasterPromotionOnLagMinutes",
                                        "DelayMasterPromotionIfSQLThreadNotUpToDate",
                                        "PreventCrossDataCenterMasterFailover",
                                        "UseSuperReadOnly",
                                        "OnFailureDetectionProcesses",
                                        "MySQLTopologyUseMutualTLS",
                                        "DiscoveryIgnoreHostnameFilters",
                                        "PromotionIgnoreHostnameFilters",
                                        "RecoveryPeriodBlockSeconds",
                                        "DetectSemiSyncEnforcedQuery",
                                        "recovermasterclusterfilters"};
  for (const auto& name : guards) {
    const bool is_list = name.ends_with("Processes") || name.ends_with("ilters");
    json += '"' + name + "\": " + (is_list ? "[\"a\"]" : "1") + ',';
  }
  const auto warnings = warnings_of(json + "}");
  REQUIRE(warnings.size() > guards.size());
  std::string told;
  for (std::size_t i = 0; i < guards.size(); ++i) {
    CHECK(warnings[i].kind == Kind::unguarded);
    told += warnings[i].text + '\n';
  }
  CHECK(warnings[guards.size()].kind != Kind::unguarded);
  for (const auto& name : guards) CHECK_THAT(told, Contains(name, Catch::CaseSensitive::No));
  CHECK_THAT(told, Contains("RaftEnabled in test.json has no effect in this version: nodes that share"));
  CHECK_THAT(told, Contains("RecoveryPeriodBlockSeconds in test.json has no effect: here it is "
                            "RecoveryPeriodBlockMinutes, in minutes"));
  CHECK_THAT(told,
             Contains("recovermasterclusterfilters in test.json has no effect in this version: nothing is "
                      "recovered automatically"));
}

TEST_CASE("A warning names the key as the file spells it") {
  const auto warnings = warnings_of(
      R"({"DetachLostReplicasAfterMasterFailover": true, "masterfailoverdetachreplicamasterhost": true})");
  std::string text;
  for (const auto& warning : warnings) text += warning.text + '\n';
  CHECK_THAT(text, Contains("DetachLostReplicasAfterMasterFailover") &&
                       Contains("masterfailoverdetachreplicamasterhost") && !Contains("Slave"));
}

TEST_CASE("A disabled safety key is only a key without effect") {
  const auto warnings = warnings_of(
      R"({"RaftEnabled": false, "FailMasterPromotionOnLagMinutes": 0, "PreFailoverProcesses": [],
          "OnFailureDetectionProcesses": [], "UseSuperReadOnly": "false", "RecoverMasterClusterFilters": []})");
  REQUIRE(warnings.size() == 2);
  for (const auto& warning : warnings) CHECK(warning.kind == Kind::remark);
  CHECK(warnings[0].text ==
        "No effect in this version, in test.json: RaftEnabled, FailMasterPromotionOnLagMinutes, "
        "OnFailureDetectionProcesses, UseSuperReadOnly");
}

TEST_CASE("Keys without effect are reported, this program's own with the reason") {
  const auto warnings = warnings_of(
      R"({"ServeAgentsHttp": true, "AgentPollMinutes": 60, "GraphiteAddr": "x", "WebMessage": "y"})");
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0] ==
        ConfigurationWarning{Kind::remark,
                             "No effect in this version, in test.json: GraphiteAddr, WebMessage"});
  CHECK(warnings[1] == ConfigurationWarning{Kind::remark,
                                            "No effect in this version, in test.json: ServeAgentsHttp, "
                                            "AgentPollMinutes; agents are not served"});
}

TEST_CASE("A renamed key of the Go program is reported with its name here and its unit") {
  const auto told = [](const std::string& json) {
    const auto warnings = warnings_of(json);
    return warnings.size() == 1 && warnings[0].kind == Kind::mistake ? warnings[0].text : "";
  };
  CHECK(told(R"({"ReplicationLagQuery": "select 1"})") ==
        "ReplicationLagQuery in test.json has no effect: here it is SlaveLagQuery, in seconds");
  CHECK_THAT(told(R"({"ListenSocket": "/run/x"})"), Contains("here it is ListenAddress, as \"unix:/"));
  CHECK_THAT(told(R"({"MySQLTopologySSLSkipVerify": true})"), Contains("MySQLTopologySSLMode"));
}

TEST_CASE("A key of the Go program is not a misspelling of a key of this program") {
  for (const std::string name : {"RecoveryPollSeconds", "RemoteSSHCommand", "WebRefreshSeconds"}) {
    const auto warnings = warnings_of("{\"" + name + "\": 1}");
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0] ==
          ConfigurationWarning{Kind::remark, "No effect in this version, in test.json: " + name});
  }
}

TEST_CASE("Misspelt keys are all reported, before other unknown keys") {
  std::string json = "{";
  for (int i = 0; i < 100; ++i) json.append("\"unknown").append(std::to_string(i)).append("\": 1,");
  for (char c = 'a'; c <= 'z'; ++c) json.append("\"InstancePollSecond").append(1, c).append("\": 1,");
  const auto warnings = warnings_of(json + R"("PreventCrosRegionMasterFailover": true})");
  REQUIRE(warnings.size() == 26 + 20 + 1);  // the correct ...Seconds gives no warning
  for (std::size_t i = 0; i < 26; ++i) CHECK(warnings[i].kind == Kind::mistake);
  CHECK(warnings[25].text ==
        "Unknown key \"PreventCrosRegionMasterFailover\" in test.json: did you mean "
        "PreventCrossRegionMasterFailover? That has no effect in this version");
  CHECK(warnings.back().text == "80 more unknown keys in test.json are ignored");
}

TEST_CASE("Many unknown keys do not take long", "[large]") {
  std::string json = "{";
  for (int i = 0; i < 20'000; ++i) json.append("\"MySQLSomething").append(std::to_string(i)).append("\":1,");
  const auto began = std::chrono::steady_clock::now();
  CHECK(warnings_of(json + "}").size() == 21);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(20));
}

TEST_CASE("A key that begins like a comment is one, and null sets nothing") {
  CHECK(warnings_of(R"({"#RaftEnabled": true, "//": "x", "RaftEnabled": null, "ServeAgentsHttp": null})")
            .empty());
}

TEST_CASE("Cluster filters accept * for every cluster, and aliases") {
  const auto loaded = parse_configuration(
      R"({"RecoverMasterClusterFilters": ["*", "alias=shop", "alias~=^sh", "db1"]})", "test.json");
  CHECK(loaded.configuration.recover_master_cluster_filters ==
        std::vector<std::string>{".*", "alias=shop", "alias~=^sh", "db1"});
}

TEST_CASE("An unknown placeholder is reported with the number of its command") {
  const auto warnings = warnings_of(
      R"x({"PreFailoverProcesses": ["echo {failedHost} ${X} {a,b} {1..3} '{\"h\":\"{failedPort}\"}'",
                                    "fence {failedHosts} {successorHost}; f() { x; }"],
           "PostFailoverProcesses": ["echo {successorHost} {countReplicas} {countReplicas}"]})x");
  REQUIRE(warnings.size() == 3);
  CHECK(warnings[0].text ==
        "{failedHosts} in command 2 of PreFailoverProcesses is not a placeholder and is not replaced; "
        "placeholders are {failureType}, {failureDescription}, {failedHost}, {failedPort}, {failureCluster}");
  CHECK_THAT(warnings[1].text, Contains("{successorHost} in command 2 of PreFailoverProcesses"));
  CHECK_THAT(warnings[2].text, Contains("{countReplicas} in command 1 of PostFailoverProcesses") &&
                                   Contains("{successorHost}, {successorPort}"));
}

}  // namespace topo
