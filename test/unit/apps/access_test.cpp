#include "common/access.h"

#include <catch2/catch.hpp>
#include <map>

#include "unit/config/refusal.h"

using namespace orchestrator;

namespace {

using Headers = std::multimap<std::string, std::string>;

HeaderLookup lookup(const Headers& headers) {
  return [headers](std::string_view name) -> Header {
    const auto [begin, end] = headers.equal_range(std::string(name));
    if (begin == end) return {};
    return {begin->second, static_cast<std::size_t>(std::distance(begin, end))};
  };
}

topo::Configuration with_method(const std::string& method) {
  topo::Configuration configuration;
  configuration.authentication_method = method;
  configuration.http_auth_user = "dba_team";
  configuration.http_auth_password = "time_for_dinner";
  return configuration;
}

const Peer here{"127.0.0.1"};
const Peer elsewhere{"192.0.2.7"};

// The status with which it is not let in, "reads" or "writes".
std::string verdict(const topo::Configuration& configuration, const Headers& headers,
                    const Peer& peer = here) {
  const auto visitor = AccessPolicy(configuration).identify(lookup(headers), peer);
  if (const auto* denial = std::get_if<Denial>(&visitor)) return std::to_string(denial->status);
  return std::get<Visitor>(visitor).may_write ? "writes" : "reads";
}

const Headers right{{"Authorization", "Basic ZGJhX3RlYW06dGltZV9mb3JfZGlubmVy"}};
const Headers wrong_password{{"Authorization", "Basic ZGJhX3RlYW06eA=="}};
const Headers longer_password{
    {"Authorization", "Basic ZGJhX3RlYW06dGltZV9mb3JfZGlubmVydGltZV9mb3JfZGlubmVy"}};
const Headers readonly_user{{"Authorization", "basic cmVhZG9ubHk6YW55"}};

}  // namespace

TEST_CASE("Without a method everybody may do everything") {
  CHECK(verdict(with_method(""), {}, elsewhere) == "writes");
  auto nobody = with_method("basic");
  nobody.http_auth_user.clear();
  CHECK(verdict(nobody, {}) == "writes");
}

TEST_CASE("basic lets in those who know the password") {
  const auto basic = with_method("Basic");
  CHECK(verdict(basic, right) == "writes");
  for (const auto& headers :
       {Headers{}, wrong_password, longer_password, readonly_user, Headers{{"Authorization", "Basic"}},
        Headers{{"Authorization", "Basic !!!"}}, Headers{{"Authorization", "Bearer x"}},
        Headers{{"Authorization", "Basic ZGJh"}}}) {
    CHECK(verdict(basic, headers) == "401");
  }
}

TEST_CASE("multi also lets the user readonly look, by any password") {
  const auto multi = with_method("multi");
  CHECK(verdict(multi, right) == "writes");
  CHECK(verdict(multi, readonly_user) == "reads");
  CHECK(verdict(multi, wrong_password) == "401");
}

TEST_CASE("proxy believes the header, from AuthProxyAddresses only") {
  auto proxy = with_method("proxy");
  CHECK(verdict(proxy, {}) == "writes");  // everybody has power by default
  proxy.power_auth_users = {"wallace", "gromit"};
  const Headers gromit{{"X-Forwarded-User", "gromit"}};
  CHECK(verdict(proxy, gromit) == "writes");
  CHECK(verdict(proxy, gromit, elsewhere) == "403");
  CHECK(verdict(proxy, {}, elsewhere) == "reads");
  CHECK(verdict(proxy, gromit, {{}, true}) == "writes");
  proxy.auth_proxy_addresses = {"192.0.2.0/24"};
  CHECK(verdict(proxy, gromit, elsewhere) == "writes");
  CHECK(verdict(proxy, gromit, {"::ffff:192.0.2.9"}) == "writes");
  CHECK(verdict(proxy, gromit) == "403");
  proxy.auth_proxy_addresses = {"127.0.0.0/8"};
  CHECK(verdict(proxy, {{"X-Forwarded-User", "feathers"}}) == "reads");
  CHECK(verdict(proxy, {}) == "reads");
  proxy.power_auth_users = {""};
  CHECK(verdict(proxy, {}) == "reads");
}

TEST_CASE("Headers that say who the user is are refused when there are several") {
  auto twice = right;
  twice.insert({"Authorization", "Basic eDp5"});
  CHECK(verdict(with_method("basic"), twice) == "400");
  CHECK(verdict(with_method("multi"), twice) == "400");
  CHECK(verdict(with_method("proxy"), {{"X-Forwarded-User", "gromit"}, {"X-Forwarded-User", "x"}}) == "400");
  CHECK(verdict(with_method(""), twice) == "writes");  // nobody is asked who it is
}

TEST_CASE("ReadOnly beats every method") {
  for (const auto* method : {"", "basic", "multi", "proxy"}) {
    auto configuration = with_method(method);
    configuration.read_only = true;
    CHECK(verdict(configuration, right) == "reads");
  }
}

TEST_CASE("Addresses of proxies that are none are refused at the start") {
  auto proxy = with_method("proxy");
  proxy.auth_proxy_addresses = {"127.0.0.1", "10.0.0.300"};
  CHECK(refusal([&] { AccessPolicy policy(proxy); }).find("\"10.0.0.300\"") != std::string::npos);
}

TEST_CASE("A method that cannot work is refused at the start") {
  auto multi = with_method("multi");
  multi.http_auth_user.clear();
  CHECK(refusal([&] { AccessPolicy policy(multi); }).find("HTTPAuthUser") != std::string::npos);
  CHECK(refusal([&] { AccessPolicy policy(with_method("ldap")); }).find("\"ldap\"") != std::string::npos);
}

TEST_CASE("Requests that another site made the browser send are told apart") {
  const auto cross = [](const Headers& headers) { return is_cross_site(lookup(headers)); };
  CHECK_FALSE(cross({}));
  CHECK_FALSE(cross({{"Sec-Fetch-Site", "same-origin"}, {"Origin", "http://renamed.by.proxy"}}));
  CHECK_FALSE(cross({{"Sec-Fetch-Site", "none"}}));
  CHECK(cross({{"Sec-Fetch-Site", "cross-site"}}));
  CHECK(cross({{"Sec-Fetch-Site", "same-site"}}));
  CHECK_FALSE(
      cross({{"Host", "orc:3000"}, {"Origin", "http://ORC:3000"}, {"Referer", "http://orc:3000/web/x"}}));
  CHECK(cross({{"Host", "orc:3000"}, {"Origin", "http://evil.example"}}));
  CHECK(cross({{"Host", "orc:3000"}, {"Origin", "null"}}));
  CHECK(cross({{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "cross-site"}}));
  CHECK(cross({{"Host", "orc:3000"}, {"Host", "evil.example"}, {"Origin", "http://orc:3000"}}));
  CHECK(cross({{"Host", "orc:3000"}, {"Referer", "http://evil.example/orc:3000"}}));
}
