#include "common/trusted_proxies.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace orchestrator;

namespace {

HeaderLookup with(const std::string& name, const std::vector<std::string>& values) {
  return [=](std::string_view asked) -> Header {
    if (asked != name || values.empty()) return {};
    return {values.front(), values.size(), {values.begin() + 1, values.end()}};
  };
}

const std::vector<std::string> ranges{"10.0.0.0/24", "fd00::1"};
const TrustedProxies proxies(ranges);
const Peer proxy{"10.0.0.7"}, other{"192.0.2.1"}, local{"", true};

std::string client(const std::vector<std::string>& forwarded, const Peer& peer = proxy) {
  return proxies.client(with("X-Forwarded-For", forwarded), peer);
}

}  // namespace

TEST_CASE("Proxies that are not configured name no client") {
  const TrustedProxies silent(ranges, false);
  CHECK(silent.client(with("X-Forwarded-For", {"198.51.100.4"}), proxy) == proxy.address);
  CHECK(silent.contains(proxy));
}

TEST_CASE("A trusted proxy names the client: the last address that is no proxy itself") {
  CHECK(client({"198.51.100.4"}) == "198.51.100.4");
  CHECK(client({"198.51.100.4"}, local) == "198.51.100.4");
  CHECK(client({"203.0.113.9, 198.51.100.4,10.0.0.8 ,\t10.0.0.9"}) == "198.51.100.4");
  CHECK(client({"203.0.113.9", "198.51.100.4"}) == "198.51.100.4");  // haproxy adds a header
  CHECK(client({"203.0.113.9, 198.51.100.4", "fd00::1, 10.0.0.9"}) == "198.51.100.4");
  CHECK(client({"198.51.100.4:4711"}) == "198.51.100.4");
  CHECK(client({"[2001:db8::7]:4711"}) == "2001:db8::7");
  CHECK(client({"2001:db8::7"}, {"::ffff:10.0.0.7"}) == "2001:db8::7");
}

TEST_CASE("Client addresses from untrusted peers are ignored") {
  CHECK(client({"198.51.100.4"}, other) == "192.0.2.1");
  CHECK(client({}) == "10.0.0.7");
  CHECK(client({}, local).empty());
  CHECK(client({"10.0.0.8"}) == "10.0.0.7");
  for (const auto* text : {"", ",", "unknown", "198.51.100.4, unknown", "198.51.100.4, ", "[", "[]", ":",
                           "198.51.100.4\n", "2001:db8::7:x"}) {
    INFO(text);
    CHECK(client({text}) == "10.0.0.7");
  }
}

TEST_CASE("A trusted proxy reports the client's scheme") {
  const auto scheme = [](const std::vector<std::string>& values, const Peer& peer) {
    return proxies.scheme(with("X-Forwarded-Proto", values), peer);
  };
  CHECK(scheme({"https"}, proxy) == "https");
  CHECK(scheme({"HTTP"}, local) == "http");
  CHECK(scheme({"http", "http, https"}, proxy) == "https");
  CHECK(scheme({"https"}, other).empty());
  CHECK(scheme({}, proxy).empty());
  CHECK(scheme({"gopher"}, proxy).empty());
}
