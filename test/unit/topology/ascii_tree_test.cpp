#include <catch2/catch.hpp>
#include <string>

#include "support/picture.h"
#include "topo/topology/topology.h"

using topo::ascii_tree;
using topo::ThreadState;
using namespace std::chrono_literals;

namespace {

const topo::StatusLimits tree_limits{60s, 10s, 20s};

// Removes the brackets; `describe` has its own tests.
std::string shape(const topo::Topology& topology) {
  std::string text = ascii_tree(topology, tree_limits);
  for (auto open = text.find(" ["); open != std::string::npos; open = text.find(" [")) {
    text.erase(open, text.find(']', open) + 1 - open);
  }
  return text;
}

std::string shape(const char* picture) {
  return shape(picture::topology(picture));
}

}  // namespace

TEST_CASE("a tree in the usual format", "[topology][ascii]") {
  auto instances = picture::instances(
      "127.0.0.1:22987 > 127.0.0.1:22989 > 127.0.0.1:22988, 127.0.0.1:22987 > 127.0.0.1:22990");
  for (auto& known : instances) {
    known.instance.version = "5.5.32-log";
    known.instance.binlog_format = "STATEMENT";
    if (known.instance.key.port() == 22988) known.instance.channels.front().sql_thread = ThreadState::stopped;
    if (known.instance.key.port() == 22990) {
      known.instance.channels.front().seconds_behind_master = 21s;
      known.instance.log_slave_updates = false;
    }
  }
  CHECK(ascii_tree(topo::Topology(instances), tree_limits) ==
        "127.0.0.1:22987 [OK,5.5.32-log,STATEMENT,>>]\n"
        "+ 127.0.0.1:22989 [OK,5.5.32-log,STATEMENT,>>]\n"
        "  - 127.0.0.1:22988 [not replicating,5.5.32-log,STATEMENT,>>]\n"
        "+ 127.0.0.1:22990 [lags too much,5.5.32-log,STATEMENT]");
}

TEST_CASE("trees, rings and lost masters", "[topology][ascii]") {
  SECTION("three levels, in order of host and port") {
    CHECK(shape("m > b > c, m > a > z, a > y") ==
          "m:3306\n"
          "+ a:3306\n"
          "  + y:3306\n"
          "  + z:3306\n"
          "+ b:3306\n"
          "  + c:3306");
  }
  SECTION("ports order as numbers") {
    CHECK(shape("m > a:20000, m > a:3306") == "m:3306\n+ a:3306\n+ a:20000");
  }
  SECTION("a lost master: its replicas are roots") {
    CHECK(shape("(x) > a > c, (x) > b") == "a:3306\n+ c:3306\nb:3306");
  }
  SECTION("co-masters: first the one that names the cluster, each with its own replicas") {
    CHECK(shape("b > a > b, a > d, b > c") == "b:3306\n+ c:3306\na:3306\n+ d:3306");
  }
  SECTION("a ring of three, each below its master") {
    CHECK(shape("a > b > c > a") == "a:3306\nb:3306\nc:3306");
  }
  SECTION("a ring with subtrees") {
    CHECK(shape("a > b > c > a, c > f, b > d > e") ==
          "a:3306\nb:3306\n+ d:3306\n  + e:3306\nc:3306\n+ f:3306");
  }
  SECTION("an instance that replicates from itself") {
    auto instances = picture::instances("a > b");
    instances.front() = picture::known(picture::instance("a", "a"));
    CHECK(shape(topo::Topology(instances)) == "a:3306\n+ b:3306");
  }
  SECTION("a single instance, on IPv6") {
    CHECK(shape("[::1]:3306") == "[::1]:3306");
  }
}

TEST_CASE("each member of a ring of three or more shows its place", "[topology][ascii]") {
  CHECK(ascii_tree(picture::topology("a > b > c > a, b > d"), tree_limits) ==
        "a:3306 [OK,10.11.6-MariaDB-log,ROW,>>,ring:1/3]\n"
        "b:3306 [OK,10.11.6-MariaDB-log,ROW,>>,ring:2/3]\n"
        "+ d:3306 [OK,10.11.6-MariaDB-log,ROW,>>]\n"
        "c:3306 [OK,10.11.6-MariaDB-log,ROW,>>,ring:3/3]");
  CHECK(ascii_tree(picture::topology("a > b > a"), tree_limits).find("ring") == std::string::npos);
}

TEST_CASE("a co-master with stopped threads is still a root", "[topology][ascii]") {
  auto instances = picture::instances("a > b > a, b > c");
  for (auto& known : instances) known.instance.channels.front().io_thread = ThreadState::stopped;
  CHECK(shape(topo::Topology(instances)) == "a:3306\nb:3306\n- c:3306");
}
