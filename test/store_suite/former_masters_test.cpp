#include <catch2/catch.hpp>

#include "store_suite/backend.h"
#include "store_suite/samples.h"

using namespace topo;
using namespace store_suite;

namespace {

constexpr auto a_uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

void store_master(Store& store, const InstanceKey& which) {
  write(store, {first_seen(instance(which.hostname(), "", which.display()))});
}

}  // namespace

TEST_CASE("a former master is recorded until that ends", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& formers = store->former_masters();
  const auto a = key("a"), b = key("b"), c = key("c");
  for (const auto& one : {a, b, c}) store_master(*store, one);
  CHECK(formers.all().empty());
  CHECK_FALSE(store->instances().read(a)->replaced);

  formers.note({a, b, 17, a_uuid});
  CHECK(formers.all() == std::vector{a});
  auto replaced = store->instances().read(a)->replaced;
  REQUIRE(replaced);
  CHECK(replaced->successor == b);
  CHECK(replaced->server_id == 17);
  CHECK(replaced->server_uuid == a_uuid);
  CHECK(replaced->at.starts_with("20"));
  CHECK(replaced->age < std::chrono::seconds(60));
  CHECK(replaced->successor_cluster_name == "b:3306");
  CHECK_FALSE(replaced->successor_master);
  write(*store, {first_seen(instance("b", "c", "c:3306"))});
  CHECK(store->instances().read(a)->replaced->successor_master == c);
  store_master(*store, b);
  CHECK_FALSE(store->instances().read(b)->replaced);
  schema->run("UPDATE former_master SET replaced_timestamp = " + schema->ago(std::chrono::hours(2)));
  CHECK(store->instances().read(a)->replaced->age >= std::chrono::hours(2));
  // It may have a problem, although all that is read of it is well.
  const auto suspects = store->instances().read_suspects(std::chrono::hours(1), std::chrono::hours(1));
  CHECK(std::ranges::count(suspects, a, [](const auto& known) { return known.instance.key; }) == 1);

  // The place of the successor is taken in its turn.
  formers.note({b, c, 18, ""});
  CHECK(formers.all() == std::vector{a, b});
  CHECK(store->instances().read(a)->replaced->successor == c);
  CHECK(store->instances().read(b)->replaced->successor == c);
  // Nor does the chain end at one that was demoted, and has no record itself.
  formers.end(b);
  formers.note({b, a, 18, ""});
  formers.note({c, b, 19, ""});
  formers.pass_on(b, a);
  CHECK(formers.all() == std::vector{c});
  CHECK(store->instances().read(c)->replaced->successor == a);
  formers.pass_on(a, c);
  CHECK(formers.all().empty());
  formers.note({a, c, 17, a_uuid});
  formers.note({b, c, 18, ""});
  // One that is promoted again is no former master.
  formers.note({c, a, 19, ""});
  CHECK(formers.all() == std::vector{b, c});
  CHECK(store->instances().read(b)->replaced->successor == a);

  CHECK(formers.end(c));
  CHECK_FALSE(formers.end(c));
  CHECK(store->instances().forget(a));  // the successor
  CHECK(store->instances().read(b)->replaced->successor_cluster_name == "");
  CHECK(store->instances().forget(b));
  CHECK(formers.all().empty());
}

TEST_CASE("a former master is known by its new name", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& formers = store->former_masters();
  const auto a = key("a"), b = key("b");
  for (const auto& one : {a, b}) store_master(*store, one);
  formers.note({a, b, 17, ""});
  store_master(*store, key("a.example"));
  store->instances().claim_alias(a, key("a.example"));
  CHECK(formers.all() == std::vector{key("a.example")});
  store_master(*store, key("b.example"));
  store->instances().claim_alias(b, key("b.example"));
  CHECK(store->instances().read(key("a.example"))->replaced->successor == key("b.example"));
}

TEST_CASE("two co-masters that both take writes are known as such", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  const auto a = key("a"), b = key("b");
  const auto put = [&](const char* name, const char* master, bool is_co_master, bool read_only) {
    auto one = instance(name, master, "a:3306");
    one.is_co_master = is_co_master;
    one.read_only = read_only;
    write(*store, {first_seen(one)});
  };
  const auto other_of = [&](const InstanceKey& which) {
    return store->instances().read(which)->writable_co_master;
  };
  put("a", "b", true, false);
  put("b", "a", true, true);
  CHECK_FALSE(other_of(a));
  CHECK_FALSE(other_of(b));
  put("b", "a", true, false);
  CHECK(other_of(a) == b);
  CHECK(other_of(b) == a);
  const auto suspects = store->instances().read_suspects(std::chrono::hours(1), std::chrono::hours(1));
  CHECK(std::ranges::count(suspects, a, [](const auto& known) { return known.instance.key; }) == 1);
  // What a server was that cannot be read now does not count.
  write(*store, {FailedInstance{b, "no route"}});
  CHECK_FALSE(other_of(a));
  put("b", "a", false, false);
  CHECK_FALSE(other_of(a));
  CHECK_FALSE(other_of(b));
}
