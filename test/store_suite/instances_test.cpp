#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "store/instance_columns.h"
#include "store_suite/backend.h"
#include "store_suite/samples.h"

using namespace topo;
using namespace store_suite;
using std::chrono::seconds;

namespace {

// As the store returns it: long queries are not part of an instance read.
Instance stored(Instance instance) {
  instance.long_queries.clear();
  return instance;
}

}  // namespace

TEST_CASE("the sample instance sets every column to a non-default value", "[store]") {
  for (const auto& column : store::instance_columns()) {
    if (column.name == "replication_channels") continue;  // only one channel in the sample
    if (column.name == "slave_io_running" || column.name == "last_check_partial_success") continue;
    CAPTURE(column.name);
    const auto full = full_instance();
    const Instance empty;
    CHECK(column.get(full) != column.get(empty));
  }
}

TEST_CASE("every fact of an instance is read back as written", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  const auto full = full_instance();
  write(*store, {first_seen(full)});
  const auto known = store->instances().read(full.key);
  REQUIRE(known);
  CHECK(known->instance == stored(full));
  CHECK(known->last_check_valid);
  CHECK(known->last_check_error.empty());
  REQUIRE(known->since_last_seen);
  CHECK(*known->since_last_seen < seconds(60));
  CHECK(known->since_last_checked == known->since_last_seen);
  CHECK(schema->value("SELECT major_version, supports_oracle_gtid, num_slave_hosts FROM database_instance") ==
        "8.0|1|2");

  SECTION("default values overwrite earlier facts") {
    Instance empty;
    empty.key = full.key;
    write(*store, {seen_again(empty)});
    CHECK(store->instances().read(full.key)->instance == empty);
    CHECK(schema->rows("SELECT hostname FROM database_instance_long_running_queries").empty());
  }
}

TEST_CASE("all channels of a replica are stored", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto several = full_instance();
  SECTION("several") {
    several.channels = {full_channel("a"), full_channel("ü😀\""), full_channel("")};
    several.channels[0].seconds_behind_master.reset();
    several.channels[1].io_thread = ThreadState::none;
    several.channels[2].last_io_error = "";
  }
  SECTION("one named channel") {
    several.channels = {full_channel("named")};
  }
  write(*store, {first_seen(several)});
  CHECK(store->instances().read(several.key)->instance == stored(several));
}

TEST_CASE("only the latest long queries of an instance are stored", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto busy = instance("a");
  busy.long_queries = {full_query(), full_query(), full_query()};
  busy.long_queries[1].id = 19;
  busy.long_queries[2].info = "the same process twice";
  write(*store, {first_seen(busy), first_seen(instance("b"))});
  const auto ids = "SELECT hostname, process_id FROM database_instance_long_running_queries ORDER BY 2";
  CHECK(schema->rows(ids) == std::vector<std::string>{"a|18", "a|19"});
  CHECK(schema->value("SELECT process_user, process_started_at, process_time_seconds, process_info FROM "
                      "database_instance_long_running_queries WHERE process_id = 18") ==
        "a user|2024-02-29 12:34:56|61|SELECT '😀', '?'");
  busy.long_queries.resize(1);
  busy.long_queries[0].id = 20;
  write(*store, {seen_again(busy), seen_again(instance("b"))});
  CHECK(schema->rows(ids) == std::vector<std::string>{"a|20"});
}

