#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "store_suite/backend.h"
#include "store_suite/samples.h"

using namespace topo;
using namespace store_suite;
using std::chrono::seconds;

TEST_CASE("a search finds text in names and versions, and numbers", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto a = instance("db-East.example", "", "First:3306");
  a.server_id = 4711;
  auto b = instance("db_west.example", "", "second");
  b.version = "8.0.36-Percona";
  b.key = key("db_west.example", 3999);
  auto c = instance("c", "", "ünï😀");
  c.version = "100%|'?\\";
  write(*store, {first_seen(a), first_seen(b), first_seen(c)});
  const auto found = [&](std::string_view text) { return hosts(store->instances().search(text)); };
  const auto all = hosts(store->instances().read_all());
  CHECK(found("") == all);
  CHECK(found("EAST") == "db-East.example");
  CHECK(found("first") == "db-East.example");
  CHECK(found("percona") == "db_west.example");
  CHECK(found("3999") == "db_west.example");
  CHECK(found("west.example:39") == "db_west.example");
  CHECK(found("4711") == "db-East.example");
  CHECK(found("471").empty());
  CHECK(found("😀") == c.key.hostname());
  // Characters special in a pattern or a statement are taken literally.
  CHECK(found("_") == "db_west.example");
  CHECK(found("%") == c.key.hostname());
  CHECK(found("|") == c.key.hostname());
  CHECK(found("?") == c.key.hostname());
  CHECK(found("'") == c.key.hostname());
  CHECK(found("\\") == c.key.hostname());
  CHECK(found("' OR '1'='1").empty());
  CHECK(found("%' OR 1=1 -- ").empty());
  CHECK(found("\xff").empty());
  CHECK(found(std::string("db\0", 3)).empty());
  CHECK(found(std::string(1'000'000, '%')).empty());
  CHECK(found("99999999999999999999999").empty());
  CHECK(found("-1").empty());
}

TEST_CASE("host names are found by pattern", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  write(*store, {first_seen(instance("db1")), first_seen(instance("DB2")), first_seen(instance("web1"))});
  auto& instances = store->instances();
  CHECK(hosts(instances.find("^db[0-9]$")) == "DB2 db1");
  CHECK(hosts(instances.find("1")) == "db1 web1");
  CHECK(hosts(instances.find("")) == "DB2 db1 web1");
  CHECK(instances.find("'; DROP TABLE database_instance").empty());
  for (const auto* wrong : {"(", "[", "*", "(?=x)", "\xff"}) {
    CAPTURE(wrong);
    try {
      instances.find(wrong);
      FAIL("no refusal");
    } catch (const Error& error) {
      CHECK(error.code() == Code::invalid_argument);
    }
  }
}

TEST_CASE("suspects are instances that may have a problem", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto lagging = instance("lagging", "master");
  lagging.channels[0].seconds_behind_master = seconds(11);
  auto lagging_by_query = instance("lagging-by-query", "master");
  lagging_by_query.slave_lag = seconds(11);
  auto stopped = instance("stopped", "master");
  stopped.channels[0].sql_thread = ThreadState::stopped;
  auto connecting = instance("connecting", "master");
  connecting.channels[0].io_thread = ThreadState::other;
  auto errant = instance("errant", "master");
  errant.errant_gtids = "0-2-7";
  write(*store, {first_seen(instance("fine", "master")), first_seen(errant), first_seen(lagging),
                 first_seen(lagging_by_query), first_seen(stopped), first_seen(connecting),
                 first_seen(instance("failed", "master")), first_seen(instance("old", "master")),
                 UnseenMaster{key("unseen")}});
  write(*store, {FailedInstance{key("failed"), "why"}});
  schema->run("UPDATE database_instance SET last_checked = " + schema->ago(seconds(100)) +
              " WHERE hostname = 'old'");
  const auto suspects = [&](seconds poll, seconds lag) {
    return hosts(store->instances().read_suspects(poll, lag));
  };
  CHECK(suspects(seconds(90), seconds(10)) ==
        "connecting errant failed lagging lagging-by-query old stopped unseen");
  CHECK(suspects(seconds(110), seconds(11)) == "connecting errant failed stopped unseen");
}

