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
    Header header{begin->second, static_cast<std::size_t>(std::distance(begin, end))};
    for (auto further = std::next(begin); further != end; ++further)
      header.further.push_back(further->second);
    return header;
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

// The status of the denial, "reads" or "writes".
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

TEST_CASE("Without an authentication method everyone has full access") {
  CHECK(verdict(with_method(""), {}, elsewhere) == "writes");
  auto nobody = with_method("basic");
  nobody.http_auth_user.clear();
  CHECK(verdict(nobody, {}) == "writes");
}

TEST_CASE("basic admits requests with the right password only") {
  const auto basic = with_method("Basic");
  CHECK(verdict(basic, right) == "writes");
  for (const auto& headers :
       {Headers{}, wrong_password, longer_password, readonly_user, Headers{{"Authorization", "Basic"}},
        Headers{{"Authorization", "Basic !!!"}}, Headers{{"Authorization", "Bearer x"}},
        Headers{{"Authorization", "Basic ZGJh"}}}) {
    CHECK(verdict(basic, headers) == "401");
  }
}

TEST_CASE("multi also admits the user readonly, read-only and with any password") {
  const auto multi = with_method("multi");
  CHECK(verdict(multi, right) == "writes");
  CHECK(verdict(multi, readonly_user) == "reads");
  CHECK(verdict(multi, wrong_password) == "401");
}

