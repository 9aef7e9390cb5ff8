#include <catch2/catch.hpp>

#include "unit/apps/api_test.h"
#include "unit/config/temporary_folder.h"

namespace api_test {

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

}  // namespace api_test
