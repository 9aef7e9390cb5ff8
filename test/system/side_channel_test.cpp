// A replica of another master that also replicates from the dead one, on a channel beside its main one.
#include <catch2/catch.hpp>

#include "sandbox/wait.h"
#include "system/support/recovery_fixture.h"
#include "topo/base/error.h"

namespace side_channel_test {
namespace {

using Catch::Contains;
using sandbox::Flavour;
using system_test::say;

// "b" and "c" are replicas of "a", and so is "d", beside "m".
struct SideChannel : system_test::RecoveryFixture {
  explicit SideChannel(Flavour flavour)
      : RecoveryFixture("a > b, a > c, m > d", system_test::options_of(flavour)) {
    const bool is_mariadb = sandbox::is_mariadb(flavour);
    servers["a"].execute("CREATE DATABASE shop");
    servers["a"].execute("CREATE TABLE shop.orders (id INT PRIMARY KEY)");
    servers.topology().wait_for_replication();
    servers["d"].execute("CREATE DATABASE shop");
    servers["d"].execute("CREATE TABLE shop.orders (id INT PRIMARY KEY)");
    auto statement =
        sandbox::change_master_statement(flavour, servers.key("a"), servers["a"].binlog_position(), false);
    if (is_mariadb)
      statement.insert(statement.find(" to "), " 'orders'");
    else
      statement += " for channel 'orders'";
    servers["d"].execute(statement);
    servers["d"].execute(is_mariadb ? "START SLAVE 'orders'" : "START REPLICA FOR CHANNEL 'orders'");
    order(1);
    for (const char* name : {"b", "c", "d"}) await_order(name, 1);
    servers.library().discover("d");
    servers.library().refresh_all();
  }
  void order(int id) { servers["a"].execute(fmt::format("INSERT INTO shop.orders VALUES ({})", id)); }
  void await_order(const char* name, int id) {
    const auto is_there = [&] {
      return !servers[name].query(fmt::format("SELECT id FROM shop.orders WHERE id = {}", id)).empty();
    };
    sandbox::wait_until(is_there, sandbox::patience, "the order");
  }
  topo::recovery::RecoveryReport recover_with(topo::Loss loss) {
    topo::recovery::RecoveryRequest request;
    request.loss = loss;
    return recovery.recover(servers.key("a"), request);
  }
  std::string errors_of(const topo::recovery::RecoveryReport& report) {
    std::string text;
    for (const auto& error : report.errors) text += servers.library().with_names(error) + "\n";
    return text;
  }
};

const std::vector<Flavour>& tested() {
  static const auto all = system_test::available_of({Flavour::mariadb_10_11, Flavour::mysql_9_7});
  return all;
}

}  // namespace

TEST_CASE("what a replica of two masters alone has received is not lost in silence", "[recovery][side]") {
  for (const auto flavour : tested()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      SideChannel fixture(flavour);
      auto& servers = fixture.servers;
      for (const char* name : {"b", "c"}) say(servers[name], "stop", "io_thread");
      fixture.order(2);
      fixture.await_order("d", 2);
      fixture.kill("a", {"b", "c"});
      const auto message =
          servers.refused([&] { static_cast<void>(fixture.recover_with(topo::Loss::refuse)); });
      CHECK_THAT(servers.library().with_names(message), Contains("d has received events of a up to "));

      const auto report = fixture.recover_with(topo::Loss::accept);
      REQUIRE(report.successor);
      CHECK_THAT(fixture.errors_of(report),
                 Contains("d replicates from a on the channel 'orders', beside m"));
      fixture.await_order("d", 2);
    }
  }
}

TEST_CASE("a replica of two masters that has no more than the others is left, and named",
          "[recovery][side]") {
  for (const auto flavour : tested()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      SideChannel fixture(flavour);
      fixture.kill("a", {"b", "c"});
      const auto report = fixture.recover_with(topo::Loss::refuse);
      REQUIRE(report.successor);
      INFO(fixture.everything_done());
      CHECK(report.errors.size() == 1);
      CHECK_THAT(fixture.errors_of(report),
                 Contains("d replicates from a on the channel 'orders', beside m"));
      CHECK(fixture.servers.is_below("d", "m"));
    }
  }
}

}  // namespace side_channel_test
