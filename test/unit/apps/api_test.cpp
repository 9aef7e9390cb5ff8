#include "http/api.h"

#include <catch2/catch.hpp>
#include <map>

#include "unit/apps/known_topology.h"

using namespace orchestrator;

namespace {

struct Answer {
  int status = 0;
  std::string body;
};

using Headers = std::map<std::string, std::string>;

Answer ask(Api& api, const std::string& target, const std::string& method = "GET",
           const Headers& headers = {}) {
  const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = headers.find(std::string(name));
    return found == headers.end() ? std::nullopt : std::optional(found->second);
  };
  const auto response = api.handle({method, target, lookup, true});
  return {response.status, *response.body};
}

// A path of the route, with something for each of its slots.
std::string example_of(std::string_view route) {
  std::string path;
  while (!route.empty()) {
    const auto colon = route.find(':');
    path += route.substr(0, colon);
    if (colon == std::string_view::npos) break;
    route.remove_prefix(colon);
    const auto end = std::min(route.find_first_of("/?&"), route.size());
    path += route.substr(0, end).ends_with("ort") ? "3306" : "x";
    route.remove_prefix(end);
  }
  return path;
}

const std::string unauthorized = R"({"Code":"ERROR","Message":"Unauthorized","Details":null})";

}  // namespace

TEST_CASE("The API tells what is known") {
  const KnownTopology known;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}));
  CHECK(ask(api, "/api/instance/db2/3306")
            .body.starts_with(R"({"Key":{"Hostname":"db2","Port":3306},"Uptime":)"));
  CHECK(ask(api, "/api/clusters").body == R"(["db1:3306"])");
  CHECK(ask(api, "/api/clusters-info").body ==
        R"([{"ClusterName":"db1:3306","ClusterAlias":"","CountInstances":3}])");
  CHECK(ask(api, "/api/cluster-info/db1:3306").body ==
        R"({"ClusterName":"db1:3306","ClusterAlias":"","CountInstances":3})");
  CHECK(ask(api, "/api/cluster-info/x").body == R"({"ClusterName":"","ClusterAlias":"","CountInstances":0})");
  CHECK(ask(api, "/api/cluster/db1:3306").body.starts_with(R"([{"Key":{"Hostname":"db1","Port":3306},)"));
  CHECK(ask(api, "/api/cluster/db1%3A3306/").body.starts_with(R"([{"Key":{"Hostname":"db1","Port":3306},)"));
  CHECK(ask(api, "/api/cluster/nothing").body == "[]");
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

TEST_CASE("What was changed is seen at once") {
  const KnownTopology known;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}));
  CHECK(ask(api, "/api/cluster/alias/shop").status == 404);
  CHECK(ask(api, "/api/set-cluster-alias/db1:3306?alias=shop").body ==
        R"({"Code":"OK","Message":"Cluster db1:3306 now has alias 'shop'","Details":null})");
  CHECK(ask(api, "/api/cluster/alias/shop").status == 200);
  CHECK(ask(api, "/api/instance/db3/3306").status == 200);
  CHECK(ask(api, "/api/forget/db3/3306").body ==
        R"({"Code":"OK","Message":"Instance forgotten: db3:3306","Details":null})");
  // The cache may be a millisecond behind.
  while (ask(api, "/api/instance/db3/3306").status == 200) {
  }
  CHECK(ask(api, "/api/instance/db3/3306").status == 404);
}

TEST_CASE("What is wrong with a request is said with a status from 400 on and the envelope") {
  const KnownTopology known;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}));
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
  check("/api/nothing", 404);
  check("/api/%zz", 400);
  check("api", 400);
  check("/api/cluster/" + std::string(9000, 'x'), 414);
  check("/api/resolve/127.0.0.1/1", 502);
  CHECK(ask(api, "/api/clusters", "POST").status == 405);
  CHECK(ask(api, "/api/forget/db1/3306", "DELETE").status == 405);
  CHECK(ask(api, "/api/clusters", "HEAD").status == 200);
}

TEST_CASE("In read-only mode every operation that changes something is refused, whatever its arguments") {
  topo::Configuration configuration;
  configuration.read_only = true;
  const KnownTopology known(configuration);
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}));
  int refused = 0;
  for (const auto& operation : catalogue()) {
    if (operation.access != Access::write) continue;
    for (const auto route : operation.routes) {
      INFO(route);
      auto answer = ask(api, example_of(route));
      CHECK(answer.status == 403);
      CHECK(answer.body == unauthorized);
      ++refused;
    }
  }
  CHECK(refused >= 4);
  CHECK(ask(api, "/api/forget/db1/no-port").body == unauthorized);
  CHECK(ask(api, "/api/instance/db1/3306").status == 200);
}

TEST_CASE("Pages of other sites change nothing") {
  const KnownTopology known;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}));
  const Headers foreign{{"Sec-Fetch-Site", "cross-site"}};
  CHECK(ask(api, "/api/forget/db1/3306", "GET", foreign).status == 403);
  CHECK(ask(api, "/api/instance/db1/3306", "GET", foreign).status == 200);
}

TEST_CASE("Without credentials nothing is told, not even what is cached") {
  topo::Configuration configuration;
  configuration.authentication_method = "basic";
  configuration.http_auth_user = "dba";
  configuration.http_auth_password = "x";
  const KnownTopology known(configuration);
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}));
  CHECK(ask(api, "/api/clusters", "GET", {{"Authorization", "Basic ZGJhOng="}}).status == 200);
  for (const auto* target : {"/api/clusters", "/", "/api/nothing", "/%"}) {
    const auto answer = ask(api, target);
    CHECK(answer.status == 401);
    CHECK(answer.body == "Not Authorized");
  }
}

TEST_CASE("Until the backend is open its absence is said") {
  Session session({}, KnownTopology::silent_log(), Session::Opening::explicitly);
  Api api(session, AccessPolicy(session.configuration()), WebFiles({}));
  for (const auto* target : {"/api/clusters", "/api/instance/db1/3306", "/api/discover/db1/3306"}) {
    CHECK(ask(api, target).status == 503);
  }
  CHECK(ask(api, "/api/health").status == 503);
  CHECK(ask(api, "/api/health").body.find(R"("Healthy":false)") != std::string::npos);
  CHECK(ask(api, "/api/health").body.find("unhealthy: The backend is not available yet") !=
        std::string::npos);
  CHECK(ask(api, "/api/lb-check").status == 200);
  CHECK(ask(api, "/").status == 200);
}