TEST_CASE("long queries are found by any of their texts, the longest first", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto busy = instance("busy");
  LongQuery query;
  query.id = 7;
  query.user = "reports";
  query.host = "web1:53122";
  query.db = "shop";
  query.command = "Query";
  query.state = "Sending data";
  query.info = "SELECT 100% FROM größen";
  query.time = seconds(75);
  query.started_at = Timestamp(seconds(1'700'000'000));
  busy.long_queries = {query};
  query.id = 8;
  query.user = "batch";
  query.time = seconds(700);
  query.info = "DELETE FROM t";
  auto other = instance("other");
  other.long_queries = {query};
  write(*store, {first_seen(busy), first_seen(other)});
  const auto found = [&](std::string_view text) {
    std::string ids;
    for (const auto& one : store->instances().long_queries(text)) ids += std::to_string(one.query.id);
    return ids;
  };
  CHECK(found("") == "87");
  CHECK(found("REPORTS") == "7");
  CHECK(found("100%") == "7");
  CHECK(found("größen") == "7");
  CHECK(found("delete") == "8");
  CHECK(found("sending") == "87");
  CHECK(found("busy") == "7");
  CHECK(found("nothing") == "");
  const auto first = store->instances().long_queries("").at(0);
  CHECK(first.instance == key("other"));
  CHECK(first.query.time == seconds(700));
  CHECK(first.started_at == "2023-11-14 22:13:20");
}

TEST_CASE("the audit is also written to its file, and an unwritable file is ignored", "[store]") {
  const auto schema = each_backend();
  auto configuration = schema->configuration();
  const auto folder = std::filesystem::temp_directory_path() / ("audit-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  configuration.audit_log_file = (folder / "audit.log").string();
  {
    const auto store = store_suite::open(configuration);
    store->audit().write("move-up", {"db1", 3306}, "moved up\ndb1");
    store->audit().write("forget", {"db2", 3307}, "");
  }
  std::ifstream file(configuration.audit_log_file);
  std::string line;
  std::getline(file, line);
  CHECK(line.substr(19) == "\tmove-up\tdb1\t3306\tmoved up db1\t");
  std::getline(file, line);
  CHECK(line.substr(19) == "\tforget\tdb2\t3307\t\t");
  CHECK((std::filesystem::status(configuration.audit_log_file).permissions() & std::filesystem::perms::all) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  configuration.audit_log_file = folder.string();  // a folder cannot be written to
  const auto store = store_suite::open(configuration);
  CHECK_NOTHROW(store->audit().write("move-up", {"db1", 3306}, "again"));
  CHECK(store->audit().read(0, 10).size() == 3);
  std::filesystem::remove_all(folder);
}

TEST_CASE("a late audit entry keeps its time and is stored once", "[store]") {
  const auto schema = each_backend();
  const auto store = store_suite::open(*schema);
  auto& audit = store->audit();
  audit.write("forget", {"db1", 3306}, "now");
  NewAuditEntry entry{.type = "move-up", .key = {"db1", 3306}, .message = "an hour ago", .token = "t1"};
  entry.at -= std::chrono::hours(1);
  audit.write(entry);
  entry.may_be_stored = true;
  audit.write(entry);
  entry.token = "t2";
  audit.write(entry);
  CHECK(audit.read(0, 10, "an hour ago").size() == 2);
  CHECK(schema->value("SELECT COUNT(*) FROM audit WHERE audit_timestamp < " +
                      schema->ago(std::chrono::minutes(59)) + " AND audit_timestamp > " +
                      schema->ago(std::chrono::minutes(61))) == "2");
}

TEST_CASE("the audit is searched by text and read page by page", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& audit = store->audit();
  audit.write("move-below", {"db1", 3306}, "moved below db2");
  audit.write("forget", {"db2", 3307}, "100% gone");
  audit.write("move-up", {"db3", 3306}, "moved up");
  const auto found = [&](unsigned page, std::string_view text) {
    std::string types;
    for (const auto& entry : audit.read(page, 2, text)) types += entry.type + " ";
    return types;
  };
  CHECK(found(0, "MOVE") == "move-up move-below ");
  CHECK(found(0, "db2") == "forget move-below ");
  CHECK(found(0, "db2:3307") == "forget ");
  CHECK(found(0, "100%") == "forget ");
  CHECK(found(0, "0%g").empty());
  CHECK(found(0, "") == "move-up forget ");
  CHECK(found(1, "") == "move-below ");
  CHECK(found(1, "move").empty());
}
