#include <catch2/catch.hpp>

#include "base/process.h"
#include "store_suite/backend.h"
#include "store_suite/samples.h"

using namespace topo;
using namespace store_suite;
using Catch::Contains;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

NewRecovery recovery(const std::string& process) {
  NewRecovery begun;
  begun.failed = {"larger", 3306};
  begun.analysis = "DeadMaster";
  begun.cluster_name = "larger:3306";
  begun.cluster_alias = "shop";
  begun.replicas = {{"b", 1}, {"c", 2}};
  begun.node_hostname = "here";
  begun.node_token = "token";
  begun.process = process;
  return begun;
}

std::string locked(RecoveryStore& recoveries, const NewRecovery& recovery) {
  try {
    recoveries.begin(recovery, minutes(60));
    return "";
  } catch (const Error& error) {
    CHECK(error.code() == Code::locked);
    return error.what();
  }
}

}  // namespace

TEST_CASE("a recovery whose begin was not confirmed is withdrawn", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& recoveries = store->recoveries();
  recoveries.begin(recovery(this_process()), minutes(60), "t1");
  recoveries.withdraw("t2");
  recoveries.withdraw("");
  CHECK_FALSE(locked(recoveries, recovery(this_process())).empty());
  recoveries.withdraw("t1");
  CHECK(locked(recoveries, recovery(this_process())).empty());
  recoveries.withdraw("");
  CHECK(schema->value("SELECT COUNT(*) FROM topology_recovery") == "1");
}

TEST_CASE("an instance has at most one recovery under way", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& recoveries = store->recoveries();
  const auto id = recoveries.begin(recovery(this_process()), minutes(60));
  CHECK(schema->value("SELECT analysis FROM topology_recovery") == "DeadMaster");
  CHECK(schema->value("SELECT slave_hosts FROM topology_recovery") == "b:1,c:2");
  CHECK(schema->value("SELECT count_affected_slaves FROM topology_recovery") == "2");
  CHECK_THAT(locked(recoveries, recovery(this_process())),
             Contains("larger:3306 is being recovered already, by here since 20"));
  auto another = recovery(this_process());
  another.failed = key(another.failed.hostname(), 3307);
  CHECK(locked(recoveries, another).empty());

  CHECK_FALSE(recoveries.last(recovery("").failed, minutes(60)));  // not ended yet
  recoveries.end(id, {InstanceKey{"b", 1}, false, {{"c", 2}}, "c:2 stays"});
  const auto past = recoveries.last(recovery("").failed, minutes(60));
  REQUIRE(past);
  CHECK(past->successor == key("b", 1));
  CHECK(past->begin.starts_with("20"));
  CHECK_FALSE(recoveries.last(another.failed, minutes(60)));
  schema->run(
      "UPDATE topology_recovery SET start_active_period = '2020-01-01 00:00:00' WHERE recovery_id = " +
      std::to_string(id) + ";");
  CHECK_FALSE(recoveries.last(recovery("").failed, minutes(60)));
  const std::string ended = " FROM topology_recovery WHERE recovery_id = " + std::to_string(id);
  CHECK(schema->value("SELECT successor_hostname" + ended) == "b");
  CHECK(schema->value("SELECT successor_port" + ended) == "1");
  CHECK(schema->value("SELECT is_successful" + ended) == "0");
  CHECK(schema->value("SELECT lost_slaves" + ended) == "c:2");
  CHECK(schema->value("SELECT all_errors" + ended) == "c:2 stays");
  CHECK(schema->value("SELECT COUNT(*)" + ended + " AND end_recovery IS NOT NULL") == "1");

  // An ended recovery does not block the next one, even if several end their period in the same second.
  for (int i = 0; i < 3; ++i) {
    const auto next = recoveries.begin(recovery(this_process()), minutes(60));
    recoveries.end(next, {{}, true, {}, ""});
  }
  CHECK(schema->value("SELECT COUNT(*) FROM topology_recovery WHERE port = 3306") == "4");
  CHECK(schema->value("SELECT COUNT(*) FROM topology_recovery WHERE port = 3306 AND in_active_period = 1") ==
        "1");
  CHECK(schema->value(
            "SELECT COUNT(*) FROM topology_recovery WHERE successor_hostname IS NULL AND is_successful"
            " = 1") == "3");
}

TEST_CASE("a recovery whose process has ended, or that takes too long, does not block another", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& recoveries = store->recoveries();
  recoveries.begin(recovery(""), minutes(60));
  CHECK(locked(recoveries, recovery("of another host")).empty());
  CHECK_FALSE(locked(recoveries, recovery(this_process())).empty());
  schema->run("UPDATE topology_recovery SET start_active_period = " + schema->ago(hours(2)));
  CHECK(locked(recoveries, recovery(this_process())).empty());
}

TEST_CASE("active periods expire", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& recoveries = store->recoveries();
  recoveries.begin(recovery(this_process()), minutes(60));
  CHECK(recoveries.expire(minutes(60)) == 0);
  schema->run("UPDATE topology_recovery SET start_active_period = " + schema->ago(hours(2)));
  CHECK(recoveries.expire(minutes(60)) == 1);
  CHECK(recoveries.expire(minutes(60)) == 0);
  CHECK(schema->value("SELECT in_active_period FROM topology_recovery") == "0");
}
