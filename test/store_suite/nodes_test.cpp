#include <catch2/catch.hpp>

#include "store_suite/backend.h"

using namespace topo;
using namespace store_suite;
using std::chrono::seconds;

TEST_CASE("one node is active at a time", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& nodes = store->nodes();
  constexpr seconds expiry(60);
  CHECK(nodes.attempt_election("host", "1", expiry));
  CHECK(nodes.attempt_election("host", "1", expiry));
  CHECK_FALSE(nodes.attempt_election("host", "2", expiry));
  CHECK_FALSE(nodes.attempt_election("other", "1", expiry));

  SECTION("until its term expires") {
    const auto since = schema->value("SELECT first_seen_active FROM active_node");
    schema->run("UPDATE active_node SET first_seen_active = " + schema->ago(seconds(200)) +
                ", last_seen_active = " + schema->ago(seconds(50)));
    CHECK_FALSE(nodes.attempt_election("host", "2", expiry));
    schema->run("UPDATE active_node SET last_seen_active = " + schema->ago(seconds(70)));
    CHECK(nodes.attempt_election("host", "2", expiry));
    CHECK(schema->value("SELECT first_seen_active FROM active_node") >= since);
    CHECK_FALSE(nodes.attempt_election("host", "1", expiry));
  }
  SECTION("also when its term begins in the future") {
    schema->run("UPDATE active_node SET last_seen_active = '2037-01-01 00:00:00'");
    CHECK(nodes.attempt_election("host", "2", expiry));
    CHECK_FALSE(nodes.attempt_election("host", "1", expiry));
  }
  SECTION("until it resigns") {
    nodes.resign("host", "2");  // not the active node: no effect
    CHECK_FALSE(nodes.attempt_election("host", "2", expiry));
    nodes.resign("host", "1");
    CHECK(nodes.attempt_election("host", "2", expiry));
  }
  SECTION("until the row is deleted") {
    schema->run("DELETE FROM active_node");
    CHECK(nodes.attempt_election("host", "2", expiry));
    CHECK_FALSE(nodes.attempt_election("host", "1", expiry));
  }
}

TEST_CASE("of processes that run for election concurrently exactly one wins", "[store]") {
  const auto schema = each_backend();
  open(*schema);
  CHECK(in_processes(4, [&](unsigned number) {
    const auto store = open(*schema);
    const auto token = std::to_string(number);
    for (int i = 0; i < 20; ++i) {
      if (store->nodes().attempt_election("host", token, seconds(600)))
        store->audit().write("won", {"host", 1}, token);
    }
    return true;
  }));
  CHECK(schema->value("SELECT COUNT(DISTINCT message), COUNT(*) FROM audit") == "1|20");
}

TEST_CASE("a health report names the active node", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& nodes = store->nodes();
  auto health = nodes.report_health("host", "1", "http", "0.1");
  CHECK(health.healthy);
  CHECK_FALSE(health.is_active_node);
  CHECK(health.active_hostname.empty());
  nodes.attempt_election("host", "1", seconds(60));
  health = nodes.report_health("host", "1", "http", "0.1");
  CHECK(health.healthy);
  CHECK(health.is_active_node);
  health = nodes.report_health("host", "2", std::string(1000, 'c'), "0.1");
  CHECK_FALSE(health.is_active_node);
  CHECK(health.active_hostname == "host");
  CHECK(health.active_token == "1");
  CHECK(schema->rows("SELECT token, app_version, incrementing_indicator FROM node_health ORDER BY token") ==
        std::vector<std::string>{"1|0.1|1", "2|0.1|0"});
}

TEST_CASE("a node can seize the active role from another", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& nodes = store->nodes();
  constexpr seconds expiry(60);
  nodes.seize("host", "1");  // no node is active yet
  CHECK_FALSE(nodes.attempt_election("host", "2", expiry));
  nodes.seize("host", "2");
  CHECK(nodes.attempt_election("host", "2", expiry));
  CHECK_FALSE(nodes.attempt_election("host", "1", expiry));
}

TEST_CASE("nodes are listed while they report, with the active one marked", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& nodes = store->nodes();
  constexpr seconds expiry(60), shown(3600);
  CHECK(nodes.seen_within(shown, expiry).empty());
  nodes.report_health("host1", "1", "http", "1.0");
  nodes.report_health("host2", "2", "continuous", "1.1");
  nodes.report_health("gone", "3", "http", "0.9");
  nodes.seize("host2", "2");
  schema->run("UPDATE node_health SET last_seen_active = " + schema->ago(seconds(3700)) +
              " WHERE hostname = 'gone'");
  schema->run("UPDATE node_health SET last_seen_active = " + schema->ago(seconds(100)) +
              " WHERE hostname = 'host1'");
  const auto all = nodes.seen_within(shown, expiry);
  REQUIRE(all.size() == 2);
  CHECK(all[0].hostname == "host2");
  CHECK(all[0].command == "continuous");
  CHECK(all[0].version == "1.1");
  CHECK(all[0].is_active);
  CHECK(all[0].first_seen.size() == std::string_view("YYYY-MM-DD HH:MM:SS").size());
  CHECK(all[1].token == "1");
  CHECK_FALSE(all[1].is_active);
  CHECK(all[1].since_last_seen >= seconds(100));
  CHECK(nodes.seen_within(seconds(50), expiry).size() == 1);
  schema->run("UPDATE active_node SET last_seen_active = " + schema->ago(seconds(70)));
  CHECK_FALSE(nodes.seen_within(shown, expiry)[0].is_active);
}
