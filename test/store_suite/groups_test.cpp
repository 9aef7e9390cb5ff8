#include <catch2/catch.hpp>

#include "store_suite/backend.h"
#include "store_suite/samples.h"

using namespace topo;
using namespace store_suite;
using std::chrono::hours;

namespace {

const InstanceKey subject = key("a");

Instance versioned(std::string_view version) {
  auto made = instance("a");
  made.version = version;
  return made;
}

ClusterAssignment place(std::string_view cluster) {
  return {subject, std::string(cluster), 3, true};
}

std::vector<InstanceKey> write_group(Store& store, std::vector<InstanceWrite> writes) {
  return store.instances().write(writes);
}

}  // namespace

TEST_CASE("a failed check keeps the facts and stores the error", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  write(*store, {first_seen(versioned("1"))});
  write(*store, {FailedInstance{subject, "cannot connect: 😀 'x' \xff"}});
  auto known = store->instances().read(subject);
  CHECK(known->instance.version == "1");
  CHECK_FALSE(known->last_check_valid);
  CHECK(known->last_check_error == "cannot connect: 😀 'x' ?");
  CHECK(known->last_check_failure == topo::ReadFailure::unknown);
  CHECK(known->since_last_seen);
  CHECK(hosts(store->instances().read_suspects(std::chrono::seconds(60), std::chrono::seconds(60))) == "a");

  SECTION("the next successful check clears the error") {
    write(*store, {seen_again(versioned("2"))});
    known = store->instances().read(subject);
    CHECK(known->last_check_valid);
    CHECK(known->last_check_error.empty());
    CHECK(known->last_check_failure == topo::ReadFailure::none);
    CHECK(known->instance.version == "2");
  }
  SECTION("what the failure says about the server is stored") {
    for (const auto failure :
         {topo::ReadFailure::answered, topo::ReadFailure::local, topo::ReadFailure::no_answer}) {
      write(*store, {FailedInstance{subject, "why", failure}});
      CHECK(store->instances().read(subject)->last_check_failure == failure);
    }
    write(*store, {seen_again(versioned("2"))});
    CHECK(store->instances().read(subject)->last_check_failure == topo::ReadFailure::none);
  }
  SECTION("an empty error still marks the check as failed") {
    write(*store, {FailedInstance{subject, ""}});
    CHECK_FALSE(store->instances().read(subject)->last_check_valid);
  }
}

TEST_CASE("writes about an unknown instance create no row", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  CHECK(write_group(*store, {}).empty());
  CHECK(write_group(*store, {FailedInstance{subject, "x"}, place("x")}).empty());
  CHECK(store->instances().read_all().empty());
}

TEST_CASE("an unseen master gets a row only if it has none yet", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  write(*store, {UnseenMaster{subject}, UnseenMaster{subject}});
  const auto known = store->instances().read(subject);
  REQUIRE(known);
  CHECK(known->instance.version == "Unknown");
  CHECK(known->instance.cluster_name == "a:3306");
  CHECK_FALSE(known->since_last_seen);
  CHECK_FALSE(known->last_check_valid);
  write(*store, {seen_again(versioned("1"))});
  write(*store, {UnseenMaster{subject}});
  CHECK(store->instances().read(subject)->instance.version == "1");
  CHECK(store->instances().read(subject)->last_check_valid);
}

TEST_CASE("nothing is written for a forgotten instance", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  write(*store, {first_seen(versioned("1")), first_seen(instance("b"))});
  CHECK(store->instances().forget(subject));
  CHECK_FALSE(store->instances().forget(subject));
  auto busy = versioned("2");
  busy.long_queries = {full_query()};
  CHECK(write_group(*store, {seen_again(busy), seen_again(instance("b"))}) ==
        std::vector<InstanceKey>{subject});
  CHECK(hosts(store->instances().read_all()) == "b");
  CHECK(schema->rows("SELECT hostname FROM database_instance_long_running_queries").empty());
  CHECK(write_group(*store, {seen_again(busy), place("x"), FailedInstance{subject, "x"}}).size() == 1);
  CHECK(hosts(store->instances().read_all()) == "b");
}

