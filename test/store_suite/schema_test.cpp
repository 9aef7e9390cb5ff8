#include <catch2/catch.hpp>

#include "store/schema_facts.h"
#include "store/schema_tables.h"
#include "store_suite/backend.h"
#include "store_suite/foreign_tables.h"
#include "store_suite/samples.h"

using namespace topo;
using namespace store_suite;

namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Writes every kind of row once.
void write_everything(Store& store) {
  auto full = full_instance();
  write(store, {first_seen(full), UnseenMaster{key("unseen")}, FailedInstance{key("unseen"), "why"}});
  CHECK(store.instances().read(full.key)->instance.version_comment == full.version_comment);
  CHECK(store.instances().read(key("unseen"))->instance.version == "Unknown");
  store.instances().claim_alias(key("alias"), full.key);
  store.names().write_resolved("a", "a.example");
  CHECK(store.nodes().attempt_election("host", "1", std::chrono::seconds(60)));
  CHECK(store.nodes().report_health("host", "1", "test", "0.1").is_active_node);
  store.audit().write("test", full.key, "a message");
  CHECK(store.audit().read(0, 1).at(0).message == "a message");
  store.maintenance().end(full.key);
  store.maintenance().begin(std::vector<MaintenanceRequest>{{full.key, "a reason"}}, "owner",
                            std::chrono::seconds(60));
  CHECK(store.maintenance().of(full.key)->reason == "a reason");
  store.clusters().set_alias("cluster.example:3327", "new alias");
  CHECK(store.clusters().cluster_of_alias("new alias"));
  CHECK_FALSE(store.coordinates().recorded(full.key, LogType::relay).empty());
  store.pseudo_gtid().note_injected(std::vector<std::string>{full.cluster_name});
  CHECK(store.pseudo_gtid().injected_within(std::chrono::seconds(60)).size() == 1);
}

std::vector<std::string> indexes_of(const Schema& schema, std::string_view table) {
  std::vector<std::string> indexes;
  schema.database()->read(
      [&](store::DatabaseSession& session) { indexes = store::indexes_of(session, schema.engine(), table); });
  return indexes;
}

}  // namespace

TEST_CASE("the tables of a new backend are created once", "[store]") {
  const auto schema = each_backend();
  CHECK(contains(log_of_opening(schema->configuration()), "Creating or updating the tables of"));
  CHECK(log_of_opening(schema->configuration()).empty());
  CHECK(schema->value("SELECT COUNT(*) FROM orchestrator_db_deployments") == "1");
  write_everything(*open(*schema));
}

TEST_CASE("opening an up-to-date backend costs one query", "[store]") {
  const auto schema = each_backend();
  const auto statements = [&] { return open(*schema)->statements(); };
  const auto first = statements();
  const auto again = statements();
  CHECK(first > 20);
  CHECK(again <= (schema->is_mysql() ? 1 : 3));  // two more for the settings of SQLite
}

TEST_CASE("tables of the first releases can be opened, with their rows", "[store]") {
  const auto schema = each_backend();
  schema->run(early_tables(schema->engine()));
  const auto store = open(*schema);
  const auto replica = store->instances().read(key("replica"));
  REQUIRE(replica);
  CHECK(replica->last_check_valid);
  CHECK(replica->instance.version == "5.6.24-log");
  CHECK(replica->instance.is_replica());
  CHECK(replica->instance.replica_running());
  CHECK(replica->instance.master_key() == key("master"));
  CHECK(replica->instance.slave_lag == std::chrono::seconds(4));
  const auto master = store->instances().read(key("master"));
  REQUIRE(master);
  CHECK_FALSE(master->instance.is_replica());
  CHECK(master->instance.replica_hosts == std::vector<InstanceKey>{key("replica")});
  CHECK(hosts(store->instances().read_cluster("master:3306")) == "master replica");
  CHECK(store->audit().read(0, 1).at(0).message == "long ago");
  CHECK(schema->rows("SELECT cluster_name, alias FROM cluster_alias ORDER BY cluster_name") ==
        std::vector<std::string>{"b:1|twice", "c:1|once"});
  store->clusters().set_alias("a:1", "twice");
  CHECK(store->clusters().cluster_of_alias("twice") == "a:1");
  write_everything(*store);
  CHECK(log_of_opening(schema->configuration()).empty());
}

