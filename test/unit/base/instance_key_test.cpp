#include "topo/base/instance_key.h"

#include <catch2/catch.hpp>
#include <unordered_set>

#include "base/shown_text.h"
#include "unit/config/refusal.h"

namespace topo {

using Catch::Matchers::Contains;

namespace {

std::string refused(const std::string& text) {
  return refusal([&] { (void)InstanceKey::parse(text, 3306); });
}

}  // namespace

TEST_CASE("An instance is parsed from host and port") {
  struct Case {
    const char* text;
    InstanceKey key;
  };
  const auto c = GENERATE(values<Case>({
      {"127.0.0.1:3306", {"127.0.0.1", 3306}},
      {"db1", {"db1", 3307}},
      {"db1:65535", {"db1", 65535}},
      {" db-1.example.com:22987\n", {"db-1.example.com", 22987}},
      {"[::1]", {"::1", 3307}},
      {"[fe80::1%eth0]:1", {"fe80::1%eth0", 1}},
      {"[fe80::1%eth0.]:1", {"fe80::1%eth0.", 1}},
      {"::1", {"::1", 3307}},
      {"2001:db8::3306", {"2001:db8::3306", 3307}},
      {"db1.example.com.:3306", {"db1.example.com", 3306}},
      {"db_1.my_rack-:1", {"db_1.my_rack-", 1}},
      {"10.example:1", {"10.example", 1}},
      {"xn--dtenbank-0za:1", {"xn--dtenbank-0za", 1}},
  }));
  CHECK(InstanceKey::parse(c.text, 3307) == c.key);
}

TEST_CASE("A trailing dot is removed from a name, and stays in the zone of an address") {
  const auto told = InstanceKey::from_reported("fe80::1%eth0..", 3306);
  REQUIRE(told);
  CHECK(told->hostname() == "fe80::1%eth0..");
  CHECK(InstanceKey::parse(told->display(), 1) == *told);
  CHECK(InstanceKey::from_reported("db1.", 3306) == InstanceKey{"db1", 3306});
  CHECK(InstanceKey::from_reported("127.0.0.1.", 3306) == InstanceKey{"127.0.0.1", 3306});
  CHECK_FALSE(InstanceKey::from_reported("::1.", 3306));
}

TEST_CASE("An invalid instance is refused with the expected form") {
  const auto text = GENERATE(
      as<std::string>{}, "", " ", ":3306", "db1:", "db1:3306x", "db1:x", "db1:0", "db1:65536", "db1:-1",
      "db1:+1", "db1: 1", "db1:99999999999999999999", "db1:3306:3307", "[::1", "[::1]1", "[::1]:", "[]:1",
      "a b", "a/b", "a'b", "a\"b", "a\tb", "a;b", "a<b", "a,b", "a=b", "a%b", "a@b",
      "x;host=127.0.0.1;local-infile=1", "db1,db2", "-a", "-a:1", "a.-b", "a..b", ".a", ".", "_", "_:1",
      "d\xc3\xa4tenbank:1", "\xff", "127.1", "2130706433", "0x7f000001", "db.1", "1.2.3.4.5", "256.1.1.1",
      "fe80::1%a;b", "[fe80::1%]", "[::1%eth0;x]:1", "::ffff:1.2.3", "//detached:1");
  INFO(text);
  CHECK_THAT(refused(text), Contains("expected host or host:port"));
}

TEST_CASE("A host name has at most 253 characters, 63 between dots, and no NUL") {
  const auto label = std::string(63, 'a');
  const auto longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  CHECK(InstanceKey::parse(longest, 1).hostname().size() == 253);
  CHECK_THAT(refused(longest + "b"), Contains("longer than 253"));
  CHECK_THAT(refused(label + "a.example"), Contains("longer than 63"));
  CHECK_FALSE(refused(std::string("a\0b", 3)).empty());
}

TEST_CASE("A refusal explains the problem with a host name") {
  CHECK_THAT(refused("a;b"), Contains("the character ';'"));
  CHECK_THAT(refused("d\xc3\xa4tenbank"), Contains("not ASCII") && Contains("xn--"));
  CHECK_THAT(refused("127.1"), Contains("not an IPv4 address"));
  CHECK_THAT(refused("-db1"), Contains("begins with a hyphen"));
}

TEST_CASE("A key reported by a server is valid only if a user could enter it") {
  CHECK(InstanceKey::from_reported("db1", 3306) == InstanceKey{"db1", 3306});
  CHECK(InstanceKey::from_reported("::1", 65535) == InstanceKey{"::1", 65535});
  for (const auto* host : {"", "_", "x;host=127.0.0.1", "db1,db2", "-h", "a b", "a\n", "[::1]"}) {
    CAPTURE(host);
    CHECK_FALSE(InstanceKey::from_reported(host, 3306));
  }
  for (const auto port : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{65536}, std::int64_t{1} << 40})
    CHECK_FALSE(InstanceKey::from_reported("db1", port));
}

TEST_CASE("A refused text is shown shortened and in valid UTF-8") {
  const auto message = refused("\xff\x01 " + std::string(1000000, 'a'));
  CHECK(message.size() < 300);
  CHECK(find_invalid_utf8(message) == std::string::npos);
  CHECK_THAT(message, Contains("\"?? aaa") && Contains("..."));
}

TEST_CASE("An instance is parsed from the parts of a route") {
  CHECK(InstanceKey::from_parts("db1", "3306") == InstanceKey{"db1", 3306});
  CHECK(InstanceKey::from_parts("[::1]", "3306") == InstanceKey{"::1", 3306});
  for (const auto* port : {"", "3306x", "0", "65536", " 1"}) {
    INFO(port);
    CHECK_THAT(refusal([&] { (void)InstanceKey::from_parts("db1", port); }),
               Contains("port is not an integer"));
  }
}

TEST_CASE("A displayed key can be parsed again") {
  CHECK(InstanceKey{"db1", 3306}.display() == "db1:3306");
  CHECK(InstanceKey{"::1", 3306}.display() == "[::1]:3306");
  for (const auto& key : {InstanceKey{"db1", 1}, InstanceKey{"::1", 65535}}) {
    CHECK(InstanceKey::parse(key.display(), 9) == key);
  }
}

TEST_CASE("Only the empty key is invalid") {
  CHECK(InstanceKey{"db1", 3306}.valid());
  CHECK(InstanceKey{"db1", 65535}.valid());
  CHECK_FALSE(InstanceKey{}.valid());
  CHECK_THAT(refusal([] { InstanceKey("", 3306); }), Contains("the host name is empty"));
  CHECK_THAT(refusal([] { InstanceKey("a;b", 3306); }), Contains("\"a;b:3306\""));
  CHECK_THAT(refusal([] { InstanceKey("db1", 0); }), Contains("port"));
}

TEST_CASE("Keys are ordered by host, then by port, and hashed by value") {
  CHECK(InstanceKey{"a", 2} < InstanceKey{"b", 1});
  CHECK(InstanceKey{"a", 1} < InstanceKey{"a", 2});
  const std::unordered_set<InstanceKey> keys{{"a", 1}, {"a", 1}, {"a", 2}};
  CHECK(keys.size() == 2);
}

}  // namespace topo
