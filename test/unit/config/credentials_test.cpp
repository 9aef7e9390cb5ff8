#include "topo/config/credentials.h"

#include <catch2/catch.hpp>

#include "unit/config/refusal.h"

namespace topo::config {

using Catch::Matchers::Contains;

namespace {

Credentials parse(const std::string& text) {
  std::vector<std::string> warnings;
  return parse_credentials(text, "my.cnf", warnings);
}
std::string password(const std::string& written) {
  return parse("[client]\nuser=u\npassword=" + written + "\n").password;
}

}  // namespace

TEST_CASE("User and password are read from section client only") {
  const auto found = parse(
      "# a comment\n; another\n\n[mysqld]\nuser=mysql\n\n[ Client ]\r\n  User =\torchestrator  \r\n"
      "host=elsewhere\nskip-ssl\npassword=orch_topology_password\r\n[mysql]\npassword=other");
  CHECK(found.user == "orchestrator");
  CHECK(found.password == "orch_topology_password");
}

TEST_CASE("The last value wins, and a missing password is empty") {
  CHECK(parse("[client]\nuser=a\nuser=b\n[x]\nuser=y\n[client]\nuser=c").user == "c");
  CHECK(parse("[client]\nuser=a\npassword=b\npassword").password.empty());
  CHECK(parse("[client]\nuser=a").password.empty());
}

TEST_CASE("Values are parsed as MySQL's own programs parse them") {
  CHECK(password("a b") == "a b");
  CHECK(password(R"("a b ")") == "a b ");
  CHECK(password(R"(' a"b')") == " a\"b");
  CHECK(password("a=b") == "a=b");
  CHECK(password("a#b") == "a");
  CHECK(password("a;b") == "a;b");
  CHECK(password("abc # comment") == "abc");
  CHECK(password(R"("a#b" # comment)") == "a#b");
  CHECK(password(R"("a\"#b")") == "a\"#b");
  CHECK(password(R"(a\"#b)") == "a\"#b");  // outside quotes a backslash does not escape a quote
  CHECK(password(R"(a\sb\t\n\r\b\\\"\')") == "a b\t\n\r\b\\\"'");
  CHECK(password(R"(a\qb)") == R"(a\qb)");
  CHECK(password(R"(end\)") == R"(end\)");
  CHECK(password(R"(")") == "\"");
  CHECK(password(R"("")").empty());
  CHECK(password("\xc3\xa4") == "\xc3\xa4");
}

TEST_CASE("A file without a user is refused, and the password is not shown") {
  for (const auto* text : {"", "user=a\npassword=s3cret", "[client]\npassword=s3cret",
                           "[client]\nuser=\npassword=s3cret", "[client\nuser=a", "[clients]\nuser=a"}) {
    const auto message = refusal([&] { (void)parse(text); });
    INFO(text);
    CHECK_THAT(message, Contains("my.cnf names no user: expected a section [client]") && !Contains("s3cret"));
  }
}

TEST_CASE("Included files are ignored with a warning") {
  std::vector<std::string> warnings;
  const auto found = parse_credentials("!include /etc/other.cnf\n[client]\nuser=a\n", "my.cnf", warnings);
  CHECK(found.user == "a");
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], Contains("my.cnf: included files are not read"));
}

}  // namespace topo::config
