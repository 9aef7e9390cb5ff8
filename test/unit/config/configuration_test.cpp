#include "topo/config/configuration.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "config/values.h"
#include "unit/config/refusal.h"
#include "unit/config/temporary_folder.h"

namespace topo {

using Catch::Matchers::Contains;

namespace {

LoadedConfiguration parse(const std::string& json) {
  return parse_configuration(json, "test.json");
}
std::string refusal_of(const std::string& json) {
  return refusal([&] { (void)parse(json); });
}

}  // namespace

TEST_CASE("Each type of value is read") {
  const auto c = parse(R"({
    "Debug": true, "MySQLTopologyUser": "dba", "MySQLOrchestratorPort": 3307, "MySQLTopologyMaxPoolConnections": 5,
    "InstancePollSeconds": 7, "ExpiryHostnameResolvesMinutes": 8, "UnseenInstanceForgetHours": 9,
    "MaintenancePurgeDays": 10, "SlaveStartPostWaitMilliseconds": 11, "SeedAcceptableBytesDiff": 5000000000,
    "PowerAuthUsers": ["wallace", "gromit"], "ClusterNameToAlias": {"db-a.*": "shop"}
  })")
                     .configuration;
  CHECK(c.debug);
  CHECK(c.mysql_topology_user == "dba");
  CHECK(c.mysql_orchestrator_port == 3307);
  CHECK(c.mysql_topology_max_pool_connections == 5);
  CHECK(c.instance_poll == std::chrono::seconds(7));
  CHECK(c.expiry_hostname_resolves == std::chrono::minutes(8));
  CHECK(c.unseen_instance_forget == std::chrono::hours(9));
  CHECK(c.maintenance_purge == std::chrono::days(10));
  CHECK(c.slave_start_post_wait == std::chrono::milliseconds(11));
  CHECK(c.seed_acceptable_bytes_diff == 5000000000);
  CHECK(c.power_auth_users == std::vector<std::string>{"wallace", "gromit"});
  CHECK(c.cluster_name_to_alias == std::map<std::string, std::string>{{"db-a.*", "shop"}});
}

TEST_CASE("Booleans may be strings, as in the manual, and numbers") {
  CHECK(parse(R"({"ReadOnly": "true"})").configuration.read_only);
  CHECK(parse(R"({"ReadOnly": "True"})").configuration.read_only);
  CHECK_FALSE(parse(R"({"BufferBinlogEvents": "FALSE"})").configuration.buffer_binlog_events);
  CHECK(parse(R"({"DefaultInstancePort": "22987"})").configuration.default_instance_port == 22987);
}

TEST_CASE("Comments, trailing commas and a byte order mark are accepted") {
  const auto loaded =
      parse("\xef\xbb\xbf{ // one\n /* two */ \"ReadOnly\": true, \"AuthProxyAddresses\": [\"a\",], }\n");
  CHECK(loaded.configuration.read_only);
  CHECK(loaded.warnings.empty());
}

TEST_CASE("Choices and their synonyms are case-insensitive") {
  CHECK(parse(R"({"HostnameResolveMethod": "CNAME"})").configuration.hostname_resolve_method == "cname");
  CHECK(parse(R"({"AuthenticationMethod": "Proxy"})").configuration.authentication_method == "proxy");
  CHECK(parse(R"({"AuthenticationMethod": "none"})").configuration.authentication_method.empty());
  CHECK(parse(R"({"BackendDB": "sqlite"})").configuration.backend_db == "sqlite3");
  CHECK(parse(R"({"MySQLHostnameResolveMethod": ""})").configuration.mysql_hostname_resolve_method == "none");
}

