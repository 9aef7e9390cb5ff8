#include <fmt/format.h>
#include <re2/re2.h>

#include <catch2/catch.hpp>

#include "unit/apps/api_test.h"

namespace api_test {
namespace {

// The answer without what grows by the second.
std::string ageless(std::string body) {
  RE2::GlobalReplace(&body, R"("SecondsSinceLastSeen":\{"Int64":\d+)", "");
  return body;
}

}  // namespace

TEST_CASE("The API returns information from the backend") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  CHECK(ask(api, "/api/instance/db2/3306")
            .body.starts_with(R"({"Key":{"Hostname":"db2","Port":3306},"Uptime":)"));
  CHECK(ask(api, "/api/clusters").body == R"(["db1:3306"])");
  CHECK(ask(api, "/api/clusters-info").body ==
        R"([{"ClusterName":"db1:3306","ClusterAlias":"","CountInstances":3,"ProblemCounts":[],)"
        R"("MaxLagSeconds":{"Int64":0,"Valid":false}}])");
  CHECK(ask(api, "/api/cluster-info/db1:3306").body ==
        R"({"ClusterName":"db1:3306","ClusterAlias":"","CountInstances":3,"ProblemCounts":[],)"
        R"("MaxLagSeconds":{"Int64":0,"Valid":false}})");
  CHECK(ask(api, "/api/cluster/db1:3306").body.starts_with(R"([{"Key":{"Hostname":"db1","Port":3306},)"));
  CHECK(ask(api, "/api/cluster/db1%3A3306/").body.starts_with(R"([{"Key":{"Hostname":"db1","Port":3306},)"));
  for (const auto* hint : {"db2:3306", "db3"}) {  // any instance of the cluster
    CHECK(ageless(ask(api, fmt::format("/api/cluster/{}", hint)).body) ==
          ageless(ask(api, "/api/cluster/db1:3306").body));
    CHECK(ask(api, fmt::format("/api/cluster-info/{}", hint)).body ==
          ask(api, "/api/cluster-info/db1:3306").body);
  }
  CHECK(ageless(ask(api, "/api/search?s=%20db3+").body) == ageless(ask(api, "/api/search?s=db3").body));
  CHECK(ask(api, "/api/problems").body == "[]");
  CHECK(ask(api, "/api/search?s=db3").body.starts_with(R"([{"Key":{"Hostname":"db3",)"));
  CHECK(ask(api, "/api/search/db3").body.starts_with(R"([{"Key":{"Hostname":"db3",)"));
  CHECK(ask(api, "/api/lb-check").body == "\"OK\"");
  CHECK(ask(api, "/api/audit/-1").status == 200);
  const auto health = ask(api, "/api/health");
  CHECK(health.status == 200);
  CHECK(health.body.starts_with(
      R"({"Code":"OK","Message":"Application node is healthy","Details":{"Healthy":)"));
}

TEST_CASE("A client reads its own changes at once") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  for (int i = 0; i < 20; ++i) {
    const auto alias = "alias" + std::to_string(i);
    REQUIRE(ask(api, "/api/set-cluster-alias/db1:3306?alias=" + alias).status == 200);
    CHECK(ask(api, "/api/cluster-info/db1:3306")
              .body.starts_with(R"({"ClusterName":"db1:3306","ClusterAlias":")" + alias + R"(",)"));
  }
}