TEST_CASE("tables of the last Go release can be opened, with columns unknown to this program", "[store]") {
  const auto schema = each_backend();
  schema->run(late_tables(schema->engine()));
  const auto store = open(*schema);
  CHECK(hosts(store->instances().read_all()) == "master replica");
  CHECK(store->instances().read(key("replica"))->instance.replica_running());
  CHECK(store->clusters().cluster_of_alias("The Alias") == "master:3306");
  CHECK_FALSE(store->clusters().cluster_of_alias("the alias"));
  // The origin of an alias written by the Go program is unknown: a query may withdraw it.
  store->clusters().withdraw_alias("master:3306");
  CHECK_FALSE(store->clusters().cluster_of_alias("The Alias"));
  write_everything(*store);
  write(*store, {seen_again(instance("replica", "master", "master:3306")), first_seen(instance("REPLICA"))});
  CHECK(schema
            ->rows("SELECT ancestry_uuid, region, hostname FROM database_instance"
                   " WHERE version = '10.11.6-MariaDB' ORDER BY hostname")
            .at(1) == "uuid|eu|replica");
  const auto indexes = indexes_of(*schema, "database_instance");
  CHECK(std::count(indexes.begin(), indexes.end(), "cluster_name") == 1);
  CHECK(std::count(indexes.begin(), indexes.end(), "master_host, master_port") == 1);
  const auto of_aliases = indexes_of(*schema, "cluster_alias");
  CHECK(std::count(of_aliases.begin(), of_aliases.end(), "alias") == 1);
}

TEST_CASE("an interrupted migration is resumed", "[store]") {
  const auto schema = each_backend();
  write_everything(*open(*schema));
  schema->run(
      "DELETE FROM orchestrator_db_deployments;\nDROP TABLE hostname_resolve;\n"
      "ALTER TABLE node_health DROP COLUMN db_backend");
  const auto store = open(*schema);
  CHECK(store->instances().read_all().size() == 2);
  CHECK(store->clusters().cluster_of_alias("new alias"));
  write_everything(*store);
}

TEST_CASE("tables of a newer release can be used, with columns unknown to this program", "[store]") {
  const auto schema = each_backend();
  open(*schema);
  schema->run(
      "UPDATE orchestrator_db_deployments SET deployed_version = 'tables later';\n"
      "ALTER TABLE node_health ADD COLUMN later varchar(8) NOT NULL DEFAULT 'x'");
  write_everything(*open(*schema));
  CHECK(schema->value("SELECT later FROM node_health") == "x");
  CHECK(schema->value("SELECT COUNT(*) FROM orchestrator_db_deployments") == "2");
}

TEST_CASE("without permission to change tables, the missing ones are reported", "[store]") {
  const auto schema = each_backend();
  auto configuration = schema->configuration();
  configuration.skip_orchestrator_database_update = true;
  SECTION("all tables missing") {
    const auto message = refusal([&] { open(configuration); });
    CHECK(contains(message, schema->database()->describe()));
    CHECK(contains(message, "table database_instance,"));
    CHECK(contains(message, "SkipOrchestratorDatabaseUpdate"));
    CHECK(schema->rows(schema->is_mysql() ? "SHOW TABLES" : "SELECT name FROM sqlite_master").empty());
  }
  SECTION("some columns missing") {
    schema->run(early_tables(schema->engine()));
    const auto message = refusal([&] { open(configuration); });
    CHECK(contains(message, "column database_instance.uptime"));
    CHECK_FALSE(contains(message, "table database_instance,"));
  }
  SECTION("nothing missing") {
    open(*schema);
    write_everything(*open(configuration));
  }
  SECTION("nothing missing, tables created by others") {
    open(*schema);
    schema->run("DROP TABLE orchestrator_db_deployments");
    write_everything(*open(configuration));
  }
}
