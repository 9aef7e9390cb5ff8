#include "http/api.h"

#include <catch2/catch.hpp>
#include <map>

#include "unit/apps/known_topology.h"
#include "unit/config/temporary_folder.h"

using namespace orchestrator;

namespace {

struct Answer {
  int status = 0;
  std::string body;
};

using Headers = std::map<std::string, std::string>;

Answer ask(Api& api, const std::string& target, const std::string& method = "GET",
           const Headers& headers = {}) {
  const auto lookup = [&](std::string_view name) -> Header {
    const auto found = headers.find(std::string(name));
    return found == headers.end() ? Header{} : Header{found->second, 1};
  };
  const auto all = [&] {
    return std::vector<std::pair<std::string, std::string>>(headers.begin(), headers.end());
  };
  const auto response = api.handle({method, target, lookup, {"127.0.0.1"}, all});
  return {response.status, response.body == nullptr ? "" : *response.body};
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
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
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

TEST_CASE("Who changes something reads it changed, however soon") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
  for (int i = 0; i < 20; ++i) {
    const auto alias = "alias" + std::to_string(i);
    REQUIRE(ask(api, "/api/set-cluster-alias/db1:3306?alias=" + alias).status == 200);
    CHECK(ask(api, "/api/cluster-info/db1:3306").body ==
          R"({"ClusterName":"db1:3306","ClusterAlias":")" + alias + R"(","CountInstances":3})");
  }
}

TEST_CASE("The API tells which masters have failed, and does nothing for one that is not known") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
  CHECK(ask(api, "/api/replication-analysis").body == R"({"Code":"OK","Message":"Analysis","Details":[]})");
  auto& store = known.session().store();
  store.instances().write(std::vector<topo::InstanceWrite>{topo::FailedInstance{{"db1", 3306}, "gone"}});
  // With a slash, as the same words may be answered as they were a thousandth of a second ago.
  CHECK(
      ask(api, "/api/replication-analysis/").body ==
      R"({"Code":"OK","Message":"Analysis","Details":[{"AnalyzedInstanceKey":{"Hostname":"db1","Port":3306},)"
      R"("ClusterName":"db1:3306","IsMaster":true,"IsCoMaster":false,"LastCheckValid":false,"CountSlaves":2,)"
      R"("CountValidSlaves":2,"CountValidReplicatingSlaves":2,"Analysis":"UnreachableMaster","Description":)"
      R"("The master cannot be reached but has replicas that are replicating, so that the network or its host )"
      R"(is to blame"}]})");
  store.maintenance().begin(std::vector<topo::MaintenanceRequest>{{{"db1", 3306}, "why"}}, "me",
                            std::chrono::seconds(60));
  CHECK(ask(api, "/api/replication-analysis?again").body ==
        R"({"Code":"OK","Message":"Analysis","Details":[]})");
  CHECK(ask(api, "/api/recover/nobody/3306").status == 404);
  const auto held = ask(api, "/api/recover/db1/3306");
  CHECK(held.status == 200);
  CHECK(held.body.starts_with(
      R"({"Code":"OK","Message":"No action taken: Nothing is done for an instance in )"));
  CHECK(held.body.ends_with(R"(,"Details":{"Hostname":"db1","Port":3306}})"));
}

TEST_CASE("What was changed is seen at once") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
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
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
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

namespace {

// Who may look and not change, in each way to say so.
struct Reader {
  std::string name;
  topo::Configuration configuration;
  Headers headers;
};

std::vector<Reader> readers() {
  topo::Configuration read_only, multi, proxy, basic_read_only;
  read_only.read_only = basic_read_only.read_only = true;
  multi.authentication_method = "multi";
  basic_read_only.authentication_method = "basic";
  multi.http_auth_user = basic_read_only.http_auth_user = "dba";
  proxy.authentication_method = "proxy";
  proxy.power_auth_users = {"gromit"};
  return {{"ReadOnly", read_only, {}},
          {"readonly of multi", multi, {{"Authorization", "Basic cmVhZG9ubHk6YW55"}}},
          {"a user of the proxy", proxy, {{"X-Forwarded-User", "feathers"}}},
          {"nobody of the proxy", proxy, {}},
          {"basic with ReadOnly", basic_read_only, {{"Authorization", "Basic ZGJhOg=="}}}};
}

}  // namespace

TEST_CASE(
    "Readers are refused every operation that changes something, whatever its arguments, and no other") {
  for (const auto& reader : readers()) {
    INFO(reader.name);
    const KnownTopology known(reader.configuration);
    EventHub events;
    Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
    int refused = 0;
    for (const auto& operation : catalogue()) {
      // Those wait for the network.
      if (operation.name == "resolve") continue;
      for (const auto& route : routes_of(operation)) {
        INFO(route);
        const auto answer = ask(api, example_of(route), "GET", reader.headers);
        if (operation.access == Access::write) {
          CHECK(answer.status == 403);
          CHECK(answer.body == unauthorized);
          ++refused;
        } else {
          CHECK(answer.status != 403);
          CHECK(answer.status != 401);
        }
      }
    }
    CHECK(refused >= 30);
    CHECK(ask(api, "/api/forget/db1/no-port", "GET", reader.headers).body == unauthorized);
  }
}