TEST_CASE("odd values from a hostile server affect only their own fact", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto odd = instance("odd", "master");
  const std::string nul("a\0b", 3);
  const std::string endless(100'000, 'x');
  odd.version = endless;
  odd.version_comment = nul;
  odd.data_center = std::string(31, 'y') + "😀ü";
  odd.physical_environment = "bad \xff\xfe utf-8 \xc3";
  odd.self_coordinates.position = std::numeric_limits<std::uint64_t>::max();
  odd.uptime = seconds(std::numeric_limits<std::int64_t>::max());
  odd.replication_depth = std::numeric_limits<unsigned>::max();
  odd.channels[0].last_sql_error = endless + endless;
  odd.channels[0].sql_delay = seconds(-5);
  odd.channels[0].exec.position = std::numeric_limits<std::uint64_t>::max();
  odd.slave_lag = seconds(-1);
  odd.warnings = {"bad \xff", endless};
  odd.replica_hosts.assign(2000, key("a-replica-with-a-long-name.example"));
  auto query = full_query();
  query.id = std::numeric_limits<std::uint64_t>::max();
  query.time = seconds(std::numeric_limits<std::int64_t>::max());
  query.started_at = Timestamp(seconds(-99'999'999'999));
  query.info = "bad \xff" + endless;
  odd.long_queries = {query};
  write(*store, {first_seen(odd), first_seen(instance("ordinary"))});

  const auto read = store->instances().read(odd.key)->instance;
  CHECK(read.version == std::string(128, 'x'));
  CHECK(read.version_comment == nul);
  CHECK(read.data_center == std::string(31, 'y') + "😀");
  CHECK(read.physical_environment == "bad ?? utf-8 ?");
  CHECK(read.self_coordinates.position == std::numeric_limits<std::int64_t>::max());
  CHECK(read.channels.at(0).last_sql_error == std::string(16'000, 'x'));
  CHECK(read.channels.at(0).sql_delay == seconds(0));
  CHECK(read.slave_lag == seconds(0));
  CHECK(read.warnings == std::vector<std::string>{"bad ?", endless});
  CHECK(read.replica_hosts.size() == 2000);
  CHECK(store->instances().read(key("ordinary")));
}

TEST_CASE("host names are compared exactly", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  const std::vector<std::string> names{"Db", "db", "d_", "d-", "dx", "10.0.0.1", "10.0.0.10", "::1"};
  std::vector<InstanceWrite> writes;
  for (const auto& name : names) writes.emplace_back(first_seen(instance(name, "", "of " + name)));
  write(*store, writes);
  for (const auto& name : names) {
    CAPTURE(name);
    REQUIRE(store->instances().read(key(name)));
    CHECK(hosts(store->instances().read_cluster("of " + name)) == name);
  }
  CHECK(store->instances().read_all().size() == names.size());
  CHECK_FALSE(store->instances().read(key("DB")));
  CHECK(store->clusters().names().size() == names.size());
}

TEST_CASE("instances are ordered by host name and port", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto c = instance("c", "b", "x");
  auto b = instance("b", "a", "x");
  auto b_next = b;
  b_next.key = key(b_next.key.hostname(), 10'000);
  write(*store, {first_seen(c), first_seen(b_next), first_seen(b), first_seen(instance("a", "", "x")),
                 first_seen(instance("d", "a", "y"))});
  auto& instances = store->instances();
  CHECK(hosts(instances.read_all()) == "a b b c d");
  CHECK(hosts(instances.read_cluster("x")) == "a b b c");
  CHECK(instances.read_cluster("x")[1].instance.key.port() == 3306);
  CHECK(hosts(instances.read_replicas(key("a"))) == "b b d");
  CHECK(instances.read_replicas(key("a", 3307)).empty());
  CHECK(instances.read_cluster("").empty());
  CHECK_FALSE(instances.read(key("a", 3307)));
}

TEST_CASE("replicas are found by a channel beside their main one", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto both = instance("b", "a", "x");
  both.channels.push_back(both.channels.front());
  both.channels.back().name = "größer";
  both.channels.back().master = key("m");
  write(*store, {first_seen(instance("a", "", "x")), first_seen(instance("m", "", "y")), first_seen(both),
                 first_seen(instance("c", "m", "y"))});
  auto& instances = store->instances();
  CHECK(hosts(instances.read_side_replicas(key("m"))) == "b");
  CHECK(instances.read_side_replicas(key("a")).empty());
}

TEST_CASE("a channel left by RESET SLAVE is stored, but its master does not count", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto left = instance("b", "a", "x");
  auto& channel = left.channels.front();
  channel.read = {};
  channel.io_thread = channel.sql_thread = ThreadState::stopped;
  write(*store, {first_seen(instance("a", "", "x")), first_seen(left)});
  auto& instances = store->instances();
  CHECK(instances.read(left.key)->instance.channels == left.channels);
  CHECK(instances.read_replicas(key("a")).empty());
  const auto links = instances.read_links();
  REQUIRE(links.size() == 2);
  CHECK_FALSE(links[1].master.has_value());
  // As earlier releases wrote it.
  schema->run("UPDATE database_instance SET master_host = 'a', master_port = 3306 WHERE hostname = 'b';");
  CHECK(instances.read_replicas(key("a")).empty());
}

TEST_CASE("what was read of transactions is read again when polls begin", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto full = full_instance();
  auto mariadb = instance("mariadb", "a", "x");
  mariadb.version = "10.11.6-MariaDB";
  mariadb.executed_gtid_set = "0-1-5";
  mariadb.logged_gtids = "0-1-5,0-2-4";
  mariadb.has_binlog_filters = true;
  write(*store, {first_seen(full), first_seen(mariadb), first_seen(instance("none", "", "x"))});
  auto stored = store->instances().read_gtids();
  REQUIRE(stored.size() == 2);
  if (stored.front().key == full.key) std::swap(stored.front(), stored.back());
  CHECK(stored.front().key == mariadb.key);
  CHECK(stored.front().errant.empty());
  CHECK(stored.front().state == topo::gtid_state_of(mariadb));
  CHECK(stored.back().errant == full.errant_gtids);
  auto expected = topo::gtid_state_of(full);
  expected.received.clear();
  CHECK(stored.back().state == expected);
}

TEST_CASE("links contain the replication facts of each instance", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto full = full_instance();
  full.channels[0].io_thread = ThreadState::running;
  write(*store, {first_seen(full), UnseenMaster{key("master.example", 3310)}});
  const auto links = store->instances().read_links();
  REQUIRE(links.size() == 2);
  CHECK(links[0].key == key("master.example", 3310));
  CHECK_FALSE(links[0].master.has_value());
  CHECK_FALSE(links[0].last_check_valid);
  CHECK_FALSE(links[0].replica_io_running);
  CHECK_FALSE(links[0].read_only);
  CHECK(links[1].key == full.key);
  CHECK(links[1].read_only);
  CHECK(links[1].log_bin);
  CHECK(links[1].master == key("master.example", 3310));
  CHECK(links[1].cluster_name == full.cluster_name);
  CHECK(links[1].replication_depth == 28);
  CHECK(links[1].is_co_master);
  CHECK(links[1].server_uuid == full.server_uuid);
  CHECK(links[1].server_id == full.server_id);
  CHECK(links[1].reported_hostname == "reported.example");
  CHECK(links[1].reported_port == 3312);
  CHECK(links[1].last_check_valid);
  CHECK(links[1].replica_io_running);
  CHECK(links[1].master_uuid == full.channels.front().master_uuid);
  CHECK(links[1].received_most == full.received_most);
}

TEST_CASE("rows without a valid server name are reported and can be forgotten", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& instances = store->instances();
  write(*store, {first_seen(instance("a")), first_seen(instance("b", "a")), first_seen(instance("c", "a")),
                 first_seen(instance("d", "a")), first_seen(instance("e", "a"))});
  schema->run(
      "UPDATE database_instance SET hostname = 'x;host=127.0.0.1;local-infile=1' WHERE hostname = 'b';\n"
      "UPDATE database_instance SET hostname = 'c.' WHERE hostname = 'c';\n"
      "UPDATE database_instance SET master_host = 'y,z' WHERE hostname = 'd';\n"
      "UPDATE database_instance SET port = 0 WHERE hostname = 'e';\n"
      "INSERT INTO database_instance_alias (hostname, port, instance_hostname, instance_port, last_seen)"
      " VALUES ('-x', 3306, 'a', 3306, current_timestamp);\n");
  CHECK(hosts(instances.read_all()) == "a d");
  CHECK(hosts(instances.search("x;")).empty());
  CHECK(instances.read_links().size() == 2);
  CHECK(instances.read_aliases().empty());
  const auto d = instances.read(key("d"));
  REQUIRE(d);
  CHECK(d->instance.is_replica());
  CHECK_FALSE(d->instance.master_key().has_value());
  CHECK(d->instance.replication()->unusable_master == "y,z:3306");

  const auto texts = [](const std::vector<topo::UnusableRow>& rows) {
    std::string text;
    for (const auto& row : rows) text += row.text() + " ";
    return text;
  };
  const std::string unusable = "-x:3306 c.:3306 e:0 x;host=127.0.0.1;local-infile=1:3306 ";
  CHECK(texts(instances.unusable()) == unusable);
  CHECK(texts(instances.forget_unusable()) == unusable);
  CHECK(instances.unusable().empty());
  CHECK(hosts(instances.read_all()) == "a d");
}

TEST_CASE("forget_unusable deletes unusable rows from every table, and nothing else", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& instances = store->instances();
  write(*store, {first_seen(instance("a")), first_seen(instance("b", "a"))});
  instances.claim_alias(key("c"), key("a"));
  const std::vector<topo::MaintenanceRequest> lock{{key("b"), "x"}};
  store->maintenance().begin(lock, "ann", std::chrono::hours(1));
  // MySQL stores only numbers in port columns and only text in name columns.
  std::vector<std::pair<std::string, std::string>> planted{{"'x;host=127.0.0.1'", "3306"},
                                                           {"'a'", "0"},
                                                           {"''", "3306"},
                                                           {"'a..b'", "3306"},
                                                           {"'" + std::string(128, 'l') + "'", "3306"}};
  if (schema->is_mysql()) {
    planted.insert(planted.end(), {{"concat('a', char(0))", "3306"}, {"'-x'", "65535"}});
  } else {
    planted.insert(planted.end(), {{"'a' || char(0)", "3306"},
                                   {"'" + std::string(300, 'l') + "'", "3306"},
                                   {"x'61'", "3306"},
                                   {"'a'", "'abc'"},
                                   {"'a'", "'3306x'"},
                                   {"'a'", "3306.5"},
                                   {"'a'", "x'33333036'"},
                                   {"'a'", "70000"},
                                   {"'a'", "-1"}});
  }
  const std::vector<std::array<std::string, 4>> tables{
      {"database_instance", "hostname", "port", ""},
      {"database_instance_alias", "hostname", "port", ""},
      {"database_instance_alias", "instance_hostname", "instance_port", "hostname"},
      {"database_instance_coordinates_history", "hostname", "port", ""},
      {"database_instance_long_running_queries", "hostname", "port", ""},
      {"database_instance_maintenance", "hostname", "port", ""},
      {"topology_operation", "hostname", "port", ""},
      {"topology_operation_server", "hostname", "port", ""}};
  const auto counts = [&] {
    std::string text;
    for (const auto& table : tables) text += schema->value("SELECT COUNT(*) FROM " + table[0]) + " ";
    return text;
  };
  const auto before = counts();
  for (const auto& [table, hostname, port, other] : tables) {
    int number = 0;
    for (const auto& [host_value, port_value] : planted) {
      auto columns = hostname + ", " + port, values = host_value + ", " + port_value;
      if (!other.empty()) {
        columns += ", " + other;
        values += ", 'alias" + std::to_string(++number) + "'";
      }
      schema->run("INSERT INTO " + table + " (" + columns + ") VALUES (" + values + ");\n");
    }
  }
  CHECK(counts() != before);
  CHECK(instances.unusable().size() >= planted.size() - 3);  // 'a' with several text ports counts as one
  instances.forget_unusable();
  CHECK(counts() == before);
  CHECK(instances.unusable().empty());
  CHECK(hosts(instances.read_all()) == "a b");
  CHECK(instances.read_aliases().size() == 1);
  CHECK(store->maintenance().active().size() == 1);
}

TEST_CASE("a master name that is not a valid server is stored as text", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto replica = instance("a", "m");
  replica.channels.front().set_master("y;init-command=drop database x", 3306);
  write(*store, {first_seen(replica)});
  const auto read = store->instances().read(key("a"));
  REQUIRE(read);
  CHECK(read->instance.channels == replica.channels);
  CHECK(schema->value("SELECT master_host FROM database_instance") == "");
}

TEST_CASE("a promotion rule ends in time, except must_not", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  const auto full = full_instance();
  write(*store, {first_seen(full)});
  const auto rule = [&] { return store->instances().read(full.key)->promotion_rule; };
  const auto age = [&] {
    schema->run("UPDATE candidate_database_instance SET last_suggested = '2020-01-01 00:00:00'");
  };
  CHECK(rule() == PromotionRule::neutral);
  for (const auto registered :
       {PromotionRule::prefer, PromotionRule::prefer_not, PromotionRule::must_not, PromotionRule::neutral}) {
    store->instances().register_candidate(full.key, registered);
    CHECK(rule() == registered);
    age();
    CHECK(rule() == (registered == PromotionRule::must_not ? registered : PromotionRule::neutral));
  }
  CHECK(schema->rows("SELECT hostname FROM candidate_database_instance").empty());
  // The rule of another instance, which is not known, and what other programs wrote.
  store->instances().register_candidate({"elsewhere.example.com", 3306}, PromotionRule::must_not);
  CHECK(rule() == PromotionRule::neutral);
  store->instances().register_candidate(full.key, PromotionRule::prefer_not);
  for (const auto& [text, expected] :
       {std::pair("must", PromotionRule::prefer), std::pair("whatever", PromotionRule::neutral)}) {
    schema->run(std::string("UPDATE candidate_database_instance SET promotion_rule = '") + text + "'");
    CHECK(rule() == expected);
  }
}
