#include <catch2/catch.hpp>

#include "store_suite/backend.h"
#include "store_suite/samples.h"

using namespace topo;
using namespace store_suite;
using Catch::EndsWith;
using Catch::StartsWith;

namespace {

const InstanceKey one{"db1.example", 3306}, two{"db2.example", 3306}, three{"larger.example", 3307};

UnendedOperation move() {
  UnendedOperation operation;
  operation.operation = "move-below";
  operation.subject = two;
  operation.promotes = true;
  operation.owner = "ann – größer";
  operation.process = "here/4711";
  operation.locks = {12, 13};
  operation.moves = {{two, three}, {three, one}};
  return operation;
}

OperationServer changed_server() {
  OperationServer server;
  server.key = three;
  server.steps = 4;
  server.master = one;
  server.channel = "größer";
  server.by_gtid = server.ran_io = server.changed = true;
  server.heartbeat = std::chrono::milliseconds(2500);
  server.former_coordinates = {"mysql-bin.000012", 4711};
  server.former_read_only = false;
  server.stopped_events = true;
  server.lifted_delay = std::chrono::seconds(3600);
  server.new_coordinates = {"mysql-bin.000001", 5'000'000'000};
  server.gtids = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee:1-22";
  server.connection = "4711 50123";
  return server;
}

}  // namespace

TEST_CASE("an operation is stored while it runs, with the servers it has begun to change", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& operations = store->operations();
  CHECK(operations.unended().empty());
  const auto id = operations.begin(move());
  auto other = move();
  other.operation = "restart-slave";
  other.locks.clear();
  other.moves.clear();
  const auto later = operations.begin(other);
  CHECK(later > id);

  auto server = changed_server();
  server.changed = false;
  server.former_coordinates = server.new_coordinates = {};
  operations.note(id, server);
  operations.note(id, changed_server());  // replaces the earlier note
  OperationServer plain;
  plain.key = two;
  plain.ran_sql = true;
  operations.note(id, plain);
  OperationServer same = plain;
  same.key = one;
  operations.note(later, same);

  const auto found = open(*schema)->operations().unended();
  REQUIRE(found.size() == 2);
  CHECK(found[0].id == id);
  CHECK(found[0].operation == "move-below");
  CHECK(found[0].subject == two);
  CHECK(found[0].owner == "ann – größer");
  CHECK(found[0].process == "here/4711");
  CHECK(found[0].begin.size() == 19);
  CHECK(found[0].elapsed >= std::chrono::seconds(0));
  CHECK(found[0].elapsed <= std::chrono::seconds(5));
  CHECK(found[0].locks == move().locks);
  CHECK(found[0].moves == move().moves);
  REQUIRE(found[0].servers.size() == 2);
  CHECK(found[0].servers[0] == plain);
  CHECK(found[0].servers[1] == changed_server());
  CHECK(found[1].locks.empty());
  CHECK(found[1].moves.empty());
  CHECK(found[1].servers == std::vector{same});

  SECTION("a later operation supersedes the notes of an earlier one on the same server") {
    operations.note(later, plain);
    CHECK(operations.unended()[0].servers == std::vector{changed_server()});
    CHECK(operations.unended()[1].servers.size() == 2);
    operations.note(id, same);  // does not supersede a later operation
    CHECK(operations.unended()[1].servers.size() == 2);
  }
  operations.end(id);
  operations.end(id);
  REQUIRE(operations.unended().size() == 1);
  CHECK(operations.unended()[0].servers.front() == same);
  operations.end(later);
  CHECK(operations.unended().empty());
  CHECK(schema->value("SELECT COUNT(*) FROM topology_operation_server") == "0");
  CHECK(operations.begin(move()) > later);  // an id is never reused
}

TEST_CASE("an operation whose begin was not confirmed is withdrawn", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& operations = store->operations();
  operations.begin(move(), "t1");
  const auto id = operations.begin(move(), "t2");
  operations.begin(move());
  operations.withdraw("t1");
  operations.withdraw("");
  const auto left = operations.unended();
  REQUIRE(left.size() == 2);
  CHECK(left[0].id == id);
}

TEST_CASE("the leftovers of an operation are shown with the instance", "[store]") {
  const auto schema = each_backend();
  const auto store = open(*schema);
  auto& operations = store->operations();
  for (const auto& key : {one, two, three}) {
    auto seen = instance("any", "master");  // its threads run
    seen.key = key;
    write(*store, {first_seen(seen)});
  }
  const auto told = [&](const InstanceKey& key) {
    return store->instances().read(key)->unfinished_operation;
  };
  const auto suspects = [&] {
    return hosts(store->instances().read_suspects(std::chrono::seconds(60), std::chrono::seconds(60)));
  };
  auto operation = move();
  operation.process = "another host 4711 99";  // on another host, so its end cannot be detected from here
  const auto id = operations.begin(operation);
  for (const auto& key : {two, three}) {
    OperationServer server;
    server.key = key;
    operations.note(id, server);
  }
  CHECK(operations.unended()[0].is_under_way);
  CHECK(told(two).empty());

  SECTION("its process ended") {
    CHECK(operations.transfer(id, operation.process, ""));
    CHECK_FALSE(operations.unended()[0].is_under_way);
    CHECK_THAT(told(two),
               StartsWith("move-below of db2.example:3306, started 2") &&
                   EndsWith(" by ann – größer: its process ended before the operation was finished"));
    CHECK(told(one).empty());
    operations.end(id);
  }
  SECTION("its process has not renewed it for too long") {
    const auto long_ago = schema->ago(std::chrono::hours(1));
    schema->run("UPDATE topology_operation SET begin_timestamp = " + long_ago + ";");
    CHECK(operations.unended()[0].is_under_way);
    schema->run("UPDATE topology_operation SET process_timestamp = " + long_ago + ";");
    CHECK_FALSE(operations.unended()[0].is_under_way);
    CHECK_FALSE(told(two).empty());
    operations.renew(id);
    CHECK(operations.unended()[0].is_under_way);
    CHECK(told(two).empty());
    operations.end(id);
  }
  SECTION("its process reported the leftover") {
    const std::string sentence = "larger.example:3307 is left stopped: it's gone";
    operations.leave(id, std::vector<Leftover>{{three, sentence}});
    CHECK_FALSE(operations.unended()[0].is_under_way);
    CHECK_THAT(told(three), EndsWith(" by ann – größer: " + sentence));
    CHECK(told(two).empty());                           // no leftover there
    CHECK(suspects() == "db2.example larger.example");  // a coarse filter; problems_of() decides
    SECTION("until the server is started") {
      operations.supersede(std::vector{three});
    }
    SECTION("until another operation works on the server") {
      operation.process = "another host 4712 99";
      OperationServer server;
      server.key = three;
      operations.note(operations.begin(operation), server);
    }
  }
  CHECK(told(three).empty());
  CHECK(store->instances().read_all().size() == 3);
}

TEST_CASE("of processes that take over an operation exactly one succeeds", "[store]") {
  const auto schema = each_backend();
  const auto id = open(*schema)->operations().begin(move());
  CHECK_FALSE(open(*schema)->operations().transfer(id, "elsewhere/4711", "mine"));
  CHECK_FALSE(open(*schema)->operations().transfer(id + 1, "here/4711", "mine"));
  CHECK(in_processes(4, [&](unsigned number) {
    const auto store = open(*schema);
    if (store->operations().transfer(id, "here/4711", std::to_string(number)))
      store->audit().write("won", one, "");
    return true;
  }));
  CHECK(schema->value("SELECT COUNT(*) FROM audit") == "1");
}
