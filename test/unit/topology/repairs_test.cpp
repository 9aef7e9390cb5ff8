#include "topo/topology/repairs.h"

#include <catch2/catch.hpp>

#include "support/picture.h"
#include "topo/base/error.h"

namespace repairs_test {

using picture::key;
using std::chrono::seconds;
using topo::BinlogCoordinates;
using topo::found_server;
using topo::FoundServer;
using topo::Instance;
using topo::InstanceKey;
using topo::OperationServer;
using topo::Repair;
using topo::RepairMode;
using topo::ServerOutcome;
using topo::ThreadState;
using topo::UnendedOperation;

namespace {

const BinlogCoordinates at_b{"b-bin.000001", 190};
const BinlogCoordinates at_a{"a-bin.000001", 400};

// c replicated from b by file and position, and was to be moved below a.
OperationServer moving() {
  OperationServer noted;
  noted.key = key("c");
  noted.steps = 0;
  noted.master = key("b");
  noted.ran_io = noted.ran_sql = noted.changed = true;
  noted.former_coordinates = at_b;
  noted.new_coordinates = at_a;
  return noted;
}

Instance replica_of(const InstanceKey& master, BinlogCoordinates exec,
                    ThreadState threads = ThreadState::stopped) {
  Instance replica;
  replica.key = key("c");
  topo::ReplicationChannel channel;
  channel.master = master;
  channel.exec = std::move(exec);
  channel.io_thread = channel.sql_thread = threads;
  replica.channels = {channel};
  return replica;
}

Repair::Action action(const FoundServer& server, RepairMode mode) {
  return repairs({server}, mode).at(0).what;
}

}  // namespace

TEST_CASE("a server that went down while its master was changed is put back", "[topology][repairs]") {
  auto server = found_server(moving(), key("a"), replica_of(key("a"), at_b));
  REQUIRE(server.outcome == ServerOutcome::moved);
  REQUIRE(is_in_doubt(server));
  SECTION("it was started after the operation began") {
    settle(server, seconds(60), seconds(50));
    CHECK(server.outcome == ServerOutcome::half_applied);
    CHECK_FALSE(is_in_order(server));
    CHECK(action(server, RepairMode::finish) == Repair::Action::put_back);
  }
  SECTION("it has been up since before: the equal numbers are a coincidence") {
    settle(server, seconds(61), seconds(50));
    CHECK(server.outcome == ServerOutcome::moved);
    CHECK(action(server, RepairMode::finish) == Repair::Action::start);
  }
}

TEST_CASE("a server that went down while it was put back is put back again", "[topology][repairs]") {
  auto server = found_server(moving(), key("a"), replica_of(key("b"), at_a));
  REQUIRE(server.outcome == ServerOutcome::as_before);
  REQUIRE(is_in_doubt(server));
  settle(server, seconds(5), seconds(50));
  CHECK(server.outcome == ServerOutcome::displaced);
  CHECK(action(server, RepairMode::undo) == Repair::Action::put_back);
}

TEST_CASE("a server that the operation had not begun to change was moved by another client",
          "[topology][repairs]") {
  auto noted = moving();
  noted.changed = false;
  noted.former_coordinates = noted.new_coordinates = {};
  const auto server = found_server(noted, key("a"), replica_of(key("a"), {"a-bin.000001", 500}));
  CHECK(server.outcome == ServerOutcome::elsewhere);
  CHECK(action(server, RepairMode::undo) == Repair::Action::leave_as_it_is);
}

TEST_CASE("an undo says which replicas cannot return", "[topology][repairs]") {
  const auto server = found_server(moving(), key("a"), replica_of(key("a"), {"a-bin.000001", 500}));
  const auto repair = repairs({server}, RepairMode::undo).at(0);
  CHECK(repair.cannot_return);
  CHECK(describe(repair) ==
        "c:3306: stays below a:3306, as transactions of that master have been executed: stop and start "
        "replication, "
        "at a-bin.000001:500 of a:3306");
  CHECK_FALSE(repairs({server}, RepairMode::finish).at(0).cannot_return);
  const auto at_begin = found_server(moving(), key("a"), replica_of(key("a"), at_a));
  CHECK_FALSE(repairs({at_begin}, RepairMode::undo).at(0).cannot_return);
}

TEST_CASE("coordinates of another master are in doubt only where they matter", "[topology][repairs]") {
  auto noted = moving();
  SECTION("by GTID") {
    noted.by_gtid = true;
    CHECK_FALSE(is_in_doubt(found_server(noted, key("a"), replica_of(key("a"), at_b))));
  }
  SECTION("equal in both logs") {
    noted.new_coordinates = at_b;
    CHECK_FALSE(is_in_doubt(found_server(noted, key("a"), replica_of(key("a"), at_b))));
  }
  SECTION("unchanged") {
    noted.changed = false;
    CHECK_FALSE(is_in_doubt(found_server(noted, key("a"), replica_of(key("b"), at_a))));
  }
  SECTION("other coordinates") {
    CHECK_FALSE(is_in_doubt(found_server(noted, key("a"), replica_of(key("a"), at_a))));
  }
}

TEST_CASE("a moved server goes back only if it has executed nothing at its new master",
          "[topology][repairs]") {
  const BinlogCoordinates later{"a-bin.000001", 500};
  const auto undone = [&](const BinlogCoordinates& exec, ThreadState threads) {
    return action(found_server(moving(), key("a"), replica_of(key("a"), exec, threads)), RepairMode::undo);
  };
  CHECK(undone(at_a, ThreadState::stopped) == Repair::Action::put_back);
  CHECK(undone(later, ThreadState::stopped) == Repair::Action::start);
  // It may execute something at any moment.
  CHECK(undone(at_a, ThreadState::running) == Repair::Action::start);

  auto by_gtid = moving();
  by_gtid.by_gtid = true;
  const auto server = found_server(by_gtid, key("a"), replica_of(key("a"), later, ThreadState::running));
  CHECK(action(server, RepairMode::undo) == Repair::Action::put_back);
}

TEST_CASE("servers of one step are repaired alike", "[topology][repairs]") {
  auto master = moving();
  master.key = key("d");
  const auto moved = found_server(moving(), key("a"), replica_of(key("a"), at_a));
  const auto not_yet = found_server(master, key("a"), replica_of(key("b"), at_b));
  // Half of the step is done: finishing does all of it again.
  auto both = repairs({moved, not_yet}, RepairMode::finish);
  CHECK(both[0].what == Repair::Action::put_back);
  CHECK(both[1].what == Repair::Action::start);
  // Another step is not concerned.
  master.steps = 1;
  both = repairs({moved, found_server(master, key("a"), replica_of(key("b"), at_b))}, RepairMode::finish);
  CHECK(both[0].what == Repair::Action::start);
}

TEST_CASE("only the recorded moves are finished", "[topology][repairs]") {
  UnendedOperation operation;
  operation.subject = key("b");
  operation.moves = {{key("c"), key("a")}, {key("d"), key("a")}};
  CHECK_NOTHROW(require_same_moves(operation, {{key("d"), key("a")}}));
  CHECK_THROWS_WITH(require_same_moves(operation, {{key("d"), key("c")}}),
                    Catch::Contains("it would move d:3306 below c:3306 now"));
  SECTION("nothing was decided yet") {
    operation.moves.clear();
    CHECK_NOTHROW(require_same_moves(operation, {{key("c"), key("a")}}));
    CHECK_THROWS_WITH(require_same_moves(operation, {{key("b"), key("a")}}),
                      Catch::Contains("another operation has worked on b:3306 since"));
    OperationServer noted;
    noted.key = key("b");
    operation.servers = {noted};
    CHECK_NOTHROW(require_same_moves(operation, {{key("b"), key("a")}}));
  }
}

}  // namespace repairs_test
