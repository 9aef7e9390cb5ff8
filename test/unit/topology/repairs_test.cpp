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

TEST_CASE("a server at coordinates that did not change is where it was", "[topology][repairs]") {
  auto noted = moving();
  noted.new_coordinates = noted.former_coordinates;
  const auto server = found_server(noted, {}, replica_of(key("b"), at_b));
  CHECK(server.outcome == ServerOutcome::as_before);
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

TEST_CASE("a delay that was lifted is restored", "[topology][repairs]") {
  auto noted = moving();
  noted.changed = false;
  noted.former_coordinates = noted.new_coordinates = {};
  noted.lifted_delay = seconds(3600);
  auto now = replica_of(key("b"), at_b, ThreadState::running);
  const auto lifted = found_server(noted, key("a"), now);
  CHECK_FALSE(is_in_order(lifted));
  CHECK(describe(repairs({lifted}, RepairMode::undo).at(0)) ==
        "c:3306: stop and start replication, at b-bin.000001:190 of b:3306, with its delay of 3600 s");
  now.channels.front().sql_delay = seconds(3600);
  CHECK(is_in_order(found_server(noted, key("a"), now)));
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

TEST_CASE("a server without a master is said to have lost its settings only where they were changed",
          "[topology][repairs]") {
  const auto told = [](const topo::OperationServer& noted) {
    topo::Instance now;
    now.key = noted.key;
    return describe(found_server(noted, key("a"), now));
  };
  const std::string gone = "c:3306 no longer replicates; before the operation it replicated from b:3306";
  auto noted = moving();
  CHECK(told(noted).starts_with(gone + ", and stood at "));
  noted.changed = false;
  CHECK(told(noted) == gone);
  noted.changed = true;
  noted.former_coordinates = {};
  CHECK(told(noted) == gone);
  noted.by_gtid = true;
  CHECK(told(noted).starts_with(gone + ", by GTID. Unless it was reset on purpose"));
}

namespace {

// A takeover of a, writable and no replica, by b, which is noted once it is to become writable.
struct InterruptedTakeover {
  topo::OperationServer a, b;
  Instance a_now, b_now;

  InterruptedTakeover() {
    a.key = a_now.key = key("a");
    a.former_read_only = false;
    b.key = b_now.key = key("b");
    b.master = key("a");
    b.ran_io = b.ran_sql = true;
    a_now.read_only = b_now.read_only = true;
    b_now.channels = replica_of(key("a"), {"a-bin.000001", 500}).channels;
  }
  [[nodiscard]] std::vector<FoundServer> found() const {
    std::vector<FoundServer> all{found_server(a, key("b"), a_now), found_server(b, {}, b_now)};
    settle_writes(all, key("a"));
    return all;
  }
};

}  // namespace

TEST_CASE("an interrupted takeover gives the writes back, unless the successor has them",
          "[topology][repairs]") {
  InterruptedTakeover takeover;
  using Writes = FoundServer::Writes;
  const auto told = [&](RepairMode mode) {
    std::string text;
    for (const auto& repair : repairs(takeover.found(), mode)) text += describe(repair) + "\n";
    return text;
  };
  SECTION("before the successor was to become writable") {
    const auto found = takeover.found();
    CHECK(found[0].writes == Writes::to_return);
    CHECK(describe(found[0]) == "a:3306 does not replicate, as before; it is left read-only");
    CHECK_FALSE(is_in_order(found[0]));
    CHECK(told(RepairMode::undo) ==
          "a:3306: set read_only off\nb:3306: stop and start replication, at a-bin.000001:500 of a:3306\n");
  }
  SECTION("the successor was to become writable, and is not") {
    takeover.b.former_read_only = true;
    CHECK(takeover.found()[0].writes == Writes::to_return);
  }
  SECTION("the successor is writable") {
    takeover.b.former_read_only = true;
    takeover.b_now.read_only = false;
    const auto found = takeover.found();
    CHECK(found[0].writes == Writes::passed_on);
    CHECK_FALSE(is_in_order(found[0]));
    CHECK(topo::is_taken_over(found));
    CHECK(found[1].outcome == ServerOutcome::promoted);
    CHECK_FALSE(is_in_order(found[1]));
    CHECK(describe(found[1]) ==
          "b:3306 is writable in the place of a:3306, and its replication is not reset yet");
    CHECK(told(RepairMode::finish) ==
          "a:3306 does not replicate, as before; another server has taken its place, and it is not below "
          "that one "
          "yet\nb:3306: remove its master: it is one\n");
  }
  SECTION("the successor has no master any more") {
    takeover.b.former_read_only = true;
    takeover.b_now.read_only = false;
    takeover.b_now.channels.clear();
    const auto found = takeover.found();
    CHECK(found[0].writes == Writes::passed_on);
    CHECK(found[1].outcome == ServerOutcome::forgotten);
    CHECK(is_in_order(found[1]));
    // The former master stays below it, also when the operation is undone.
    takeover.a.changed = true;
    takeover.a_now.channels = replica_of(key("b"), {"b-bin.000001", 4}).channels;
    CHECK(repairs(takeover.found(), RepairMode::undo)[0].what == Repair::Action::start);
  }
  SECTION("the successor does not answer") {
    takeover.b.former_read_only = true;
    auto found = takeover.found();
    found[1] = silent_server(takeover.b, {}, "no route");
    found[0].writes = Writes::as_they_are;
    settle_writes(found, key("a"));
    CHECK(found[0].writes == Writes::in_doubt);
    CHECK_FALSE(is_in_order(found[0]));
    CHECK(describe(repairs(found, RepairMode::undo)[0])
              .ends_with("it is left read-only, as its successor does not answer and may be writable: "
                         "set-writeable it once that is known not to be"));
    // One that was not to become writable yet is not waited for.
    found[1] = silent_server(InterruptedTakeover().b, {}, "no route");
    settle_writes(found, key("a"));
    CHECK(found[0].writes == Writes::to_return);
  }
  SECTION("the master is writable again") {
    takeover.a_now.read_only = false;
    CHECK(takeover.found()[0].writes == Writes::as_they_are);
    CHECK(is_in_order(takeover.found()[0]));
  }
  SECTION("its replicas were writable all along") {
    takeover.b_now.read_only = false;
    CHECK(takeover.found()[0].writes == Writes::to_return);
    takeover.b.former_read_only = false;  // the successor was to become writable
    CHECK(takeover.found()[0].writes == Writes::passed_on);
    auto found = takeover.found();
    found[1] = silent_server(takeover.b, {}, "no route");
    found[0].writes = Writes::as_they_are;
    settle_writes(found, key("a"));
    CHECK(found[0].writes == Writes::in_doubt);
    // A sibling below it proves that it is the master.
    auto sibling = moving();
    sibling.master = key("a");
    found.push_back(found_server(sibling, key("b"), replica_of(key("b"), {"b-bin.000001", 4})));
    settle_writes(found, key("a"));
    CHECK(found[0].writes == Writes::passed_on);
  }
  SECTION("one of two co-masters was to be taken over") {
    takeover.a.master = key("b");
    takeover.a_now.channels = replica_of(key("b"), {"b-bin.000001", 4}).channels;
    std::vector<FoundServer> found{found_server(takeover.a, {}, takeover.a_now),
                                   found_server(takeover.b, {}, takeover.b_now)};
    settle_writes(found, key("a"));
    CHECK(found[0].writes == Writes::to_return);
    CHECK(describe(repairs(found, RepairMode::undo)[0]).ends_with("; set read_only off"));
  }
  SECTION("only its events were stopped") {
    takeover.a_now.read_only = false;
    takeover.a.stopped_events = true;
    CHECK(takeover.found()[0].writes == Writes::to_return);
  }
}

}  // namespace repairs_test
