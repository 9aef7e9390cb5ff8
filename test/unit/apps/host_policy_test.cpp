#include "http/host_policy.h"

#include <catch2/catch.hpp>

#include "topo/base/error.h"
#include "unit/config/refusal.h"

using namespace orchestrator;

namespace {

std::optional<std::string> no_other_name(const std::string&) {
  return std::nullopt;
}

}  // namespace

TEST_CASE("Addresses, localhost and the host name are allowed, other names are not") {
  OwnNames own("db-ops", no_other_name);
  const HostPolicy policy({}, own);
  for (const auto* host : {"localhost", "LOCALHOST:3000", "localhost.", "127.0.0.1", "127.0.0.1:3000",
                           "10.1.2.3", "[::1]", "[::1]:3000", "[2001:db8::1]:80", "db-ops", "DB-OPS:3000"})
    CHECK(policy.allows(host));
  for (const auto* host :
       {"", "evil.example", "evil.example:3000", "localhost.evil.example", "127.0.0.1.evil.example",
        "2130706433", "0x7f.1", "127.1", "[evil.example]", "[::1", ":3000", "[", "db-ops.evil.example",
        "[::1]evil.example", "[::1]:evil", "localhost:evil", "localhost:23000.evil.example", "localhost:1:2"})
    CHECK_FALSE(policy.allows(host));
}

TEST_CASE("Names from ListenAddress and HTTPAllowedHosts are allowed, too") {
  OwnNames own("db-ops", no_other_name);
  topo::Configuration configuration;
  configuration.listen_address = "orc.example.com:3000";
  configuration.http_allowed_hosts = {"Orchestrator.example.com", "orc_2"};
  const HostPolicy policy(configuration, own);
  for (const auto* host : {"orc.example.com:3000", "orchestrator.EXAMPLE.com", "orc_2:1"})
    CHECK(policy.allows(host));
  CHECK_FALSE(policy.allows("example.com"));
  configuration.http_allowed_hosts = {"*"};
  CHECK(HostPolicy(configuration, own).allows("whatever.example"));
  for (const auto* wrong :
       {"http://orc.example.com", "orc.example.com:3000", "", "orc example", "*.example.com"}) {
    configuration.http_allowed_hosts = {wrong};
    CHECK(refusal([&] { const HostPolicy refused(configuration, own); }).find("HTTPAllowedHosts") !=
          std::string::npos);
  }
}

TEST_CASE("The canonical name of this host is looked up on demand, once") {
  int asked = 0;
  OwnNames own("db-ops", [&](const std::string& host) -> std::optional<std::string> {
    ++asked;
    return host + ".prod.example.com.";
  });
  const HostPolicy policy({}, own);
  CHECK(policy.allows("127.0.0.1"));
  CHECK(asked == 0);
  CHECK(policy.allows("db-ops.prod.example.com:3000"));
  CHECK_FALSE(policy.allows("db-ops.evil.example"));
  CHECK(asked == 1);

  OwnNames long_name("db-ops.prod.example.com", no_other_name);
  CHECK(HostPolicy({}, long_name).allows("db-ops:3000"));
}

TEST_CASE("A failed or nonsensical lookup adds no allowed name") {
  int asked = 0;
  OwnNames unlucky("db-ops", [&](const std::string&) -> std::optional<std::string> {
    ++asked;
    throw topo::Error(topo::Code::unreachable, "no answer");
  });
  const HostPolicy policy({}, unlucky);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(policy.allows("db-ops.prod.example.com"));
  CHECK(asked == 1);  // no immediate retry
  OwnNames lied_to("db-ops", [](const std::string&) { return std::optional<std::string>("evil\r\nX: y"); });
  CHECK_FALSE(HostPolicy({}, lied_to).allows("evil"));
}