TEST_CASE("a host name too long for the tables is not stored in a truncated form", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  const auto label = std::string(42, 'h');
  const auto endless = "x" + label + "." + label + "." + label;  // 129 characters
  CHECK(write_group(*store, {first_seen(instance(endless)), first_seen(instance("b"))}) ==
        std::vector<InstanceKey>{key(endless)});
  write(*store, {first_seen(instance(endless.substr(1)))});
  CHECK(hosts(store->instances().read_all()) == "b " + endless.substr(1));
  CHECK_FALSE(store->instances().read(key(endless)));
}

TEST_CASE("of several writes for an instance, the last wins", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  write(*store, {first_seen(versioned("0"))});
  const auto known_after = [&](std::vector<InstanceWrite> writes) {
    write(*store, std::move(writes));
    return *store->instances().read(subject);
  };
  const FailedInstance failed{subject, "why"};

  CHECK(known_after({seen_again(versioned("1")), seen_again(versioned("2"))}).instance.version == "2");
  {
    const auto known = known_after({seen_again(versioned("3")), failed});
    CHECK(known.instance.version == "3");
    CHECK(known.last_check_error == "why");
    CHECK_FALSE(known.last_check_valid);
  }
  {
    const auto known = known_after({failed, seen_again(versioned("4"))});
    CHECK(known.instance.version == "4");
    CHECK(known.last_check_valid);
  }
  {
    const auto known = known_after({seen_again(versioned("5")), place("x")});
    CHECK(known.instance.cluster_name == "x");
    CHECK(known.instance.replication_depth == 3);
    CHECK(known.instance.is_co_master);
    CHECK(known.instance.version == "5");
  }
  CHECK(known_after({place("x"), seen_again(versioned("6"))}).instance.cluster_name == "a:3306");
  CHECK(known_after({place("x"), place("y"), failed}).instance.cluster_name == "y");
  CHECK(known_after({failed, FailedInstance{subject, "newer"}}).last_check_error == "newer");
  CHECK(known_after({UnseenMaster{subject}, seen_again(versioned("7"))}).instance.version == "7");
  CHECK(known_after({seen_again(versioned("8")), UnseenMaster{subject}}).instance.version == "8");
}

TEST_CASE("an unseen master and its facts may be in one group", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  SECTION("unseen first") {
    CHECK(write_group(*store, {UnseenMaster{subject}, seen_again(versioned("1"))}).empty());
    CHECK(store->instances().read(subject)->instance.version == "1");
  }
  SECTION("unseen after being forgotten") {
    CHECK(write_group(*store, {seen_again(versioned("1")), UnseenMaster{subject}}).size() == 1);
    CHECK(store->instances().read(subject)->instance.version == "Unknown");
  }
  SECTION("new first") {
    CHECK(write_group(*store, {first_seen(versioned("1")), seen_again(versioned("2"))}).empty());
    CHECK(store->instances().read(subject)->instance.version == "2");
  }
  SECTION("unseen, placed and failed") {
    write(*store, {UnseenMaster{subject}, place("x"), FailedInstance{subject, "refused"}});
    const auto known = store->instances().read(subject);
    CHECK(known->instance.cluster_name == "x");
    CHECK(known->last_check_error == "refused");
  }
}

TEST_CASE("a large group is written completely", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  std::vector<InstanceWrite> writes;
  constexpr int count = 500;
  for (int i = 0; i < count; ++i) {
    auto one = full_instance();
    one.key = key("host" + std::to_string(i));
    one.channels[0].last_sql_error = std::string(5000, 'e');
    writes.emplace_back(first_seen(one));
  }
  write(*store, writes);
  for (auto& one : writes) std::get<SeenInstance>(one).is_new = false;
  write(*store, writes);
  CHECK(store->instances().read_all().size() == count);
}

TEST_CASE("forgetting an instance deletes all of its data", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto busy = instance("a");
  busy.long_queries = {full_query()};
  write(*store, {first_seen(busy), first_seen(instance("b"))});
  store->instances().claim_alias(key("other-a"), subject);
  store->instances().claim_alias(key("other-b"), key("b"));
  CHECK(store->instances().forget(subject));
  CHECK(hosts(store->instances().read_all()) == "b");
  CHECK(schema->rows("SELECT hostname FROM database_instance_long_running_queries").empty());
  CHECK(store->instances().read_aliases().size() == 1);
}