TEST_CASE("proxy trusts the header from AuthProxyAddresses only") {
  auto proxy = with_method("proxy");
  const Headers gromit{{"X-Forwarded-User", "gromit"}};
  CHECK(verdict(proxy, gromit) == "writes");  // by default every user may write
  proxy.power_auth_users = {"wallace", "gromit"};
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

TEST_CASE("proxy grants no write access to a request without a user, whatever its address") {
  auto proxy = with_method("proxy");
  for (const auto& users : {std::vector<std::string>{"*"}, {"gromit"}, {""}, {"", "*"}}) {
    proxy.power_auth_users = users;
    for (const auto& peer : {here, elsewhere, Peer{{}, true}}) {
      CHECK(verdict(proxy, {}, peer) == "reads");
      CHECK(verdict(proxy, {{"X-Forwarded-User", ""}}, peer) ==
            (peer.address == "192.0.2.7" ? "403" : "reads"));
    }
  }
}

TEST_CASE("Repeated headers that name the user are refused") {
  auto twice = right;
  twice.insert({"Authorization", "Basic eDp5"});
  CHECK(verdict(with_method("basic"), twice) == "400");
  CHECK(verdict(with_method("multi"), twice) == "400");
  CHECK(verdict(with_method("proxy"), {{"X-Forwarded-User", "gromit"}, {"X-Forwarded-User", "x"}}) == "400");
  CHECK(verdict(with_method(""), twice) == "writes");  // no authentication, so the header is ignored
}

TEST_CASE("ReadOnly overrides every method") {
  for (const auto* method : {"", "basic", "multi", "proxy"}) {
    auto configuration = with_method(method);
    configuration.read_only = true;
    CHECK(verdict(configuration, right) == "reads");
  }
}

TEST_CASE("A visitor who may not make changes learns why") {
  topo::Configuration configuration;
  CHECK(why_not_write({true, "ann"}, configuration).empty());
  CHECK(why_not_write({false, "ann"}, configuration) == "User ann is not authorised to make changes");
  CHECK(why_not_write({false, ""}, configuration) == "You are not authorised to make changes");
  configuration.read_only = true;
  CHECK(why_not_write({false, "ann"}, configuration) == "This server is configured to be read-only");
}

TEST_CASE("Invalid proxy addresses are refused at startup") {
  auto proxy = with_method("proxy");
  proxy.auth_proxy_addresses = {"127.0.0.1", "10.0.0.300"};
  CHECK(refusal([&] { AccessPolicy policy(proxy); }).find("\"10.0.0.300\"") != std::string::npos);
}

TEST_CASE("A method that cannot work is refused at startup") {
  auto multi = with_method("multi");
  multi.http_auth_user.clear();
  CHECK(refusal([&] { AccessPolicy policy(multi); }).find("HTTPAuthUser") != std::string::npos);
  CHECK(refusal([&] { AccessPolicy policy(with_method("ldap")); }).find("\"ldap\"") != std::string::npos);
}

TEST_CASE("An impossible or well-known account is refused at startup") {
  for (const auto* method : {"basic", "multi"}) {
    auto configuration = with_method(method);
    configuration.http_auth_password.clear();
    CHECK(refusal([&] { AccessPolicy policy(configuration); }).find("HTTPAuthPassword") != std::string::npos);
    configuration = with_method(method);
    configuration.http_auth_user = "dba:team";
    const auto message = refusal([&] { AccessPolicy policy(configuration); });
    CHECK(message.find("\"dba:team\"") != std::string::npos);
    CHECK(message.find("time_for_dinner") == std::string::npos);
  }
  auto unused = with_method("proxy");
  unused.http_auth_password.clear();
  CHECK(verdict(unused, {}) == "reads");
}

namespace {

bool may_change(const Headers& headers, bool is_https = false) {
  return !why_not_own_page(lookup(headers), is_https);
}

const Headers with_host{{"Host", "orc:3000"}};
Headers browser(const Headers& more = {}) {
  Headers headers = with_host;
  headers.insert({"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"});
  headers.insert({"Accept", "image/avif,image/webp,*/*"});
  headers.insert(more.begin(), more.end());
  return headers;
}

}  // namespace

TEST_CASE("Clients other than browsers change things without extra headers") {
  CHECK(may_change({}));
  CHECK(may_change(with_host));
  for (const auto& agent : {"curl/7.88.1", "Go-http-client/1.1", "python-requests/2.28.1", "Java/1.8.0_292",
                            "Wget/1.21.3", "PostmanRuntime/7.32.3", "Prometheus/2.42.0", "node", ""}) {
    auto headers = with_host;
    headers.insert(
        {{"User-Agent", agent}, {"Accept", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"}});
    CHECK(may_change(headers));
  }
  CHECK(may_change(
      {{"User-Agent", "node"}, {"Accept", "*/*"}, {"Accept-Language", "*"}, {"Sec-Fetch-Mode", "cors"}}));
  // PowerShell 5
  CHECK(may_change(
      {{"User-Agent", "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1"}}));
}

TEST_CASE("A browser changes things only with proof that a page of this server sent the request") {
  CHECK_FALSE(may_change(browser()));  // an <img> on any site, over plain http, without a referrer
  CHECK_FALSE(may_change(browser({{"Referer", "http://evil.example/"}})));
  CHECK_FALSE(may_change(browser({{"Referer", "http://orc:3000/web/clusters"}})));
  CHECK_FALSE(may_change(
      {{"Host", "orc:3000"}, {"User-Agent", "AppleCoreMedia/1.0.0.20"}, {"Accept-Language", "en-gb"}}));
  CHECK(may_change(browser({{"X-Requested-With", "orchestrator"}})));
  CHECK_FALSE(may_change(browser({{"X-Requested-With", ""}})));
  CHECK(may_change(browser({{"Origin", "http://ORC:3000"}})));
  CHECK(may_change(browser({{"Sec-Fetch-Site", "same-origin"}})));
  // Behind a proxy that renames the server.
  CHECK(may_change(
      browser({{"X-Requested-With", "orchestrator"}, {"Referer", "https://dba.example.com/orc/"}})));
  CHECK(may_change(browser({{"Sec-Fetch-Site", "same-origin"}, {"Origin", "http://renamed.by.proxy"}})));
}

TEST_CASE("Requests marked as coming from another site are refused, whatever the client") {
  for (const auto& more :
       {Headers{{"Sec-Fetch-Site", "cross-site"}}, Headers{{"Sec-Fetch-Site", "same-site"}},
        Headers{{"Sec-Fetch-Site", "none"}},  // also sent for a link in a mail
        Headers{{"Sec-Fetch-Site", ""}}, Headers{{"Origin", "http://evil.example"}},
        Headers{{"Origin", "http://orc:3001"}}, Headers{{"Origin", "null"}},
        Headers{{"Referer", "http://evil.example/orc:3000"}},
        Headers{{"Sec-Fetch-Site", "cross-site"}, {"X-Requested-With", "x"}},
        Headers{{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "cross-site"}},
        Headers{{"Host", "evil.example"}, {"Origin", "http://orc:3000"}}}) {
    CHECK_FALSE(may_change(browser(more)));
    auto plain = with_host;
    plain.insert(more.begin(), more.end());
    CHECK_FALSE(may_change(plain));
  }
}

TEST_CASE("A browser is detected in any letter case and among repeated headers") {
  const Headers accepts{{"Host", "orc:3000"}, {"Accept", "*/*"}};
  const auto with_agents = [&](const std::vector<std::string>& agents) {
    auto headers = accepts;
    for (const auto& agent : agents) headers.insert({"User-Agent", agent});
    return may_change(headers);
  };
  CHECK_FALSE(with_agents({"mozilla/5.0 (X11)"}));
  CHECK_FALSE(with_agents({"MOZILLA/5.0 (X11)"}));
  CHECK_FALSE(with_agents({"curl/7.88.1", "Mozilla/5.0 (X11)"}));
  CHECK_FALSE(with_agents({"Mozilla/5.0 (X11)", "curl/7.88.1"}));
  CHECK(with_agents({"curl/7.88.1", "curl/7.88.1"}));
  auto twice = browser();
  twice.insert({"Accept", "*/*"});
  CHECK_FALSE(may_change(twice));
  CHECK_FALSE(may_change({{"Accept-Language", "*"}, {"Accept-Language", "en-gb"}}));
}

TEST_CASE("Where pages use https, a plain http origin is another site") {
  for (const auto* name : {"Origin", "Referer"}) {
    INFO(name);
    CHECK_FALSE(may_change({{"Host", "orc:3000"}, {name, "http://orc:3000"}}, true));
    CHECK(may_change({{"Host", "orc:3000"}, {name, "HTTPS://orc:3000"}}, true));
    // A proxy that terminates TLS may not announce https.
    CHECK(may_change({{"Host", "orc:3000"}, {name, "https://orc:3000"}}, false));
    CHECK(may_change({{"Host", "orc:3000"}, {name, "http://orc:3000"}}, false));
  }
  CHECK(may_change(browser({{"X-Requested-With", "orchestrator"}, {"Origin", "http://orc:3000"}}), true));
}

TEST_CASE("Pages use https with UseSSL, or when a trusted proxy reports it") {
  const auto is_https = [](bool use_ssl, const Headers& headers, const Peer& peer) {
    topo::Configuration configuration;
    configuration.use_ssl = use_ssl;
    return AccessPolicy(configuration).is_https(lookup(headers), peer);
  };
  const Headers none, https{{"X-Forwarded-Proto", "https"}}, http{{"X-Forwarded-Proto", "http"}};
  CHECK(is_https(true, none, elsewhere));
  CHECK(is_https(true, http, elsewhere));
  CHECK_FALSE(is_https(true, http, here));
  CHECK(is_https(false, https, here));
  CHECK_FALSE(is_https(false, https, elsewhere));
  CHECK_FALSE(is_https(false, none, here));
}

TEST_CASE("A login has the user whose password is checked, and whether that user exists") {
  const auto login = [](const std::string& method, const Headers& headers) -> std::string {
    const auto found = AccessPolicy(with_method(method)).login(lookup(headers));
    return !found ? "none" : found->user + (found->is_known ? "" : "?");
  };
  CHECK(login("basic", right) == "dba_team");
  CHECK(login("basic", wrong_password) == "dba_team");
  CHECK(login("basic", readonly_user) == "readonly?");
  CHECK(login("multi", readonly_user) == "readonly");
  CHECK(login("basic", {}) == "none");
  CHECK(login("basic", {{"Authorization", "Basic !"}}) == "none");
  CHECK(login("", right) == "none");
  CHECK(login("proxy", right) == "none");
}

TEST_CASE("multi accepts any password for readonly only") {
  topo::Configuration configuration;
  configuration.authentication_method = "multi";
  configuration.http_auth_user = "readonly";
  configuration.http_auth_password = "x";
  const auto mistakes = access_mistakes(configuration);
  REQUIRE(mistakes.size() == 1);
  CHECK(mistakes.front().find("HTTPAuthUser is \"readonly\"") != std::string::npos);
  configuration.http_auth_user = "ann";
  CHECK(access_mistakes(configuration).empty());
}
