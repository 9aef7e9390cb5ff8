#include "common/address_ranges.h"

#include <catch2/catch.hpp>

#include "unit/config/refusal.h"

using namespace orchestrator;

namespace {

bool contains(const std::vector<std::string>& ranges, std::string_view address) {
  return AddressRanges(ranges).contains(address);
}

}  // namespace

TEST_CASE("An address is matched against networks") {
  CHECK(contains({"127.0.0.1"}, "127.0.0.1"));
  CHECK_FALSE(contains({"127.0.0.1"}, "127.0.0.2"));
  CHECK(contains({"10.0.0.0/8"}, "10.255.1.2"));
  CHECK_FALSE(contains({"10.0.0.0/8"}, "11.0.0.1"));
  CHECK(contains({"192.168.128.0/17"}, "192.168.255.1"));
  CHECK_FALSE(contains({"192.168.128.0/17"}, "192.168.127.255"));
  CHECK(contains({"10.0.0.0/8", "fd00::/8"}, "fdab::1"));
  CHECK_FALSE(contains({"fd00::/8"}, "fe80::1"));
  CHECK(contains({"0.0.0.0/0"}, "198.51.100.1"));
  CHECK_FALSE(contains({"0.0.0.0/0"}, "2001:db8::1"));
  CHECK(contains({"::/0"}, "198.51.100.1"));
}

TEST_CASE("An IPv4-mapped IPv6 address equals its IPv4 address") {
  CHECK(contains({"127.0.0.0/8"}, "::ffff:127.0.0.1"));
  CHECK(contains({"::ffff:127.0.0.1"}, "127.0.0.1"));
  CHECK_FALSE(contains({"127.0.0.0/8"}, "::127.0.0.1"));
}

TEST_CASE("An invalid address is in no network") {
  for (const auto* text : {"", "localhost", "127.0.0.1 ", "127.0.0.1:80", "1.2.3"})
    CHECK_FALSE(contains({"::/0"}, text));
  CHECK_FALSE(contains({}, "127.0.0.1"));
}

TEST_CASE("An invalid network is refused and named") {
  for (const auto* text :
       {"", "localhost", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "::/129", "10.0.0.0/-1", "10.0.0/8"}) {
    INFO(text);
    const std::vector<std::string> ranges{"127.0.0.1", text};
    CHECK(refusal([&] { AddressRanges made(ranges); }).find('"' + std::string(text) + '"') !=
          std::string::npos);
  }
}

TEST_CASE("A client is one IPv4 address, or one IPv6 network of 64 bits") {
  CHECK(client_of("10.0.0.7") == "10.0.0.7");
  CHECK(client_of("::ffff:10.0.0.7") == "10.0.0.7");
  CHECK(client_of("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  CHECK(client_of("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64");
  CHECK(client_of("2001:db8:1:3::1") != client_of("2001:db8:1:2::1"));
  CHECK(client_of("nonsense") == "nonsense");
  CHECK(client_of("").empty());
}
