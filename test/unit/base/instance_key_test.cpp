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

TEST_CASE("An instance is read from host and port") {
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
      {"::1", {"::1", 3307}},
      {"2001:db8::3306", {"2001:db8::3306", 3307}},
      {"d\xc3\xa4tenbank:1", {"d\xc3\xa4tenbank", 1}},
  }));
  CHECK(InstanceKey::parse(c.text, 3307) == c.key);
}

TEST_CASE("What is not an instance is refused with what would be right") {
  const auto text =
      GENERATE(as<std::string>{}, "", " ", ":3306", "db1:", "db1:3306x", "db1:x", "db1:0", "db1:65536",
               "db1:-1", "db1:+1", "db1: 1", "db1:99999999999999999999", "db1:3306:3307", "[::1", "[::1]1",
               "[::1]:", "[]:1", "a b", "a/b", "a'b", "a\"b", "a\tb", "a;b", "a<b");
  INFO(text);
  CHECK_THAT(refused(text), Contains("expected host or host:port"));
}

TEST_CASE("A host name has at most 255 bytes and no NUL") {
  CHECK(InstanceKey::parse(std::string(255, 'a'), 1).hostname.size() == 255);
  CHECK_THAT(refused(std::string(256, 'a')), Contains("longer than 255"));
  CHECK_FALSE(refused(std::string("a\0b", 3)).empty());
}

TEST_CASE("A refused text is shown short and in clean UTF-8") {
  const auto message = refused("\xff\x01 " + std::string(1000000, 'a'));
  CHECK(message.size() < 300);
  CHECK(find_invalid_utf8(message) == std::string::npos);
  CHECK_THAT(message, Contains("\"?? aaa") && Contains("..."));
}

TEST_CASE("An instance is read from the parts of a route") {
  CHECK(InstanceKey::from_parts("db1", "3306") == InstanceKey{"db1", 3306});
  CHECK(InstanceKey::from_parts("[::1]", "3306") == InstanceKey{"::1", 3306});
  for (const auto* port : {"", "3306x", "0", "65536", " 1"}) {
    INFO(port);
    CHECK_THAT(refusal([&] { (void)InstanceKey::from_parts("db1", port); }),
               Contains("port is not an integer"));
  }
}

TEST_CASE("What is shown can be read again") {
  CHECK(InstanceKey{"db1", 3306}.display() == "db1:3306");
  CHECK(InstanceKey{"::1", 3306}.display() == "[::1]:3306");
  for (const auto& key : {InstanceKey{"db1", 1}, InstanceKey{"::1", 65535}}) {
    CHECK(InstanceKey::parse(key.display(), 9) == key);
  }
}

TEST_CASE("Keys that name no instance are not valid") {
  CHECK(InstanceKey{"db1", 3306}.valid());
  CHECK_FALSE(InstanceKey{}.valid());
  CHECK_FALSE(InstanceKey{"", 3306}.valid());
  CHECK_FALSE(InstanceKey{"_", 3306}.valid());
  CHECK_FALSE(InstanceKey{"db1", 0}.valid());
  CHECK_FALSE(InstanceKey{"db1", 65535}.valid());
}

TEST_CASE("Keys are ordered by host, then by port, and hashed by value") {
  CHECK(InstanceKey{"a", 2} < InstanceKey{"b", 1});
  CHECK(InstanceKey{"a", 1} < InstanceKey{"a", 2});
  const std::unordered_set<InstanceKey> keys{{"a", 1}, {"a", 1}, {"a", 2}};
  CHECK(keys.size() == 2);
}

}  // namespace topo