TEST_CASE("An invalid value is refused with file, key, value and the expected form") {
  struct Case {
    const char* json;
    const char* message;
  };
  const auto c = GENERATE(values<Case>({
      {R"({"ReadOnly": "yes"})", R"(test.json: ReadOnly is "yes": expected true or false)"},
      {R"({"ReadOnly": 1})", "test.json: ReadOnly is 1: expected true or false"},
      {R"({"InstancePollSeconds": "often"})",
       R"(test.json: InstancePollSeconds is "often": expected a whole number of seconds, 1 to 86400)"},
      {R"({"InstancePollSeconds": 0})", "test.json: InstancePollSeconds is 0: expected"},
      {R"({"InstancePollSeconds": -5})", "is -5: expected a whole number"},
      {R"({"InstancePollSeconds": 1.5})", "is 1.5: expected a whole number"},
      {R"({"InstancePollSeconds": ""})", "is \"\": expected a whole number"},
      {R"({"InstancePollSeconds": "5 "})", "is \"5 \": expected a whole number"},
      {R"({"InstancePollSeconds": 18446744073709551615})",
       "is 18446744073709551615: expected a whole number"},
      {R"({"InstancePollSeconds": 99999999999999999999})", "expected a whole number"},
      {R"({"DefaultInstancePort": 65536})",
       "DefaultInstancePort is 65536: expected a whole number, 1 to 65535"},
      {R"({"MySQLTopologyUser": 17})", "MySQLTopologyUser is 17: expected a string"},
      {R"({"MySQLTopologyUser": "a\u0000b"})", "but it has a NUL character: expected a string"},
      {R"({"PowerAuthUsers": "wallace"})",
       R"(is "wallace": expected a list of strings, such as ["one", "two"])"},
      {R"({"PowerAuthUsers": ["a", 1]})", R"(is ["a",1]: expected a list of strings)"},
      {R"({"ClusterNameToAlias": ["a"]})", R"(is ["a"]: expected an object of strings)"},
      {R"({"ClusterNameToAlias": {"a": 1}})", R"(is {"a":1}: expected an object of strings)"},
      {R"({"ClusterNameToAlias": {"(": "a"}})", "but it has a ( that no ) closes: expected an object"},
      {R"({"ClusterNameToAlias": {"(": "a", "b": "b", "[": "c"}})",
       "but it has a ( that no ) closes; it has a [ that no ] closes, in [: expected"},
      {R"({"RecoveryIgnoreHostnameFilters": ["*", "a", "("]})",
       "is \".*\"; it has a ( that no ) closes: expected"},
      {R"({"RecoveryIgnoreHostnameFilters": ["*"]})", "the pattern that matches everything is \".*\""},
      {R"({"RecoverMasterClusterFilters": ["alias~=("]})",
       "but it has a ( that no ) closes: expected a list of regular expressions"},
      {R"({"RecoverMasterClusterFilters": [null]})", "is [null]: expected a list of regular expressions"},
      {R"({"SQLite3DataFile": ":memory:"})",
       "lost with the process, and other processes do not see it: expected the name of a file"},
      {R"({"PseudoGTIDPattern": "[a"})",
       "but it has a [ that no ] closes, in [a: expected a regular expression"},
      {R"({"DataCenterPattern": "[.]dc1[.]"})",
       "but it has no group: expected a regular expression with a group"},
      {R"({"AuthenticationMethod": "basc"})",
       R"(AuthenticationMethod is "basc": expected one of "", "basic", "multi", "proxy")"},
      {R"({"ListenAddress": "3000"})", "it has no port"},
      {R"({"ListenAddress": ""})",
       "ListenAddress is \"\", but it has no port: expected an address to listen on"},
      {R"({"ListenAddress": ":http"})", "ListenAddress is \":http\": expected an address to listen on"},
      {R"({"ListenAddress": "::1:3000"})", "but an IPv6 address needs brackets"},
      {R"({"BackendDB": "mysql"})", "MySQLOrchestratorHost is empty"},
      {R"({"MySQLOrchestratorHost": "db"})", "MySQLOrchestratorDatabase is empty"},
      {R"({"MySQLOrchestratorHost": "db", "MySQLOrchestratorDatabase": "d"})",
       "MySQLOrchestratorUser is empty"},
      {R"({"MySQLOrchestratorHost": "a;b"})",
       "MySQLOrchestratorHost is \"a;b\", but it has the character ';'"},
      {R"({"MySQLOrchestratorHost": "db:3306"})", "expected a host name or an address, without port"},
      {R"({"AuthenticationMethod": "multi"})", "HTTPAuthUser is empty"},
  }));
  INFO(c.json);
  CHECK_THAT(refusal_of(c.json), Contains(c.message));
}

TEST_CASE("Invalid JSON is refused with line and column") {
  CHECK_THAT(refusal_of("{\n  \"ReadOnly\": true\n  \"Debug\": true\n}"),
             Contains("test.json, line 3, column 3: not JSON"));
  CHECK_THAT(refusal_of("{\"a\": \"\xc3\xa4\" x"), Contains("line 1, column 11"));  // columns are characters
  CHECK_THAT(refusal_of(""), Contains("test.json, line 1, column 1: not JSON"));
  CHECK_THAT(refusal_of("{"), Contains("not JSON"));
  CHECK_THAT(refusal_of("{} {}"), Contains("not JSON"));
  CHECK_THAT(refusal_of("/* never closed"), Contains("not JSON"));
  CHECK_THAT(refusal_of("[]"), Contains("test.json is not a JSON object"));
  CHECK_THAT(refusal_of("12"), Contains("test.json is not a JSON object"));
  CHECK_THAT(refusal_of(std::string("{\n\0}", 4)), Contains("line 2, column 1: a NUL byte"));
  CHECK_THAT(refusal_of("{\n \"Debug\xff\": true}"), Contains("line 2, column 8: not UTF-8"));
  CHECK_THAT(refusal_of(R"({"InstancePollSeconds": 1e999})"), Contains("not JSON"));
}

TEST_CASE("Deep nesting is refused with little memory and stack") {
  CHECK_THAT(refusal_of(std::string(1000000, '[')), Contains("nested too deeply"));
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += R"({"a":)";
  CHECK_THAT(refusal_of(objects), Contains("nested too deeply"));
}

TEST_CASE("No message contains a password") {
  for (const std::string key : {"MySQLTopologyPassword", "MySQLOrchestratorPassword", "HTTPAuthPassword"}) {
    for (const std::string value :
         {R"(["s3cret"])", R"({"s3cret": "s3cret"})", R"("s3cret\u0000")", "7353"}) {
      const auto message = refusal_of("{\"" + key + "\": " + value + "}");
      INFO(message);
      CHECK_THAT(message, Contains(key) && Contains("expected a string"));
      CHECK_THAT(message, !Contains("s3cret") && !Contains("7353"));
    }
    CHECK_THAT(refusal_of("{\"" + key + "\": \"s3cret\", x}"), Contains("not JSON") && !Contains("s3cret"));
    const auto misspelt = parse("{\"" + key + "x\": \"s3cret\"}").warnings;
    REQUIRE(misspelt.size() == 1);
    CHECK_THAT(misspelt[0].text, !Contains("s3cret"));
  }
}

TEST_CASE("Unknown keys are warnings that suggest the nearest known key") {
  const auto loaded = parse(R"({"MySQLTopolgyUser": "dba", "Whatever": 0, "Debug": true})");
  CHECK(loaded.configuration.debug);
  using Kind = ConfigurationWarning::Kind;
  CHECK(
      loaded.warnings ==
      std::vector<ConfigurationWarning>{
          {Kind::mistake, R"(Unknown key "MySQLTopolgyUser" in test.json: did you mean MySQLTopologyUser?)"},
          {Kind::unknown, R"(Unknown key "Whatever" in test.json: it is ignored)"}});
}

TEST_CASE("Thousands of unknown keys give a short list of warnings", "[one-thread]") {
  std::string json = "{";
  for (int i = 0; i < 5000; ++i) json.append("\"unknown").append(std::to_string(i)).append("\": 1,");
  const auto warnings = parse(json + "}").warnings;
  CHECK(warnings.size() == 21);
  CHECK_THAT(warnings.back().text, Contains("4980 more unknown keys in test.json"));
}

TEST_CASE("A key given twice is a warning, and the last value counts") {
  const auto loaded = parse(R"({"AuditPageSize": 1, "AuditPageSize": 2})");
  CHECK(loaded.configuration.audit_page_size == 2);
  REQUIRE(loaded.warnings.size() == 1);
  CHECK_THAT(loaded.warnings[0].text, Contains("AuditPageSize is given more than once in test.json"));
  const auto twice =
      parse(R"({"DiscoverByShowReplicaHosts": true, "DiscoverByShowSlaveHosts": false})").warnings;
  REQUIRE(twice.size() == 1);
  CHECK(twice[0].text ==
        "DiscoverByShowReplicaHosts and DiscoverByShowSlaveHosts in test.json are the same key: the value of "
        "DiscoverByShowSlaveHosts, the last one, applies");
}

TEST_CASE("Basic authentication without a user gives everyone access and a warning") {
  const auto loaded = parse(R"({"AuthenticationMethod": "basic"})");
  REQUIRE(loaded.warnings.size() == 1);
  CHECK_THAT(loaded.warnings[0].text, Contains("HTTPAuthUser is empty"));
}

TEST_CASE("An access setting without effect is a warning") {
  struct Case {
    const char* json;
    const char* message;
  };
  const auto c = GENERATE(values<Case>({
      {R"({"HTTPAuthUser": "dba"})", "HTTPAuthUser is set, but AuthenticationMethod is empty"},
      {R"({"PowerAuthUsers": ["dba"], "AuthenticationMethod": "basic", "HTTPAuthUser": "dba"})",
       "PowerAuthUsers is set, but AuthenticationMethod is \"basic\""},
      {R"({"UseMutualTLS": true})", "UseMutualTLS is on, but UseSSL is off"},
  }));
  const auto loaded = parse(c.json);
  REQUIRE(loaded.warnings.size() == 1);
  CHECK(loaded.warnings[0].kind == ConfigurationWarning::Kind::unguarded);
  CHECK_THAT(loaded.warnings[0].text, Contains(c.message));
  CHECK(parse(R"({"HTTPAuthUser": "dba", "AuthenticationMethod": "multi"})").warnings.empty());
}

TEST_CASE("null restores the default, also over an earlier file") {
  const TemporaryFolder folder;
  const std::vector files{folder.write("a.json", R"({"ReadOnly": true, "InstancePollSeconds": 7,
      "PowerAuthUsers": ["a"], "ClusterNameToAlias": {"a": "b"}, "MySQLTopologyPassword": "s3cret"})"),
                          folder.write("b.json", R"({"ReadOnly": null, "InstancePollSeconds": null,
      "PowerAuthUsers": null, "ClusterNameToAlias": null, "MySQLTopologyPassword": null, "Unknown": null})")};
  const auto loaded = load_configuration(files);
  CHECK(loaded.warnings.empty());
  for (const auto& section : config::sections()) {
    for (const auto& key : section.keys)
      CHECK(config::json_of(loaded.configuration, key) == config::json_of(Configuration{}, key));
  }
}

TEST_CASE("examine_configuration returns all errors") {
  const TemporaryFolder folder;
  const auto file =
      folder.write("x.json", R"({"ReadOnly": "yes", "InstancePollSeconds": 0, "BackendDB": "mysql",
      "MySQLTopologyCredentialsConfigFile": "/nonexistent/file", "AutoPseudoGTID": true,
      "PseudoGTIDPattern": "other", "MySQLTopolgyUser": "dba"})");
  const auto loaded = examine_configuration(file);
  const auto all = [&] {
    std::string text;
    for (const auto& error : loaded.errors) text += error + '\n';
    return text;
  }();
  INFO(all);
  CHECK(loaded.errors.size() == 7);
  for (const auto* part :
       {"ReadOnly is \"yes\"", "InstancePollSeconds is 0", "/nonexistent/file",
        "MySQLOrchestratorHost is empty", "MySQLOrchestratorDatabase is empty", "AutoPseudoGTID injects"}) {
    CHECK_THAT(all, Contains(part));
  }
  CHECK(loaded.warnings.size() == 1);
  const auto message = refusal([&] { (void)load_configuration(file); });
  CHECK_THAT(message, Contains("ReadOnly is \"yes\"") &&
                          Contains("and 6 more: `orchestrator -c check-config --config " + file.string() +
                                   "` lists all"));
  CHECK(examine_configuration(folder.path() / "none.json").errors.size() == 1);
}

TEST_CASE("ReadOnly refuses every change") {
  Configuration configuration;
  CHECK_NOTHROW(configuration.throw_if_read_only("move-up"));
  configuration.read_only = true;
  CHECK_THAT(refusal([&] { configuration.throw_if_read_only("move-up"); }, Code::refused),
             Contains("move-up is refused: ReadOnly"));
}

TEST_CASE("The backend is mysql if configured, or if a host is given") {
  CHECK_FALSE(parse("{}").configuration.uses_mysql_backend());
  const std::string named =
      R"("MySQLOrchestratorHost": "db", "MySQLOrchestratorDatabase": "o", "MySQLOrchestratorUser": "u")";
  CHECK(parse("{" + named + "}").configuration.uses_mysql_backend());
  CHECK(parse(R"({"BackendDB": "mysql", )" + named + "}").configuration.uses_mysql_backend());
  CHECK_FALSE(parse(R"({"BackendDB": "sqlite3", )" + named + "}").configuration.uses_mysql_backend());
}

TEST_CASE("Injected entries need no pattern, or one that matches them") {
  CHECK(parse("{}").configuration.pseudo_gtid_pattern.empty());
  const auto automatic = parse(R"({"AutoPseudoGTID": true})").configuration;
  CHECK(automatic.auto_pseudo_gtid_interval == std::chrono::seconds(5));
  CHECK(automatic.pseudo_gtid_pattern == "drop view if exists `_pseudo_gtid_`.`_asc:");
  CHECK(parse(R"({"AutoPseudoGTID": true, "PseudoGTIDPattern": "_pseudo_gtid_"})")
            .configuration.pseudo_gtid_pattern == "_pseudo_gtid_");
  const std::string other = R"("PseudoGTIDPattern": "drop view if exists .*?`_pseudo_gtid_hint__")";
  CHECK(parse("{" + other + "}").configuration.pseudo_gtid_pattern.ends_with("hint__"));
  const auto message = refusal([&] { parse(R"({"AutoPseudoGTID": true, )" + other + "}"); });
  CHECK_THAT(message, Contains("AutoPseudoGTID injects \"drop view if exists `_pseudo_gtid_`.`_asc:"));
  CHECK_THAT(message, Contains("PseudoGTIDPattern \"drop view if exists .*?`_pseudo_gtid_hint__\""));
}

TEST_CASE("Both references load without warnings and give the defaults") {
  for (const bool commented : {false, true}) {
    const auto loaded = parse(configuration_reference(commented));
    CHECK(loaded.warnings.empty());
    for (const auto& section : config::sections()) {
      for (const auto& key : section.keys) {
        CHECK(config::json_of(loaded.configuration, key) == config::json_of(Configuration{}, key));
      }
    }
  }
  CHECK_THAT(configuration_reference(true), Contains("// Type: integer, seconds, 1 to 86400."));
  CHECK_THAT(configuration_reference(true),
             Contains("No effect in this version: agents are not served.\n  // \"AgentsUseSSL\": false,"));
  CHECK_THAT(configuration_reference(false), !Contains("AgentsUseSSL") && !Contains("//"));
}

TEST_CASE("conf/orchestrator.conf.json matches the table of keys") {
  const auto file =
      (std::filesystem::path(TEST_DATA) / "../../../conf/orchestrator.conf.json").lexically_normal();
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  INFO("Regenerate " << file << " with configuration_reference(false)");
  CHECK(text.str() == configuration_reference(false));
}

}  // namespace topo
