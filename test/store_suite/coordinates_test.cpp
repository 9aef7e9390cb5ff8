#include <algorithm>
#include <catch2/catch.hpp>

#include "store/schema_facts.h"
#include "store_suite/backend.h"
#include "store_suite/foreign_tables.h"
#include "store_suite/samples.h"

using namespace topo;
using namespace store_suite;
using std::chrono::hours;
using std::chrono::seconds;
using Coordinates = std::vector<BinlogCoordinates>;

namespace {

constexpr std::string_view count_rows = "SELECT COUNT(*) FROM database_instance_coordinates_history";

Instance standing_at(std::string_view hostname, const BinlogCoordinates& binary,
                     const BinlogCoordinates& relay = {}) {
  auto made = instance(hostname, relay.empty() ? "" : "master");
  made.self_coordinates = binary;
  if (!relay.empty()) made.channels.at(0).relay = {relay.file, relay.position, LogType::relay};
  return made;
}

Coordinates binary_places(Store& store, std::string_view hostname = "a") {
  return store.coordinates().recorded(key(hostname), LogType::binary);
}

// Backdates all rows by `age`.
void make_older(const Schema& schema, seconds age) {
  schema.run("UPDATE database_instance_coordinates_history SET recorded_timestamp = " + schema.ago(age));
}

// Adds a row of instance a at these coordinates, recorded `age` ago.
void add_row(const Schema& schema, seconds age, const BinlogCoordinates& binary) {
  schema.run(
      "INSERT INTO database_instance_coordinates_history (hostname, port, recorded_timestamp, last_seen,"
      " binary_log_file, binary_log_pos, relay_log_file, relay_log_pos) VALUES ('a', 3306, " +
      schema.ago(age) + ", " + schema.ago(age) + ", '" + binary.file + "', " +
      std::to_string(binary.position) + ", '', 0)");
}

}  // namespace

