#include "http/api.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <sstream>
#include <thread>

#include "unit/apps/known_topology.h"
#include "unit/config/temporary_folder.h"

using namespace orchestrator;

namespace {

struct Answer {
  int status = 0;
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> headers = {};

  [[nodiscard]] std::string header(std::string_view name) const {
    const auto found = std::ranges::find(headers, name, &std::pair<std::string_view, std::string>::first);
    return found == headers.end() ? "" : found->second;
  }
};

using SentHeaders = std::map<std::string, std::string>;

Answer ask(Api& api, const std::string& target, const std::string& method = "GET",
           const SentHeaders& headers = {}) {
  const auto lookup = [&](std::string_view name) -> Header {
    const auto found = headers.find(std::string(name));
    return found == headers.end() ? Header{} : Header{found->second, 1};
  };
  const auto all = [&] {
    return std::vector<std::pair<std::string, std::string>>(headers.begin(), headers.end());
  };
  const auto response = api.handle({method, target, lookup, {"127.0.0.1"}, all});
  return {response.status, response.body == nullptr ? "" : *response.body, response.headers};
}

// A path of the route, with a value for each parameter.
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
    CHECK(ask(api, fmt::format("/api/cluster/{}", hint)).body == ask(api, "/api/cluster/db1:3306").body);
    CHECK(ask(api, fmt::format("/api/cluster-info/{}", hint)).body ==
          ask(api, "/api/cluster-info/db1:3306").body);
  }
  CHECK(ask(api, "/api/search?s=%20db3+").body == ask(api, "/api/search?s=db3").body);
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
              R"("CountValidSlaves":2,"CountValidReplicatingSlaves":2,"Analysis":"UnreachableMaster","Description":)"
              R"("The master cannot be reached but has replicas that are replicating, so that the network or its host )"
              R"(is to blame","Actions":[{"Operation":"recover","Path":"recover/db1/3306",)"));
  store.maintenance().begin(std::vector<topo::MaintenanceRequest>{{{"db1", 3306}, "why"}}, "me",
                            std::chrono::seconds(60));
  CHECK(ask(api, "/api/replication-analysis?again").body ==
        R"({"Code":"OK","Message":"Analysis","Details":[]})");
  CHECK(ask(api, "/api/recover/nobody/3306").status == 404);
  const auto held = ask(api, "/api/recover/db1/3306");
  CHECK(held.status == 200);
  CHECK(held.body.starts_with(R"({"Code":"OK","Message":"No action taken: An instance in )"));
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

namespace {

// A user with read access only, once for each way to configure it.
struct Reader {
  std::string name;
  topo::Configuration configuration;
  SentHeaders headers;
};

std::vector<Reader> readers() {
  topo::Configuration read_only, multi, proxy, basic_read_only;
  read_only.read_only = basic_read_only.read_only = true;
  multi.authentication_method = "multi";
  basic_read_only.authentication_method = "basic";
  multi.http_auth_user = basic_read_only.http_auth_user = "dba";
  multi.http_auth_password = basic_read_only.http_auth_password = "x";
  proxy.authentication_method = "proxy";
  proxy.power_auth_users = {"gromit"};
  return {{"ReadOnly", read_only, {}},
          {"readonly of multi", multi, {{"Authorization", "Basic cmVhZG9ubHk6YW55"}}},
          {"a user of the proxy", proxy, {{"X-Forwarded-User", "feathers"}}},
          {"nobody of the proxy", proxy, {}},
          {"basic with ReadOnly", basic_read_only, {{"Authorization", "Basic ZGJhOng="}}}};
}

}  // namespace

TEST_CASE(
    "Readers are refused every operation that changes something, whatever its arguments, and no other") {
  for (const auto& reader : readers()) {
    INFO(reader.name);
    const KnownTopology known(reader.configuration);
    EventHub events;
    Api api(known.session(), WebFiles({}), events);
    int refused = 0;
    for (const auto& operation : catalogue()) {
      // It waits for the network.
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

TEST_CASE("Requests without access are refused on every route and file") {
  topo::Configuration configuration;
  configuration.authentication_method = "multi";
  configuration.http_auth_user = "dba";
  configuration.http_auth_password = "x";
  const KnownTopology known(configuration);
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  for (const auto& operation : catalogue()) {
    for (const auto& route : routes_of(operation)) CHECK(ask(api, example_of(route)).status == 401);
  }
  for (const auto* own :
       {"/", "/api", "/metrics", "/api/events", "/api/headers", "/api/web-settings", "/web/audit"})
    CHECK(ask(api, own).status == 401);
}

TEST_CASE("HTTPStatusAlwaysOK applies to operations only") {
  topo::Configuration configuration;
  configuration.http_status_always_ok = true;
  const KnownTopology known(configuration);
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  const auto unknown = ask(api, "/api/instance/nobody/3306");
  CHECK(unknown.status == 200);
  CHECK(unknown.body.starts_with(R"({"Code":"ERROR",)"));
  CHECK(ask(api, "/api/instance/db1/x").status == 200);
  CHECK(ask(api, "/api/forget/db1/3306", "GET", {{"Sec-Fetch-Site", "cross-site"}}).status == 200);
  CHECK(ask(api, "/api/nothing").status == 404);
  CHECK(ask(api, "/api/leader-check").status == 404);  // only its status carries the result
}

TEST_CASE("With a URL prefix, everything is below it and nothing beside it") {
  topo::Configuration configuration;
  configuration.url_prefix = "/dba/orc";
  const KnownTopology known(configuration);
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  CHECK(ask(api, "/dba/orc/api/clusters").body == R"(["db1:3306"])");
  CHECK(ask(api, "/dba/orc").status == 200);
  CHECK(ask(api, "/dba/orc/metrics").status == 200);
  for (const auto* beside : {"/api/clusters", "/", "/dba/orca/api/clusters", "/dba"})
    CHECK(ask(api, beside).status == 404);
}

TEST_CASE("Large responses are compressed if the client accepts it, with the same content") {
  const KnownTopology known;
  std::vector<topo::Instance> many;
  for (int i = 0; i < 20; ++i) many.push_back(KnownTopology::instance("replica" + std::to_string(i), "db1"));
  known.write(many);
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  const auto plain = ask(api, "/api/cluster/db1:3306");
  const auto packed = ask(api, "/api/cluster/db1:3306", "GET", {{"Accept-Encoding", "gzip, br"}});
  CHECK(packed.body.size() * 5 < plain.body.size());
  CHECK(packed.body.starts_with("\x1f\x8b"));
  CHECK(ask(api, "/api/clusters", "GET", {{"Accept-Encoding", "gzip"}}).body == R"(["db1:3306"])");
  CHECK(ask(api, "/api/cluster/db1:3306").body == plain.body);
}

TEST_CASE("Files are sent again only if they changed") {
  const TemporaryFolder folder;
  folder.write("index.html", "page");
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles(folder.path()), events);
  const auto tag = WebFiles(folder.path()).find({})->entity_tag;
  CHECK(ask(api, "/").body == "page");
  CHECK(ask(api, "/", "GET", {{"If-None-Match", tag}}).status == 304);
  CHECK(ask(api, "/", "GET", {{"If-None-Match", "W/" + tag + ", \"x\""}}).body.empty());
  CHECK(ask(api, "/", "GET", {{"If-None-Match", "\"x\""}}).status == 200);
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

TEST_CASE("Pages of other sites change nothing") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  const SentHeaders foreign{{"Sec-Fetch-Site", "cross-site"}};
  const SentHeaders silent{{"Host", "localhost"}, {"User-Agent", "Mozilla/5.0"}, {"Accept", "image/*"}};
  for (const auto& operation : catalogue()) {
    if (operation.access != Access::write) continue;
    for (const auto& route : routes_of(operation)) {
      INFO(route);
      for (const auto& headers : {foreign, silent}) {
        const auto answer = ask(api, example_of(route), "GET", headers);
        CHECK(answer.status == 403);
        CHECK(answer.body.find(R"("Message":"Unauthorized: )") != std::string::npos);
      }
    }
  }
  CHECK(ask(api, "/api/instance/db1/3306", "GET", foreign).status == 200);
  CHECK(ask(api, "/api/instance/db1/3306", "GET", silent).status == 200);
  auto own = silent;
  own["X-Requested-With"] = "orchestrator";
  CHECK(ask(api, "/api/forget/db1/3306", "GET", own).status == 200);
}

TEST_CASE("HEAD changes nothing") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  for (const auto& operation : catalogue()) {
    if (operation.access != Access::write) continue;
    for (const auto& route : routes_of(operation)) {
      INFO(route);
      const auto answer = ask(api, example_of(route), "HEAD");
      CHECK(answer.status == 405);
      CHECK(answer.header("Allow") == "GET");
    }
  }
  CHECK(ask(api, "/api/forget/db1/3306", "HEAD").status == 405);
  CHECK(ask(api, "/api/instance/db1/3306").status == 200);
}

TEST_CASE("A request with an unknown Host is refused, and the message names the key to configure") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  for (const auto* target :
       {"/", "/api/clusters", "/api/forget/db1/3306", "/metrics", "/api/nothing", "/%"}) {
    const auto answer = ask(api, target, "GET", {{"Host", "evil.example:3000"}});
    CHECK(answer.status == 421);
    CHECK(answer.body.find("evil.example:3000") != std::string::npos);
    CHECK(answer.body.find("HTTPAllowedHosts") != std::string::npos);
  }
  CHECK(ask(api, "/api/clusters", "GET", {{"Host", "localhost:3000"}}).status == 200);
  CHECK(ask(api, "/api/clusters", "GET", {{"Host", known.session().node().hostname}}).status == 200);
  CHECK(ask(api, "/api/clusters").status == 200);  // HTTP/1.0
  topo::Configuration next;
  next.http_allowed_hosts = {"evil.example"};
  api.prepare(next)();
  CHECK(ask(api, "/api/clusters", "GET", {{"Host", "evil.example:3000"}}).status == 200);
}

TEST_CASE("A user without write access gets a name resolved but causes no connection") {
  topo::Configuration configuration;
  configuration.authentication_method = "proxy";
  const KnownTopology known(configuration);
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  const SentHeaders gromit{{"X-Forwarded-User", "gromit"}};
  const std::string nobody_listens = "/api/resolve/127.0.0.1/1";
  CHECK(ask(api, nobody_listens).body ==
        R"({"Code":"OK","Message":"Instance resolved","Details":{"Hostname":"127.0.0.1","Port":1}})");
  CHECK(ask(api, nobody_listens, "GET", gromit).status == 502);
  auto made_to_ask = gromit;
  made_to_ask["Sec-Fetch-Site"] = "cross-site";
  CHECK(ask(api, nobody_listens, "GET", made_to_ask).status == 200);
}

namespace {

// A port of 127.0.0.1 that neither accepts nor refuses connections: its queue is full.
class DeafPort {
 public:
  DeafPort() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE((bind(listener_, generic, size) == 0 && listen(listener_, 0) == 0 &&
             getsockname(listener_, generic, &size) == 0));
    port_ = ntohs(address.sin_port);
    REQUIRE(connect(first_, generic, size) == 0);
  }
  ~DeafPort() {
    close(first_);
    refuse();
  }
  DeafPort(const DeafPort&) = delete;
  DeafPort& operator=(const DeafPort&) = delete;
  // Closes the port, so that connections are refused.
  void refuse() { close(std::exchange(listener_, -1)); }
  [[nodiscard]] std::string port() const { return std::to_string(port_); }

 private:
  int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int first_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
};

}  // namespace

TEST_CASE("Requests that wait for servers are limited in number, and others are answered meanwhile",
          "[threads]") {
  const KnownTopology known;
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  DeafPort port;
  const auto limit = find_operation("resolve")->max_at_once;
  REQUIRE(limit > 0);
  std::atomic<std::size_t> refused{0}, others{0};
  {
    std::vector<std::jthread> clients;
    for (std::size_t i = 0; i < limit + 5; ++i) {
      clients.emplace_back([&] {
        // Refused requests are retried, so that finally all of them run.
        for (;;) {
          const auto answer = ask(api, "/api/resolve/127.0.0.1/" + port.port());
          if (answer.status != 503) break;
          if (answer.header("Retry-After").empty() || answer.body.find("try again") == std::string::npos)
            ++others;
          ++refused;
        }
      });
    }
    while (refused < 5) std::this_thread::yield();
    CHECK(ask(api, "/api/clusters").status == 200);
    port.refuse();
  }
  CHECK(others == 0);
  CHECK(ask(api, "/api/resolve/127.0.0.1/" + port.port()).status == 502);
}

TEST_CASE("Asynchronous discoveries are limited in number", "[threads]") {
  // The long timeout keeps all discoveries running while the limit is reached, however slow the machine.
  const KnownTopology known({}, std::chrono::hours(1));
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  DeafPort port;
  const auto target = "/api/discover/127.0.0.1/" + port.port();
  Answer answer{200, {}};
  for (int i = 0; i < 1000 && answer.status == 200; ++i) answer = ask(api, target);
  CHECK(answer.status == 503);
  CHECK(answer.body.find("try again") != std::string::npos);
  CHECK(ask(api, "/api/clusters").status == 200);
  // The end of one discovery makes room.
  port.refuse();
  while (ask(api, target).status == 409) std::this_thread::yield();
}

TEST_CASE("Failed logins are logged with address and user, and answered with a delay") {
  std::ostringstream text;
  const auto log =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  topo::Configuration configuration;
  configuration.authentication_method = "basic";
  configuration.http_auth_user = "dba";
  configuration.http_auth_password = "x";
  Session session(configuration, log, Session::Opening::explicitly);
  EventHub events;
  Api api(session, WebFiles({}), events, {.first = std::chrono::milliseconds(20)});
  const auto begin = std::chrono::steady_clock::now();
  CHECK(ask(api, "/", "GET", {{"Authorization", "Basic ZXZpbAoyMDI2LTAxLTAxIEZBS0VkOnNlY3JldA=="}}).status ==
        401);
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(20));
  CHECK(text.str().find("Login failed for user \"evil?2026-01-01 FAKEd\" from 127.0.0.1") !=
        std::string::npos);
  CHECK(text.str().find("secret") == std::string::npos);
  text.str("");
  CHECK(ask(api, "/").status == 401);  // the first request of a browser, without credentials
  CHECK(ask(api, "/", "GET", {{"Authorization", "Basic ZGJhOng="}}).status == 200);
  CHECK(text.str().empty());
}

TEST_CASE("Too many pending logins of an address and user block its further logins", "[threads]") {
  topo::Configuration configuration;
  configuration.authentication_method = "basic";
  configuration.http_auth_user = "dba";
  configuration.http_auth_password = "x";
  const KnownTopology known(configuration);
  EventHub events;
  constexpr auto an_hour = std::chrono::milliseconds(3'600'000);
  Api api(known.session(), WebFiles({}), events, {.first = an_hour, .max = an_hour, .max_waiters = 1});
  std::jthread guess([&] { ask(api, "/", "GET", {{"Authorization", "Basic ZGJhOnk="}}); });
  const SentHeaders right{{"Authorization", "Basic ZGJhOng="}};
  while (ask(api, "/api/clusters", "GET", right).status != 429) std::this_thread::yield();
  CHECK(ask(api, "/").status == 401);  // no credentials, so no guess
  api.close();
  guess.join();
}

TEST_CASE("A browser gets a cookie with the first page after a login, and with no other response") {
  topo::Configuration configuration;
  configuration.authentication_method = "basic";
  configuration.http_auth_user = "dba";
  configuration.http_auth_password = "x";
  const KnownTopology known(configuration);
  const TemporaryFolder folder;
  folder.write("index.html", "<base href=\"/\">");
  EventHub events;
  Api api(known.session(), WebFiles(folder.path(), ""), events);
  SentHeaders login{{"Authorization", "Basic ZGJhOng="}};
  const auto set = ask(api, "/", "GET", login).header("Set-Cookie");
  CHECK(set.find("; Path=/;") != std::string::npos);
  CHECK(ask(api, "/").header("Set-Cookie").empty());
  CHECK(ask(api, "/api/clusters", "GET", login).header("Set-Cookie").empty());
  login["Cookie"] = set.substr(0, set.find(';'));
  CHECK(ask(api, "/", "GET", login).header("Set-Cookie").empty());
  CHECK(ask(api, "/", "GET", {{"Cookie", login["Cookie"]}}).status == 401);
}

TEST_CASE("Without credentials nothing is returned, not even from the cache") {
  topo::Configuration configuration;
  configuration.authentication_method = "basic";
  configuration.http_auth_user = "dba";
  configuration.http_auth_password = "x";
  const KnownTopology known(configuration);
  EventHub events;
  Api api(known.session(), WebFiles({}), events);
  CHECK(ask(api, "/api/clusters", "GET", {{"Authorization", "Basic ZGJhOng="}}).status == 200);
  for (const auto* target : {"/api/clusters", "/", "/api/nothing", "/%"}) {
    const auto answer = ask(api, target);
    CHECK(answer.status == 401);
    CHECK(answer.body == "Not Authorized");
  }
}

TEST_CASE("Until the backend is open, requests fail with 503") {
  Session session({}, KnownTopology::silent_log(), Session::Opening::explicitly);
  EventHub events;
  Api api(session, WebFiles({}), events);
  for (const auto* target : {"/api/clusters", "/api/instance/db1/3306", "/api/discover/db1/3306"}) {
    CHECK(ask(api, target).status == 503);
  }
  CHECK(ask(api, "/api/health").status == 503);
  CHECK(ask(api, "/api/health").body.find(R"("Healthy":false)") != std::string::npos);
  CHECK(ask(api, "/api/health").body.find("unhealthy: The backend is not open yet") != std::string::npos);
  CHECK(ask(api, "/api/lb-check").status == 200);
  CHECK(ask(api, "/").status == 200);
}
