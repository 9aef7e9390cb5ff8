#include "http/logins.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include <catch2/catch.hpp>
#include <map>
#include <sstream>
#include <thread>
#include <vector>

using namespace orchestrator;
using namespace std::chrono_literals;

namespace {

using LoginHeaders = std::map<std::string, std::string>;

HeaderLookup lookup(const LoginHeaders& headers) {
  return [headers](std::string_view name) -> Header {
    const auto found = headers.find(std::string(name));
    return found == headers.end() ? Header{} : Header{found->second, 1};
  };
}

// dba:x and dba:wrong
const std::string with_right_password = "Basic ZGJhOng=", with_wrong_password = "Basic ZGJhOndyb25n";

struct LoginFixture {
  explicit LoginFixture(const FailedLogins::Pace& pace) : logins(log, pace) {
    topo::Configuration configuration;
    configuration.authentication_method = "multi";
    configuration.http_auth_user = "dba";
    configuration.http_auth_password = "x";
    configuration.auth_proxy_addresses = {"10.0.0.1"};
    policy = std::make_unique<AccessPolicy>(configuration);
  }
  // 200, or the status of a denial.
  int login(const LoginHeaders& headers, const Peer& peer = {"192.0.2.7"}) {
    const auto answer = logins.identify(*policy, lookup(headers), peer);
    const auto* denial = std::get_if<Denial>(&answer);
    return denial == nullptr ? 200 : denial->status;
  }
  int login(const std::string& authorization, const Peer& peer = {"192.0.2.7"}) {
    return login(LoginHeaders{{"Authorization", authorization}}, peer);
  }
  [[nodiscard]] std::optional<std::string> cookie(const LoginHeaders& headers,
                                                  const Peer& peer = {"192.0.2.7"}) {
    return logins.new_cookie(*policy, lookup(headers), peer, "/orc/");
  }

  std::ostringstream told;
  spdlog::logger log{"test", std::make_shared<spdlog::sinks::ostream_sink_mt>(told)};
  std::unique_ptr<AccessPolicy> policy;
  Logins logins;
};

constexpr FailedLogins::Pace refusing{
    .first = 1h, .max = std::chrono::hours(1), .max_waiters = 2, .max_waiting = 0};

}  // namespace

TEST_CASE("Failed logins through a trusted proxy count for the client named by the proxy") {
  LoginFixture door(refusing);
  const auto through = [&](const std::string& authorization, const std::string& client, const Peer& peer) {
    return door.login({{"Authorization", authorization}, {"X-Forwarded-For", client}}, peer);
  };
  const Peer proxy{"10.0.0.1"}, anybody{"192.0.2.9"};
  for (int i = 0; i < 2; ++i) CHECK(through(with_wrong_password, "198.51.100.4", proxy) == 429);
  CHECK(through(with_right_password, "198.51.100.4", proxy) == 429);
  CHECK(through(with_right_password, "198.51.100.5", proxy) == 200);
  CHECK(door.told.str().find("user \"dba\" from 198.51.100.4 through 10.0.0.1; 2 from this address lately") !=
        std::string::npos);
  // Without a trusted proxy, a client can pose as no other client and cause no delay for one.
  for (int i = 0; i < 2; ++i)
    CHECK(through(with_wrong_password, "198.51.100." + std::to_string(5 + i), anybody) == 429);
  CHECK(through(with_right_password, "198.51.100.9", anybody) == 429);
  CHECK(through(with_right_password, "198.51.100.5", proxy) == 200);
}

TEST_CASE("A logged-in browser stays logged in during guesses from its address") {
  LoginFixture door(refusing);
  const auto set = door.cookie({{"Authorization", with_right_password}});
  REQUIRE(set);
  CHECK(set->find("; Path=/orc/; ") != std::string::npos);
  CHECK(set->find("; HttpOnly; SameSite=Strict") != std::string::npos);
  CHECK(set->find("Secure") == std::string::npos);
  CHECK(door.cookie({{"Authorization", with_right_password}, {"X-Forwarded-Proto", "https"}}, {"10.0.0.1"})
            ->ends_with("; Secure"));
  const auto cookie = set->substr(0, set->find(';'));
  CHECK_FALSE(door.cookie({{"Authorization", with_right_password}, {"Cookie", "a=b; " + cookie}}));

  for (int i = 0; i < 2; ++i) CHECK(door.login(with_wrong_password) == 429);
  CHECK(door.login(with_right_password) == 429);
  CHECK(door.login({{"Authorization", with_right_password}, {"Cookie", "a=b; " + cookie + "; c=d"}}) == 200);
  // A cookie is no login and allows no more guesses than an address.
  CHECK(door.login({{"Cookie", cookie}}) == 401);
  for (int i = 0; i < 2; ++i)
    CHECK(door.login({{"Authorization", with_wrong_password}, {"Cookie", cookie}}) == 429);
  CHECK(door.login({{"Authorization", with_right_password}, {"Cookie", cookie}}) == 429);
}

TEST_CASE("A cookie that was forged, or given to another user, has no effect") {
  LoginFixture door(refusing);
  const std::string readonly = "Basic cmVhZG9ubHk6YW55";
  const auto others = door.cookie({{"Authorization", readonly}});
  REQUIRE(others);
  for (int i = 0; i < 2; ++i) CHECK(door.login(with_wrong_password) == 429);
  auto changed = *door.cookie({{"Authorization", with_right_password}});
  changed = changed.substr(0, changed.find(';'));
  changed.back() = changed.back() == '0' ? '1' : '0';
  for (const auto& cookie :
       {others->substr(0, others->find(';')), changed, std::string("orchestrator-browser="),
        std::string("orchestrator-browser=0"), std::string(";;="), std::string(" ")}) {
    INFO(cookie);
    CHECK(door.login({{"Authorization", with_right_password}, {"Cookie", cookie}}) == 429);
  }
}

TEST_CASE("A request without a login is refused at once and not counted") {
  LoginFixture door(refusing);
  for (int i = 0; i < 10; ++i) CHECK(door.login(LoginHeaders{}) == 401);
  CHECK(door.login("Bearer x") == 401);
  CHECK(door.login(with_right_password) == 200);
}
