#include "http/listen_address.h"

#include <catch2/catch.hpp>

#include "unit/config/refusal.h"

using namespace orchestrator;

TEST_CASE("A listen address may have a host") {
  CHECK(parse_listen_address(":3000").host.empty());
  CHECK(parse_listen_address(":3000").port == 3000);
  CHECK(parse_listen_address("127.0.0.1:3000").host == "127.0.0.1");
  CHECK(parse_listen_address("[::1]:80").host == "::1");
  CHECK(parse_listen_address("[::1]:80").display() == "[::1]:80");
}

TEST_CASE("A Unix socket is a listen address, too") {
  const auto address = parse_listen_address("unix:/run/orchestrator.sock");
  CHECK(address.socket == "/run/orchestrator.sock");
  CHECK(address.display() == "unix:/run/orchestrator.sock");
  CHECK_FALSE(refusal([&] { (void)parse_listen_address("unix:/" + std::string(107, 'x')); }).empty());
}

TEST_CASE("An invalid listen address is refused") {
  for (const auto* text :
       {"", "unix:", "unix:relative", "3000", "host", "host:", "host:x", "host:65536", "::1:80", "h:-1"}) {
    INFO(text);
    CHECK_FALSE(refusal([&] { (void)parse_listen_address(text); }).empty());
  }
}