TEST_CASE("The API lists failed masters, and recovers no unknown instance") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  CHECK(ask(api, "/api/replication-analysis").body == R"({"Code":"OK","Message":"Analysis","Details":[]})");
  auto& store = known.session().store();
  store.instances().write(std::vector<topo::InstanceWrite>{topo::FailedInstance{{"db1", 3306}, "gone"}});
  // The slash avoids a cached response, which may be a millisecond old.
  CHECK(
      ask(api, "/api/replication-analysis/")
          .body.starts_with(
              R"({"Code":"OK","Message":"Analysis","Details":[{"AnalyzedInstanceKey":{"Hostname":"db1","Port":3306},)"
              R"("ClusterName":"db1:3306","IsMaster":true,"IsCoMaster":false,"LastCheckValid":false,"CountSlaves":2,)"
              R"("CountValidSlaves":2,"CountValidReplicatingSlaves":2,"CountConnectedSlaves":2,"Analysis":"UnreachableMaster","Description":)"
              R"("The master cannot be reached but has replicas that are replicating, so that the network or its host )"
              R"(is to blame","Actions":[{"Operation":"recover","Path":"recover/db1/3306",)"));
  store.maintenance().begin(std::vector<topo::MaintenanceRequest>{{{"db1", 3306}, "why"}}, "me",
                            std::chrono::seconds(60));
  CHECK(ask(api, "/api/replication-analysis?again").body ==
        R"({"Code":"OK","Message":"Analysis","Details":[]})");
  CHECK(ask(api, "/api/recover/nobody/3306").status == 404);
  const auto held = ask(api, "/api/recover/db1/3306");
  CHECK(held.status == 409);
  CHECK(held.body.starts_with(R"({"Code":"ERROR","Message":"No action taken: An instance in )"));
  CHECK(held.body.ends_with(R"(,"Details":{"Hostname":"db1","Port":3306}})"));
}

TEST_CASE("Changes are visible at once") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  CHECK(ask(api, "/api/cluster/alias/shop").status == 404);
  CHECK(ask(api, "/api/set-cluster-alias/db1:3306?alias=shop").body ==
        R"({"Code":"OK","Message":"Cluster db1:3306 now has alias 'shop'","Details":null})");
  CHECK(ask(api, "/api/cluster/alias/shop").status == 200);
  CHECK(ask(api, "/api/set-cluster-alias/db1:3306?alias=").body ==
        R"({"Code":"OK","Message":"Cluster db1:3306 now has no alias","Details":null})");
  CHECK(ask(api, "/api/cluster/alias/shop").status == 404);
  CHECK(ask(api, "/api/instance/db3/3306").status == 200);
  CHECK(ask(api, "/api/forget/db3/3306").body ==
        R"({"Code":"OK","Message":"Instance forgotten: db3:3306","Details":null})");
  // The cache may lag by a millisecond.
  while (ask(api, "/api/instance/db3/3306").status == 200) {
  }
  CHECK(ask(api, "/api/instance/db3/3306").status == 404);
}

TEST_CASE("Errors in a request get a status of 400 or above and the envelope") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  const auto check = [&](const std::string& target, int status) {
    const auto answer = ask(api, target);
    INFO(target.substr(0, 100) << ": " << answer.body);
    CHECK(answer.status == status);
    CHECK(answer.body.starts_with(R"({"Code":"ERROR","Message":")"));
    CHECK(answer.body.ends_with(R"(","Details":null})"));
  };
  check("/api/instance/db1/x", 400);
  check("/api/instance/db1/0", 400);
  check("/api/instance/" + std::string(1000, 'h') + "/3306", 400);
  check("/api/instance/nobody/3306", 404);
  check("/api/cluster/alias/none", 404);
  check("/api/cluster/nothing", 404);
  check("/api/cluster-info/nothing", 404);
  CHECK(ask(api, "/api/cluster/nothing")
            .body.find(R"("Message":"Unable to determine cluster name. clusterHint=nothing")") !=
        std::string::npos);
  check("/api/forget/nobody/3306", 404);
  check("/api/nothing", 404);
  check("/api/%zz", 400);
  check("api", 400);
  check("/api/cluster/" + std::string(9000, 'x'), 414);
  // The resolved key is returned despite the error.
  const auto unreachable = ask(api, "/api/resolve/127.0.0.1/1");
  CHECK(unreachable.status == 502);
  CHECK(unreachable.body.starts_with(R"({"Code":"ERROR","Message":"Resolved to 127.0.0.1:1, but: )"));
  CHECK(unreachable.body.ends_with(R"(","Details":{"Hostname":"127.0.0.1","Port":1}})"));
  CHECK(ask(api, "/api/clusters", "POST").status == 405);
  CHECK(ask(api, "/api/forget/db1/3306", "DELETE").status == 405);
  CHECK(ask(api, "/api/clusters", "HEAD").status == 200);
}

TEST_CASE("Headers are echoed, except secrets") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  const auto answer = ask(api, "/api/headers", "GET", {{"Authorization", "Basic xyz"}, {"X-A", "1"}}).body;
  CHECK(answer == R"x({"Authorization":["(not told)"],"X-A":["1"]})x");
}

TEST_CASE("Pages learn what their user may do") {
  topo::Configuration configuration;
  configuration.authentication_method = "proxy";
  configuration.power_auth_users = {"gromit"};
  const KnownTopology known(configuration);
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  CHECK(ask(api, "/api/web-settings", "GET", {{"X-Forwarded-User", "gromit"}})
            .body.starts_with(R"({"AuthorizedForAction":true,"User":"gromit","Refusal":"",)"));
  CHECK(ask(api, "/api/web-settings")
            .body.starts_with(
                R"({"AuthorizedForAction":false,"User":"","Refusal":"You are not authorised to )"));
}

TEST_CASE("Nodes are listed, and one of them can grab the election") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  CHECK(ask(api, "/api/leader-check").status == 404);
  CHECK(ask(api, "/api/grab-election").status == 200);
  CHECK(ask(api, "/api/health").status == 200);
  CHECK(ask(api, "/api/leader-check").body == "\"OK\"");
  const auto nodes = ask(api, "/api/nodes").body;
  CHECK(nodes.find("\"IsActive\":true") != std::string::npos);
  CHECK(nodes.find(known.session().node().token) != std::string::npos);
}

TEST_CASE("Move targets come with the routes that perform the moves") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  std::vector instances{KnownTopology::instance("db1", ""), KnownTopology::instance("db2", "db1"),
                        KnownTopology::instance("db3", "db1")};
  for (auto& instance : instances)
    instance.server_id = static_cast<std::uint32_t>(instance.key.hostname().back());
  known.write(instances);
  const auto targets = ask(api, "/api/move-targets/db2/3306").body;
  CHECK(targets.find(
            R"({"Key":{"Hostname":"db3","Port":3306},"Classic":{"Verdict":"ok","Operation":"move-below",)"
            R"("Path":"move-below/db2/3306/db3/3306","Reason":""})") != std::string::npos);
  CHECK(ask(api, "/api/move-targets/nobody/3306").status == 404);
}

}  // namespace api_test
