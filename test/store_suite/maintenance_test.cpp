#include <catch2/catch.hpp>

#include "base/process.h"
#include "store_suite/backend.h"
#include "topo/base/error.h"

using namespace topo;
using namespace store_suite;
using std::chrono::seconds;

namespace {

const InstanceKey db1{"db1.example", 3306}, db2{"db2.example", 3306};

std::vector<std::int64_t> lock(Store& store, std::vector<InstanceKey> keys, std::string_view owner = "ann",
                               seconds duration = seconds(600)) {
  std::vector<MaintenanceRequest> requests;
  for (auto& key : keys) requests.push_back({std::move(key), "upgrade to 11.8 – größer"});
  return store.maintenance().begin(requests, owner, duration);
}

std::string refusal(Store& store, std::vector<InstanceKey> keys) {
  try {
    lock(store, std::move(keys), "bob");
    return "";
  } catch (const Error& error) {
    CHECK(error.code() == Code::locked);
    return error.what();
  }
}

// The id of a process with the same host, boot and pid, but another start time: it has ended.
std::string ended_process() {
  const auto own = this_process();
  return own.substr(0, own.rfind(' ')) + " 1";
}

}  // namespace

TEST_CASE("locks whose begin was not confirmed are withdrawn", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& maintenance = store->maintenance();
  const std::vector<MaintenanceRequest> both{{db1, "move up", this_process()},
                                             {db2, "move up", this_process()}};
  maintenance.begin(both, "ann", seconds(600), "t1");
  maintenance.withdraw("t2");
  maintenance.withdraw("");
  CHECK(maintenance.active().size() == 2);
  maintenance.withdraw("t1");
  CHECK(maintenance.active().empty());
  lock(*store, {db1, db2});
  maintenance.withdraw("t1");  // a repeat, for a caller that got no answer to the first one
  maintenance.withdraw("");
  CHECK(maintenance.active().size() == 2);
}

TEST_CASE("an instance is locked once, and a second attempt reports the owner", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& maintenance = store->maintenance();
  CHECK_FALSE(maintenance.of(db1));
  const auto ids = lock(*store, {db1});
  REQUIRE(ids.size() == 1);

  const auto held = maintenance.of(db1);
  REQUIRE(held);
  CHECK(held->id == ids[0]);
  CHECK(held->key == db1);
  CHECK(held->is_active);
  CHECK(held->owner == "ann");
  CHECK(held->reason == "upgrade to 11.8 – größer");
  CHECK(held->begin.size() == 19);
  CHECK(held->elapsed <= seconds(5));
  CHECK(held->left > seconds(590));
  CHECK_THAT(refusal(*store, {db1}), Catch::Contains("db1.example:3306 is locked by ann since 20") &&
                                         Catch::Contains("upgrade to 11.8"));
  CHECK(lock(*store, {db2}).size() == 1);  // another host or another port is another instance
  CHECK(lock(*store, {{"db1.example", 3307}}).size() == 1);
  CHECK(maintenance.active().size() == 3);
  CHECK(maintenance.active().front().id == ids[0]);

  SECTION("ended by lock id, once") {
    CHECK(maintenance.end(ids[0]));
    CHECK_FALSE(maintenance.end(ids[0]));
    CHECK_FALSE(maintenance.of(db1));
    CHECK(lock(*store, {db1}, "bob").front() != ids[0]);
  }
  SECTION("ended by instance, once") {
    CHECK(maintenance.end(db1));
    CHECK_FALSE(maintenance.end(db1));
    CHECK(refusal(*store, {db1}).empty());
  }
  SECTION("an unknown id ends nothing") {
    CHECK_FALSE(maintenance.end(ids[0] + 1000));
    CHECK(maintenance.of(db1));
  }
}

TEST_CASE("several locks are acquired all or none", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  lock(*store, {db2});
  CHECK_THAT(refusal(*store, {db1, db2}), Catch::Contains("db2.example:3306 is locked by ann"));
  CHECK_FALSE(store->maintenance().of(db1));
  store->maintenance().end(db2);
  const auto ids = lock(*store, {db2, db1});
  REQUIRE(ids.size() == 2);
  CHECK(store->maintenance().of(db2)->id == ids[0]);
  CHECK(store->maintenance().of(db1)->id == ids[1]);
}