TEST_CASE("Whoever is not let in is refused every route and every file") {
  topo::Configuration configuration;
  configuration.authentication_method = "multi";
  configuration.http_auth_user = "dba";
  const KnownTopology known(configuration);
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
  for (const auto& operation : catalogue()) {
    for (const auto& route : routes_of(operation)) CHECK(ask(api, example_of(route)).status == 401);
  }
  for (const auto* own :
       {"/", "/api", "/metrics", "/api/events", "/api/headers", "/api/web-settings", "/web/audit"})
    CHECK(ask(api, own).status == 401);
}

TEST_CASE("Where statuses are always good, those of operations are, and no others") {
  topo::Configuration configuration;
  configuration.http_status_always_ok = true;
  const KnownTopology known(configuration);
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
  const auto unknown = ask(api, "/api/instance/nobody/3306");
  CHECK(unknown.status == 200);
  CHECK(unknown.body.starts_with(R"({"Code":"ERROR",)"));
  CHECK(ask(api, "/api/instance/db1/x").status == 200);
  CHECK(ask(api, "/api/forget/db1/3306", "GET", {{"Sec-Fetch-Site", "cross-site"}}).status == 200);
  CHECK(ask(api, "/api/nothing").status == 404);
  CHECK(ask(api, "/api/leader-check").status == 404);  // nothing but its status tells
}

TEST_CASE("Below a prefix is all, and beside it is nothing") {
  topo::Configuration configuration;
  configuration.url_prefix = "/dba/orc";
  const KnownTopology known(configuration);
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
  CHECK(ask(api, "/dba/orc/api/clusters").body == R"(["db1:3306"])");
  CHECK(ask(api, "/dba/orc").status == 200);
  CHECK(ask(api, "/dba/orc/metrics").status == 200);
  for (const auto* beside : {"/api/clusters", "/", "/dba/orca/api/clusters", "/dba"})
    CHECK(ask(api, beside).status == 404);
}

TEST_CASE("Large answers are compressed for who takes that, and are the same") {
  const KnownTopology known;
  std::vector<topo::Instance> many;
  for (int i = 0; i < 20; ++i) many.push_back(KnownTopology::instance("replica" + std::to_string(i), "db1"));
  known.write(many);
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
  const auto plain = ask(api, "/api/cluster/db1:3306");
  const auto packed = ask(api, "/api/cluster/db1:3306", "GET", {{"Accept-Encoding", "gzip, br"}});
  CHECK(packed.body.size() * 5 < plain.body.size());
  CHECK(packed.body.starts_with("\x1f\x8b"));
  CHECK(ask(api, "/api/clusters", "GET", {{"Accept-Encoding", "gzip"}}).body == R"(["db1:3306"])");
  CHECK(ask(api, "/api/cluster/db1:3306").body == plain.body);
}

TEST_CASE("Files are sent again only if they have changed") {
  const TemporaryFolder folder;
  folder.write("index.html", "page");
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles(folder.path()), events);
  const auto tag = WebFiles(folder.path()).find({})->entity_tag;
  CHECK(ask(api, "/").body == "page");
  CHECK(ask(api, "/", "GET", {{"If-None-Match", tag}}).status == 304);
  CHECK(ask(api, "/", "GET", {{"If-None-Match", "W/" + tag + ", \"x\""}}).body.empty());
  CHECK(ask(api, "/", "GET", {{"If-None-Match", "\"x\""}}).status == 200);
}

TEST_CASE("Headers are echoed, but for secrets") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
  const auto answer = ask(api, "/api/headers", "GET", {{"Authorization", "Basic xyz"}, {"X-A", "1"}}).body;
  CHECK(answer == R"x({"Authorization":["(not told)"],"X-A":["1"]})x");
}

TEST_CASE("Pages learn what their user may do") {
  topo::Configuration configuration;
  configuration.authentication_method = "proxy";
  configuration.power_auth_users = {"gromit"};
  const KnownTopology known(configuration);
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
  CHECK(ask(api, "/api/web-settings", "GET", {{"X-Forwarded-User", "gromit"}})
            .body.starts_with(R"({"AuthorizedForAction":true,"User":"gromit",)"));
  CHECK(ask(api, "/api/web-settings").body.starts_with(R"({"AuthorizedForAction":false,"User":"",)"));
}

TEST_CASE("Nodes, the active one, and who takes its office") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
  CHECK(ask(api, "/api/leader-check").status == 404);
  CHECK(ask(api, "/api/grab-election").status == 200);
  CHECK(ask(api, "/api/health").status == 200);
  CHECK(ask(api, "/api/leader-check").body == "\"OK\"");
  const auto nodes = ask(api, "/api/nodes").body;
  CHECK(nodes.find("\"IsActive\":true") != std::string::npos);
  CHECK(nodes.find(known.session().node().token) != std::string::npos);
}

TEST_CASE("Whither an instance may be moved is told with the routes that do it") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
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

TEST_CASE("Pages of other sites change nothing") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
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
  EventHub events;
  Api api(known.session(), AccessPolicy(known.session().configuration()), WebFiles({}), events);
  CHECK(ask(api, "/api/clusters", "GET", {{"Authorization", "Basic ZGJhOng="}}).status == 200);
  for (const auto* target : {"/api/clusters", "/", "/api/nothing", "/%"}) {
    const auto answer = ask(api, target);
    CHECK(answer.status == 401);
    CHECK(answer.body == "Not Authorized");
  }
}

TEST_CASE("Until the backend is open its absence is said") {
  Session session({}, KnownTopology::silent_log(), Session::Opening::explicitly);
  EventHub events;
  Api api(session, AccessPolicy(session.configuration()), WebFiles({}), events);
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