TEST_CASE("coordinates are recorded when an instance is read", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  write(*store, {first_seen(standing_at("a", {"bin.000001", 4711}, {"relay.000002", 120})),
                 first_seen(standing_at("b", {"bin.000003", 5'000'000'000})), first_seen(instance("c"))});
  CHECK(binary_places(*store) == Coordinates{{"bin.000001", 4711}});
  const auto relay = store->coordinates().recorded(key("a"), LogType::relay);
  CHECK(relay == Coordinates{{"relay.000002", 120}});
  CHECK(relay.at(0).type == LogType::relay);
  CHECK(binary_places(*store, "b") == Coordinates{{"bin.000003", 5'000'000'000}});
  CHECK(store->coordinates().recorded(key("b"), LogType::relay).empty());
  CHECK(binary_places(*store, "c").empty());
  CHECK(schema->value(count_rows) == "2");
  CHECK(schema->value("SELECT COUNT(*) FROM database_instance_coordinates_history h JOIN database_instance i"
                      " ON h.hostname = i.hostname AND h.port = i.port AND h.last_seen = i.last_seen AND"
                      " h.recorded_timestamp = i.last_seen") == "2");
}

TEST_CASE("at most one row per instance and minute, and none while coordinates do not change", "[store]") {
  const auto schema = each_backend();
  const auto configuration = schema->configuration();
  auto store = open(*schema);
  write(*store, {first_seen(standing_at("a", {"bin.000001", 100}))});
  write(*store, {seen_again(standing_at("a", {"bin.000001", 200}))});
  CHECK(binary_places(*store) == Coordinates{{"bin.000001", 100}});

  SECTION("regardless of which process writes") {
    store = open(*schema);
    write(*store, {seen_again(standing_at("a", {"bin.000001", 300}))});
    CHECK(binary_places(*store) == Coordinates{{"bin.000001", 100}});
    make_older(*schema, seconds(61));
    store = open(*schema);
    write(*store, {seen_again(standing_at("a", {"bin.000001", 400}))});
    write(*store, {seen_again(standing_at("a", {"bin.000001", 500}))});
    CHECK(binary_places(*store) == Coordinates{{"bin.000001", 400}, {"bin.000001", 100}});
  }
  SECTION("unchanged coordinates cause no write and no query") {
    const auto statements_of_poll = [&] {
      const auto before = store->statements();
      write(*store, {seen_again(standing_at("a", {"bin.000001", 100}))});
      return store->statements() - before;
    };
    const auto usual = statements_of_poll();
    make_older(*schema, hours(1));
    CHECK(statements_of_poll() == usual);
    CHECK(schema->value(count_rows) == "1");
  }
  SECTION("a restarted log is recorded at once") {
    write(*store, {seen_again(standing_at("a", {"bin.000001", 50}))});
    CHECK(binary_places(*store) == Coordinates{{"bin.000001", 50}});
    CHECK(schema->value(count_rows) == "2");
  }
}

TEST_CASE("coordinates of many instances are recorded in one statement", "[store]") {
  const auto schema = each_backend();
  auto store = open(*schema);
  std::vector<InstanceWrite> writes;
  constexpr int count = 100;
  for (int i = 0; i < count; ++i)
    writes.emplace_back(first_seen(standing_at("host" + std::to_string(i), {"bin.000001", 100})));
  write(*store, writes);
  for (auto& one : writes) {
    auto& seen = std::get<SeenInstance>(one);
    seen.is_new = false;
    seen.instance.self_coordinates.position = 200;
  }
  const auto statements_of = [&](std::vector<InstanceWrite> group) {
    const auto before = store->statements();
    write(*store, std::move(group));
    return store->statements() - before;
  };
  const auto without = statements_of(writes);  // within the same minute
  make_older(*schema, seconds(61));
  store = open(*schema);
  store->audit().write("test", key("a"), "so that it is connected");
  // One query for the rows of other processes, one write; SQLite is queried per key.
  const auto with = statements_of(writes);
  CHECK(schema->value(count_rows) == "200");
  CHECK(with - without <= (schema->is_mysql() ? 2 : 2 * count));
}

TEST_CASE("coordinates from before RESET MASTER are left out", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  add_row(*schema, seconds(600), {"bin.000001", 50});
  add_row(*schema, seconds(500), {"bin.000007", 100});
  add_row(*schema, seconds(400), {"bin.000001", 120});  // after RESET MASTER
  add_row(*schema, seconds(300), {"bin.000001", 120});
  add_row(*schema, seconds(200), {"bin.000001", 999});
  add_row(*schema, seconds(100), {"bin.000002", 4});
  CHECK(binary_places(*store) == Coordinates{{"bin.000002", 4}, {"bin.000001", 999}, {"bin.000001", 120}});
}

TEST_CASE("the newest coordinates are returned, old ones are purged", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  for (int i = 0; i < 205; ++i)
    add_row(*schema, seconds(1000 - i), {"bin.000001", static_cast<std::uint64_t>(1000 + i)});
  const auto coordinates = binary_places(*store);
  REQUIRE(coordinates.size() == 200);
  CHECK(coordinates.front().position == 1204);
  CHECK(coordinates.back().position == 1005);
  CHECK(store->coordinates().purge(hours(1)) == 0);
  add_row(*schema, hours(2), {"bin.000001", 5});
  CHECK(store->coordinates().purge(hours(1)) == 1);
  CHECK(schema->value(count_rows) == "205");
}

TEST_CASE("forgetting an instance deletes its coordinates", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  write(*store, {first_seen(standing_at("a", {"bin.000001", 100})),
                 first_seen(standing_at("b", {"bin.000001", 100}))});
  store->instances().forget(key("a"));
  CHECK(binary_places(*store).empty());
  CHECK(binary_places(*store, "b").size() == 1);
  // A rediscovered instance is recorded again, even at the same coordinates.
  write(*store, {first_seen(standing_at("a", {"bin.000001", 100}))});
  CHECK(binary_places(*store).size() == 1);
}

TEST_CASE("coordinates recorded by the Go program are kept", "[store]") {
  const auto schema = each_backend();
  schema->run(late_tables(schema->engine()));
  const auto store = open(*schema);
  CHECK(binary_places(*store, "replica") == Coordinates{{"bin.000002", 120}});
  CHECK(store->coordinates().recorded(key("replica"), LogType::relay) == Coordinates{{"relay.000003", 283}});
  write(*store, {seen_again(standing_at("replica", {"bin.000002", 500}))});
  CHECK(binary_places(*store, "replica") == Coordinates{{"bin.000002", 500}, {"bin.000002", 120}});
  std::vector<std::string> indexes;
  schema->database()->read([&](store::DatabaseSession& session) {
    indexes = store::indexes_of(session, schema->engine(), "database_instance_coordinates_history");
  });
  CHECK(std::count(indexes.begin(), indexes.end(), "hostname, port, recorded_timestamp") == 1);
  CHECK(std::count(indexes.begin(), indexes.end(), "recorded_timestamp") == 1);
}