TEST_CASE("an expired lock blocks nothing and is ended", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& maintenance = store->maintenance();
  lock(*store, {db1, db2});
  CHECK(maintenance.expire().empty());
  schema->run("UPDATE database_instance_maintenance SET end_timestamp = " + schema->ago(seconds(1)) +
              " WHERE hostname = 'db1.example'");
  CHECK_FALSE(maintenance.of(db1));
  CHECK(maintenance.active().size() == 1);
  SECTION("by expire()") {
    CHECK(maintenance.expire() == std::vector{db1});
    CHECK(maintenance.expire().empty());
    CHECK(schema->value(
              "SELECT COUNT(*) FROM database_instance_maintenance WHERE maintenance_active IS NULL") == "1");
  }
  SECTION("by the next lock") {
    CHECK(refusal(*store, {db1}).empty());
  }
  SECTION("and purged later") {
    maintenance.expire();
    CHECK(maintenance.purge(std::chrono::days(1)) == 0);
    schema->run("UPDATE database_instance_maintenance SET end_timestamp = " + schema->ago(seconds(90'000)) +
                " WHERE maintenance_active IS NULL");
    CHECK(maintenance.purge(std::chrono::days(2)) == 0);
    CHECK(maintenance.purge(std::chrono::days(1)) == 1);
    CHECK(schema->value("SELECT COUNT(*) FROM database_instance_maintenance") == "1");
  }
}

TEST_CASE("a lock shows whether a running operation owns it", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& maintenance = store->maintenance();
  const auto long_ago = schema->ago(std::chrono::hours(1));
  const std::vector<MaintenanceRequest> by_operation{{db1, "move up", this_process()},
                                                     {db2, "move up", this_process()}};
  const auto ids = maintenance.begin(by_operation, "ann", seconds(60));
  const auto other = lock(*store, {{"db3.example", 3306}});
  REQUIRE(maintenance.of(db1)->is_of_operation);
  CHECK(maintenance.of(db1)->process == this_process());
  CHECK_FALSE(maintenance.of({"db3.example", 3306})->is_of_operation);
  CHECK_THAT(describe(*maintenance.of(db1)), !Catch::Contains("unfinished"));
  CHECK(maintenance.are_active(ids));

  SECTION("until the process ends") {
    schema->run("UPDATE database_instance_maintenance SET process = '" + ended_process() +
                "' WHERE process <> '';");
    CHECK_FALSE(maintenance.of(db1)->is_of_operation);
    CHECK_THAT(describe(*maintenance.of(db1)),
               Catch::EndsWith(
                   "`orchestrator -c unfinished` shows its leftovers; if there are none, end the lock with "
                   "end-maintenance"));
  }
  SECTION("until the process has not renewed it for too long, whatever the duration of the lock") {
    schema->run("UPDATE database_instance_maintenance SET process_timestamp = " + long_ago + ";");
    CHECK_FALSE(maintenance.of(db1)->is_of_operation);
    CHECK(maintenance.renew(ids, seconds(600)));
    CHECK(maintenance.of(db1)->is_of_operation);
    CHECK(maintenance.of(db1)->left > seconds(500));
    CHECK(maintenance.of({"db3.example", 3306})->process.empty());
  }
  SECTION("and is ended once the process has ended") {
    const std::vector<std::int64_t> all{ids[0], ids[1], other[0]};
    maintenance.end_abandoned(all);
    CHECK(maintenance.are_active(all));
    schema->run("UPDATE database_instance_maintenance SET process = '" + ended_process() +
                "' WHERE hostname = 'db1.example';");
    maintenance.end_abandoned(std::vector{ids[1], other[0]});
    CHECK(maintenance.of(db1));
    maintenance.end_abandoned(all);
    CHECK_FALSE(maintenance.of(db1));
    CHECK(maintenance.of(db2));
    CHECK(maintenance.are_active(other));
  }
  SECTION("and is ended with the next operation if its process ended before the operation was on record") {
    CHECK_FALSE(end_what_came_to_nothing(*store));
    // The lock of a person that an operation has joined.
    REQUIRE(maintenance.join({"db3.example", 3306}, this_process()));
    schema->run("UPDATE database_instance_maintenance SET process = '" + ended_process() +
                "', begin_process = '" + ended_process() + "' WHERE hostname = 'db1.example';");
    schema->run("UPDATE database_instance_maintenance SET process = '" + ended_process() +
                "' WHERE hostname = 'db3.example';");
    CHECK(end_what_came_to_nothing(*store));
    CHECK_FALSE(maintenance.of(db1));
    CHECK(maintenance.of(db2));
    CHECK(maintenance.are_active(other));
    CHECK_FALSE(end_what_came_to_nothing(*store));
  }
  SECTION("and is kept if the operation is unfinished") {
    schema->run("UPDATE database_instance_maintenance SET process = '" + ended_process() +
                "', begin_process = '" + ended_process() + "' WHERE process <> '';");
    UnendedOperation operation;
    operation.operation = "move-up";
    operation.subject = db1;
    operation.process = ended_process();
    operation.locks = ids;
    const auto id = store->operations().begin(operation, "token");
    OperationServer begun;
    begun.key = db1;
    store->operations().note(id, begun);
    CHECK_FALSE(end_what_came_to_nothing(*store));
    CHECK(maintenance.are_active(ids));
  }
  SECTION("an ended lock is reported, and whether the instance was locked again since") {
    CHECK(maintenance.end(ids[1]));
    CHECK_FALSE(maintenance.was_locked_since(db2, ids[1]));
    CHECK(maintenance.end(lock(*store, {db2})[0]));
    CHECK(maintenance.was_locked_since(db2, ids[1]));
    CHECK_FALSE(maintenance.was_locked_since(db1, ids[0]));
    CHECK_FALSE(maintenance.are_active(ids));
    CHECK_FALSE(maintenance.renew(ids, seconds(600)));
    CHECK_FALSE(maintenance.of(db2));
  }
  SECTION("an operation joins a person's lock, one operation at a time") {
    const InstanceKey db3{"db3.example", 3306};
    CHECK_FALSE(maintenance.join({"db4.example", 3306}, this_process()));
    CHECK_THROWS_AS(maintenance.join(db1, this_process()), Error);
    const auto joined = maintenance.join(db3, this_process());
    REQUIRE(joined);
    CHECK(joined->id == other[0]);
    CHECK(joined->process.empty());
    CHECK(maintenance.of(db3)->is_of_operation);
    CHECK(maintenance.of(db3)->owner == "ann");
    CHECK_THROWS_AS(maintenance.join(db3, this_process()), Error);
    const auto left = maintenance.of(db3)->left;
    CHECK(maintenance.renew(other, std::nullopt));
    CHECK(maintenance.of(db3)->left <= left);
    maintenance.part(*joined);
    CHECK_FALSE(maintenance.of(db3)->is_of_operation);
    CHECK(maintenance.join(db3, this_process())->id == other[0]);
  }
}

TEST_CASE("of processes that lock concurrently exactly one wins", "[store]") {
  const auto schema = each_backend();
  open(*schema);
  CHECK(in_processes(4, [&](unsigned number) {
    const auto store = open(*schema);
    for (int round = 0; round < 15; ++round) {
      // Alternate the lock order.
      std::vector<InstanceKey> keys{db1, db2};
      if ((number + static_cast<unsigned>(round)) % 2 == 0) std::swap(keys[0], keys[1]);
      try {
        const auto ids = lock(*store, keys, std::to_string(number));
        if (store->maintenance().of(db1)->owner != std::to_string(number)) return false;
        for (const auto id : ids) {
          if (!store->maintenance().end(id)) return false;
        }
        store->audit().write("won", db1, "");
      } catch (const Error& error) {
        if (error.code() != Code::locked) return false;
      }
    }
    return true;
  }));
  CHECK(store_suite::open(*schema)->maintenance().active().empty());
  CHECK(schema->value("SELECT COUNT(*) > 0 FROM audit") == "1");
}
