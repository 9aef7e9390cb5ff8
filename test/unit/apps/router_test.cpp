#include "http/router.h"

#include <catch2/catch.hpp>

#include "unit/config/refusal.h"

using namespace orchestrator;

namespace {

const Router& router() {
  static const Router instance(catalogue());
  return instance;
}

// The operation's name, "" for no route and "?" for an invalid path.
std::string routed(const std::string& path) {
  const auto target = parse_target(path);
  if (!target) return "?";
  const auto match = router().match(*target);
  return match ? std::string(match->operation->name) : "";
}

Arguments arguments(const std::string& path) {
  const auto target = parse_target(path);
  REQUIRE(target);
  const auto match = router().match(*target);
  REQUIRE(match);
  return match->arguments();
}

std::string refused(const std::string& path) {
  return refusal([&] { (void)arguments(path); });
}

}  // namespace

TEST_CASE("Paths match their operations, with or without a trailing slash") {
  CHECK(routed("/api/instance/mysql10/3306") == "instance");
  CHECK(routed("/api/instance/mysql10/3306/") == "instance");
  CHECK(routed("/api/clusters") == "clusters");
  CHECK(routed("/api/cluster/mysql10:3306") == "cluster");
  CHECK(routed("/api/cluster/alias/shop/") == "cluster-alias");
  CHECK(routed("/api/cluster/alias") == "cluster");
  CHECK(routed("/api/audit") == "audit");
  CHECK(routed("/api/audit/3") == "audit");
  CHECK(routed("/api/search?s=x") == "search");
  CHECK(routed("http://orc:3000/api/clusters") == "clusters");
}

TEST_CASE("Paths that match no operation") {
  for (const auto* path :
       {"/", "/api", "/api/", "/api/nothing", "/api/instance", "/api/instance/h", "/api/instance/h/1/2",
        "/api//clusters", "/api/clusters//", "/api/instance//3306", "/API/clusters", "/api/clusters/x"}) {
    INFO(path);
    CHECK(routed(path) == "");
  }
  for (const auto* path :
       {"", "api/clusters", "*", "/api/%", "/api/%4", "/api/%zz", "/api/a%00b", "/a?x=%0"}) {
    INFO(path);
    CHECK(routed(path) == "?");
  }
  CHECK(routed("/" + std::string(longest_target, 'x')) == "?");
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "/x";
  CHECK(routed(deep) == "?");
}

TEST_CASE("Alternative spellings of an operation are routes, too") {
  for (const auto* path : {"/api/stop-slave/db1/3306", "/api/stop-replica/db1/3306"}) {
    INFO(path);
    CHECK(routed(path) == "stop-slave");
    CHECK(arguments(path).instance() == topo::InstanceKey{"db1", 3306});
  }
  CHECK(arguments("/api/move-up-replicas/db1/3306?pattern=x").text(Parameter::pattern) == "x");
}

TEST_CASE("Segments are decoded after splitting, and a plus stays a plus") {
  CHECK(arguments("/api/cluster/a%2Fb+c%20d").text(Parameter::cluster) == "a/b+c d");
  CHECK(routed("/api%2Fclusters") == "");
  CHECK(arguments("/api/instance/db%31/3306").instance() == topo::InstanceKey{"db1", 3306});
}

TEST_CASE("A query is decoded like a form") {
  CHECK(arguments("/api/search?s=a+b%2B&x=y").text(Parameter::search) == "a b+");
  CHECK(arguments("/api/search").text(Parameter::search).empty());
  CHECK(arguments("/api/search?s").text(Parameter::search).empty());
  const auto set_alias = arguments("/api/set-cluster-alias/c:1?alias=shop");
  CHECK(set_alias.text(Parameter::cluster) == "c:1");
  CHECK(set_alias.text(Parameter::alias) == "shop");
}

TEST_CASE("Invalid instance values are refused") {
  for (const auto* port : {"x", "0", "65536", "-1", "3306x", "99999999999999999999", "1e3", "+1"}) {
    CHECK(refused(std::string("/api/instance/db1/") + port).find("port") != std::string::npos);
  }
  CHECK(refused("/api/instance/" + std::string(4000, 'h') + "/3306").find("253") != std::string::npos);
  CHECK_FALSE(refused("/api/instance/db1%2Fx/3306").empty());
  CHECK_FALSE(refused("/api/instance/db1%0Ax/3306").empty());
  CHECK_FALSE(refused("/api/set-cluster-alias/c:1").empty());
}

TEST_CASE("A route that fails to match leaves no values behind") {
  const Catalogue two{Operation{.name = "one", .routes = {"/api/one/:page/x"}},
                      Operation{.name = "two", .routes = {"/api/:clusterName/:searchString/y"}}};
  const Router small(two);
  const auto target = parse_target("/api/one/2/y");
  REQUIRE(target);
  const auto match = small.match(*target);
  REQUIRE(match);
  CHECK(match->arguments().text(Parameter::cluster) == "one");
  CHECK(match->arguments().text(Parameter::search) == "2");
}

TEST_CASE("A switch is on without a value, and when its value means yes") {
  const auto is_on = [](const std::string& query) {
    return arguments("/api/stop-slave/a/3306" + query).is_on(Parameter::dry_run);
  };
  CHECK_FALSE(is_on(""));
  for (const auto* yes : {"", "=", "=true", "=1", "=YES"}) CHECK(is_on("?dry-run" + std::string(yes)));
  for (const auto* no : {"=false", "=0", "=No"}) CHECK_FALSE(is_on("?dry-run" + std::string(no)));
  CHECK_THROWS_WITH(is_on("?dry-run=maybe"), "dry-run is \"maybe\"; expected true or false");
}

TEST_CASE("A request that changes something has no unknown and no repeated parameters") {
  CHECK(refused("/api/stop-slave/a/3306?dry-run=true").empty());
  CHECK(refused("/api/stop-slave/a/3306?dryRun=true") ==
        "stop-slave has no parameter dryRun in its query; it takes dry-run");
  CHECK(refused("/api/stop-slave/a/3306?dry-run=true&dry-run=false") ==
        "Parameter dry-run is given more than once");
  CHECK(refused("/api/move-up-slaves/a/3306?patern=x") ==
        "move-up-slaves has no parameter patern in its query; it takes pattern, allow-errant, dry-run");
  CHECK(refused("/api/forget/a/3306?x=1") == "forget has no parameter x in its query");
  CHECK(refused("/api/instance/a/3306?_=1700000000").empty());  // it only reads
}

TEST_CASE("A cluster is named by its name, its alias, or one of its instances") {
  const auto by_name = arguments("/api/graceful-master-takeover/shop?dry-run=true");
  CHECK(by_name.text(Parameter::cluster) == "shop");
  CHECK_FALSE(by_name.has(Parameter::instance));
  const auto by_instance = arguments("/api/graceful-master-takeover-auto/db1/3306/db2/3307?kill=true");
  CHECK(by_instance.instance() == topo::InstanceKey::parse("db1:3306", 3306));
  CHECK(by_instance.sibling() == topo::InstanceKey::parse("db2:3307", 3306));
  CHECK(by_instance.is_on(Parameter::end_clients));
  CHECK(arguments("/api/graceful-master-takeover/shop/db2/3306").has(Parameter::sibling));
}
