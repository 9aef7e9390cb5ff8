#include <catch2/catch.hpp>

#include "store_suite/backend.h"
#include "store_suite/samples.h"

using namespace topo;
using namespace store_suite;
using std::chrono::minutes;

TEST_CASE("resolved names are stored, renewed and expire", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& names = store->names();
  CHECK_FALSE(names.resolved("a"));
  names.write_resolved("a", "a.example");
  names.write_resolved("b", "b.example");
  names.write_resolved("a", "a2.example");
  names.write_resolved(std::string(129, 'x'), "too long");
  const auto found = names.resolved("a");
  REQUIRE(found);
  CHECK(found->hostname == "a");
  CHECK(found->resolved == "a2.example");
  CHECK(found->age < std::chrono::seconds(60));
  CHECK(names.all_resolved().size() == 2);

  schema->run("UPDATE hostname_resolve SET resolved_timestamp = " + schema->ago(minutes(10)) +
              " WHERE hostname = 'a'");
  CHECK(names.resolved("a")->age >= minutes(10));
  names.expire(minutes(11));
  CHECK(names.all_resolved().size() == 2);
  names.expire(minutes(9));
  CHECK_FALSE(names.resolved("a"));
  CHECK(names.resolved("b"));
  names.clear();
  CHECK(names.all_resolved().empty());
}

TEST_CASE("an unresolved host name is the one in hostname_unresolve", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  CHECK_FALSE(store->names().unresolved("db1.example"));
  schema->run(
      "INSERT INTO hostname_unresolve (hostname, unresolved_hostname) VALUES ('db1.example', 'vip1')");
  CHECK(store->names().unresolved("db1.example") == "vip1");
  CHECK_FALSE(store->names().unresolved("vip1"));
}

TEST_CASE("a time ahead of the backend's clock has age zero for instances and is stale for names",
          "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  store->names().write_resolved("a", "a.example");
  write(*store, {first_seen(instance("a"))});
  schema->run(
      "UPDATE hostname_resolve SET resolved_timestamp = '2037-01-01 00:00:00';\n"
      "UPDATE database_instance SET last_seen = '2037-01-01 00:00:00',"
      " last_checked = '2037-01-01 00:00:00'");
  CHECK(store->names().resolved("a")->age > std::chrono::days(300));
  CHECK(store->instances().read(key("a"))->since_last_seen == std::chrono::seconds(0));
  CHECK(store->instances().forget_unseen(std::chrono::hours(1)).empty());
  store->names().expire(std::chrono::hours(1));
  CHECK_FALSE(store->names().resolved("a"));
}

TEST_CASE("the audit is read from the newest entry", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& audit = store->audit();
  CHECK(audit.read(0, 10).empty());
  write(*store, {first_seen(instance("a", "", "the cluster"))});
  audit.write("first", key("a"), "müller's 😀 ? \xff");
  for (int i = 1; i < 5; ++i) audit.write("later", key("unknown", 17), "entry " + std::to_string(i));
  audit.write(std::string(1000, 't'), {}, std::string(100'000, 'm'));
  const auto latest = audit.read(0, 2);
  REQUIRE(latest.size() == 2);
  CHECK(latest[0].type == std::string(128, 't'));
  CHECK(latest[0].message.size() == 16'000);
  CHECK(latest[1].message == "entry 4");
  CHECK(latest[1].hostname == "unknown");
  CHECK(latest[1].port == 17);
  CHECK(latest[0].id > latest[1].id);
  CHECK(audit.read(1, 2).at(0).message == "entry 3");
  const auto oldest = audit.read(2, 2);
  REQUIRE(oldest.size() == 2);
  CHECK(oldest[1].message == "müller's 😀 ? ?");
  CHECK(oldest[1].timestamp.size() == std::string("2024-01-01 00:00:00").size());
  CHECK(audit.read(3, 2).empty());
  CHECK(audit.read(4'000'000'000U, 4'000'000'000U).empty());
  CHECK(schema->rows("SELECT cluster_name FROM audit WHERE hostname = 'a'") ==
        std::vector<std::string>{"the cluster"});
}
