#include <catch2/catch.hpp>

#include "unit/apps/api_test.h"

namespace api_test {

namespace {

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

}  // namespace

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
  const auto configuration = with_login("multi");
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

}  // namespace api_test