TEST_CASE("instances unseen for too long are forgotten, never-seen ones are not", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  write(*store, {first_seen(instance("a")), first_seen(instance("b")), first_seen(instance("c")),
                 UnseenMaster{key("never")}});
  schema->run("UPDATE database_instance SET last_seen = " + schema->ago(hours(25)) +
              " WHERE hostname <> 'b'"
              " AND hostname <> 'never'");
  CHECK(store->instances().forget_unseen(hours(26)).empty());
  CHECK(store->instances().forget_unseen(hours(10'000'000)).empty());
  CHECK(store->instances().forget_unseen(hours(24)) == std::vector<InstanceKey>{key("a"), key("c")});
  CHECK(hosts(store->instances().read_all()) == "b never");
}

TEST_CASE("aliases of an instance are stored and expire", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& instances = store->instances();
  instances.claim_alias(key("x", 1), key("a", 2));
  instances.claim_alias(key("y_2", 3), key("b", 4));
  instances.claim_alias(key("x", 1), key("c", 5));
  using Alias = std::pair<InstanceKey, InstanceKey>;
  auto aliases = instances.read_aliases();
  std::sort(aliases.begin(), aliases.end());
  CHECK(aliases == std::vector<Alias>{{key("x", 1), key("c", 5)}, {key("y_2", 3), key("b", 4)}});
  schema->run("UPDATE database_instance_alias SET last_seen = " + schema->ago(hours(2)) +
              " WHERE hostname = 'x'");
  instances.expire_aliases(std::chrono::minutes(121));
  CHECK(instances.read_aliases().size() == 2);
  instances.expire_aliases(std::chrono::minutes(119));
  CHECK(instances.read_aliases() == std::vector<Alias>{{key("y_2", 3), key("b", 4)}});
}

TEST_CASE("a proven alias has no instance row", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& instances = store->instances();
  write(*store, {first_seen(instance("a")), first_seen(instance("b"))});
  auto claimed = instances.claim_alias(key("b"), key("a"));
  CHECK(claimed.known_as == key("a"));
  CHECK(claimed.is_changed);
  CHECK(hosts(instances.read_all()) == "a");
  CHECK_FALSE(instances.claim_alias(key("b"), key("a")).is_changed);

  SECTION("even if another process that does not know the alias writes a row later") {
    const std::vector<topo::InstanceWrite> writes{first_seen(instance("b")), first_seen(instance("c")),
                                                  UnseenMaster{key("b")}};
    CHECK(instances.write(writes) == std::vector<InstanceKey>{key("b")});
    CHECK(hosts(instances.read_all()) == "a c");
    CHECK_FALSE(instances.claim_alias(key("b"), key("a")).is_changed);
  }
  SECTION("even if another process wrote a row before") {
    instances.forget_alias(key("b"));
    write(*store, {first_seen(instance("b"))});
    CHECK(instances.claim_alias(key("b"), key("a")).is_changed);
    CHECK(hosts(instances.read_all()) == "a");
  }
  SECTION("a claim in the opposite direction does not override an earlier one") {
    claimed = instances.claim_alias(key("a"), key("b"));
    CHECK(claimed.known_as == key("a"));
    CHECK_FALSE(claimed.is_changed);
    CHECK(hosts(instances.read_all()) == "a");
  }
  SECTION("a third name becomes an alias of the same instance") {
    CHECK(instances.claim_alias(key("c"), key("b")).known_as == key("a"));
    CHECK(instances.read_aliases().size() == 2);
  }
  SECTION("aliases of an alias become aliases of its instance") {
    write(*store, {first_seen(instance("z"))});
    CHECK(instances.claim_alias(key("a"), key("z")).known_as == key("z"));
    for (const auto& [alias, known_as] : instances.read_aliases()) CHECK(known_as == key("z"));
    CHECK(hosts(instances.read_all()) == "z");
  }
  SECTION("a forgotten alias can be an instance again") {
    CHECK(instances.forget_alias(key("b")));
    CHECK_FALSE(instances.forget_alias(key("b")));
    write(*store, {first_seen(instance("b"))});
    CHECK(hosts(instances.read_all()) == "a b");
  }
}
