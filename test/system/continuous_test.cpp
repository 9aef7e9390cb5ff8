// Continuous discovery: changes are detected without a request.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <filesystem>

#include "sandbox/wait.h"
#include "system/support/backend_file.h"
#include "system/support/library_fixture.h"

namespace {

using namespace std::chrono_literals;
using sandbox::patience;
using system_test::LibraryFixture;

}  // namespace

TEST_CASE("Changes of a topology are followed", "[continuous]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, c", system_test::options_of(flavour));
      LibraryFixture library(servers);
      library.discover("a");
      library.start_continuous();
      CHECK_FALSE(library.known("c"));

      servers.server("c").replicate_from(servers.server("b"), servers.server("b").binlog_position());
      servers.server("c").start_replication();
      const auto tree_is = [&](std::string_view expected) {
        return [&library, expected] { return library.tree("a") == expected; };
      };
      sandbox::wait_until(tree_is("a [OK,v,ROW,>>]\n+ b [OK,v,ROW,>>]\n  + c [OK,v,ROW,>>]"), patience,
                          "c to be found");

      servers.server("b").kill9();
      sandbox::wait_until(
          tree_is("a [OK,v,ROW,>>]\n+ b [last check invalid,v,ROW,>>]\n  - c [not replicating,v,ROW,>>]"),
          patience, "b to be seen dead");
      servers.server("b").start();
      sandbox::wait_until(tree_is("a [OK,v,ROW,>>]\n+ b [OK,v,ROW,>>]\n  + c [OK,v,ROW,>>]"), patience,
                          "b to be seen alive");
    }
  }
}

TEST_CASE("Each server is polled once in each interval, with one request", "[continuous][timed]") {
  sandbox::Topology servers("a > b, a > c, b > d");
  LibraryFixture library(servers);
  library.discover("a");
  library.start_continuous();
  const auto polls = [&] { return library.discovery().statistics().polls; };
  const auto first = polls() + 4;
  sandbox::wait_until([&] { return polls() >= first; }, patience, "the polls to go round");
  const auto before = library.discovery().statistics();
  const auto began = std::chrono::steady_clock::now();
  sandbox::wait_until([&] { return polls() >= before.polls + 20; }, patience, "five rounds");
  const auto took = std::chrono::steady_clock::now() - began;
  const auto after = library.discovery().statistics();
  CHECK(after.requests - before.requests == after.polls - before.polls);
  CHECK(after.connects == before.connects);
  CHECK(took > 3900ms);
  CHECK(took < 7s);
}

namespace {

// "a > b, a > c, c > d" becomes "a, b > c > d" on the servers.
void make_b_master(sandbox::Topology& servers) {
  for (const auto* name : {"b", "c"}) servers.server(name).stop_replication();
  servers.server("b").execute("RESET SLAVE ALL");
  servers.server("c").replicate_from(servers.server("b"), servers.server("b").binlog_position());
  servers.server("c").start_replication();
}

bool all_are_below_b(LibraryFixture& library) {
  return std::ranges::all_of(std::array{"b", "c", "d"}, [&](const char* name) {
    return library.known(name)->instance.cluster_name == library.key("b").display();
  });
}

}  // namespace

TEST_CASE("The new master of a replica is read at once", "[continuous]") {
  sandbox::Topology servers("a > b, a > c, c > d");
  auto configuration = system_test::configuration_for(servers);
  configuration.instance_poll = 10min;
  configuration.discovery_poll = 10min;
  LibraryFixture library(servers, configuration);
  library.discover("a");
  library.start_continuous();
  sandbox::wait_until([&] { return library.discovery().is_active_node(); }, patience, "the election");
  make_b_master(servers);
  (void)library.refresh("c");
  const auto is_known = [&] { return all_are_below_b(library); };
  sandbox::wait_until(is_known, patience, "the new master to be read");
}

TEST_CASE("What another process has read is not overwritten by older knowledge", "[continuous]") {
  sandbox::Topology servers("a > b, a > c, c > d");
  auto configuration = system_test::configuration_for(servers);
  configuration.instance_poll = 10min;
  LibraryFixture library(servers, configuration);
  library.discover("a");
  library.start_continuous();
  sandbox::wait_until([&] { return library.discovery().is_active_node(); }, patience, "the election");
  make_b_master(servers);
  const auto polls = library.discovery().statistics().polls;
  {
    LibraryFixture other(servers, configuration);
    (void)other.refresh("b");
    (void)other.refresh("c");
  }
  sandbox::wait_until([&] { return library.discovery().statistics().polls >= polls + 3; }, patience,
                      "b, c and d to be read");
  (void)library.refresh("d");
  CHECK(all_are_below_b(library));
}

TEST_CASE("A forgotten instance stays forgotten, unless it is alive and connected", "[continuous]") {
  sandbox::Topology servers("a > b, a > c");
  auto configuration = system_test::configuration_for(servers);
  LibraryFixture library(servers, configuration);
  library.discover("a");
  library.start_continuous();
  servers.server("c").kill9();
  sandbox::wait_until([&] { return !library.known("c")->last_check_valid; }, patience, "c to be seen dead");

  SECTION("by this process") {
    CHECK(library.discovery().forget(library.key("c")));
  }
  SECTION("by another process") {
    topo::Context other(configuration);
    CHECK(topo::Discovery(other).forget(library.key("c")));
  }
  // The back-off for a dead server is shorter than this many polls of a live one.
  const auto target = library.discovery().statistics().polls + 14;
  sandbox::wait_until([&] { return library.discovery().statistics().polls >= target; }, patience,
                      "some rounds of polls");
  CHECK_FALSE(library.known("c"));

  CHECK(library.discovery().forget(library.key("b")));
  sandbox::wait_until([&] { return library.known("b").has_value(); }, patience,
                      "the living replica to be found again");
}

TEST_CASE("A server that was not seen for a long time is forgotten", "[continuous]") {
  sandbox::Topology servers("a > b");
  auto configuration = system_test::configuration_for(servers);
  configuration.unseen_instance_forget = std::chrono::hours(2);
  {
    LibraryFixture library(servers, configuration);
    library.discover("a");
  }
  servers.server("b").kill9();
  system_test::execute_in(
      configuration.sqlite3_data_file,
      "UPDATE database_instance SET last_seen = datetime('now', '-3 hours') WHERE num_slave_hosts = 0");
  LibraryFixture library(servers, configuration);
  library.start_continuous();
  sandbox::wait_until([&] { return !library.known("b"); }, patience, "b to be forgotten");
  CHECK(library.known("a"));
}

TEST_CASE("One of two processes that share a backend polls, and the other takes over", "[continuous]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION("backend " << sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b");
      auto options = system_test::options_of(flavour);
      sandbox::Topology backend("store", options);
      auto& store = backend.server("store");
      auto configuration = system_test::configuration_for(servers, store);
      configuration.active_node_expire = 3s;

      LibraryFixture first(servers, configuration);
      first.discover("a");
      first.start_continuous();
      sandbox::wait_until([&] { return first.discovery().is_active_node(); }, patience,
                          "the first to be elected");
      auto second = std::make_unique<LibraryFixture>(servers, configuration);
      second->start_continuous();
      const auto polls = first.discovery().statistics().polls;
      sandbox::wait_until([&] { return first.discovery().statistics().polls >= polls + 6; }, patience,
                          "polls");
      CHECK_FALSE(second->discovery().is_active_node());
      CHECK(second->discovery().statistics().polls == 0);
      CHECK(second->tree("a") == "a [OK,v,ROW,>>]\n+ b [OK,v,ROW,>>]");

      SECTION("the active node ends") {
        first.discovery().stop();
        sandbox::wait_until([&] { return second->discovery().statistics().polls > 0; }, patience,
                            "the second to poll");
      }
      SECTION("the backend dies and comes back") {
        store.kill9();
        CHECK_THROWS_AS(second->context().store().instances().read_links(), topo::Error);
        // The last known state is read from memory.
        CHECK(second->context().store().instances().read_all().size() == 2);
        const auto under_way = first.discovery().statistics().polls;
        sandbox::wait_until([&] { return first.discovery().statistics().polls >= under_way + 2; }, patience,
                            "polls that go on");
        servers.server("b").kill9();
        store.start();
        const auto tree_is_right = [&] {
          try {
            return second->tree("a") == "a [OK,v,ROW,>>]\n+ b [last check invalid,v,ROW,>>]";
          } catch (const topo::Error&) {
            return false;
          }
        };
        sandbox::wait_until(tree_is_right, patience, "what was seen meanwhile to be stored");
      }
    }
  }
}

TEST_CASE("An SQLite backend that disappears and comes back loses nothing", "[continuous]") {
  sandbox::Topology servers("a > b");
  auto configuration = system_test::configuration_for(servers);
  const auto folder = servers.folder() / "state";
  const auto away = servers.folder() / "away";
  configuration.sqlite3_data_file = folder / "orchestrator.sqlite3";
  LibraryFixture library(servers, configuration);
  library.discover("a");
  library.start_continuous();
  sandbox::wait_until([&] { return library.discovery().is_active_node(); }, patience, "the election");
  std::filesystem::rename(folder, away);
  std::filesystem::create_directory(folder);  // empty: a new file must not silently replace the old one
  const auto polls = library.discovery().statistics().polls;
  sandbox::wait_until([&] { return library.discovery().statistics().polls >= polls + 4; }, patience,
                      "polls that go on");
  CHECK_THROWS_AS(library.context().store().instances().read_all(), topo::Error);
  CHECK(std::filesystem::is_empty(folder));
  std::filesystem::remove(folder);
  std::filesystem::rename(away, folder);
  servers.server("b").kill9();
  const auto tree_is_right = [&] {
    try {
      return library.tree("a") == "a [OK,v,ROW,>>]\n+ b [last check invalid,v,ROW,>>]";
    } catch (const topo::Error&) {
      return false;
    }
  };
  sandbox::wait_until(tree_is_right, patience, "what is seen to be stored again");
}

TEST_CASE("An error of the backend is not reported as an error of the server", "[continuous]") {
  sandbox::Topology servers("a > b");
  auto configuration = system_test::configuration_for(servers);
  configuration.detect_cluster_alias_query = "SELECT 'shop'";
  LibraryFixture library(servers, configuration);
  auto& store = library.context().store();
  system_test::execute_in(configuration.sqlite3_data_file,
                          "CREATE TRIGGER no_alias BEFORE INSERT ON cluster_alias"
                          " BEGIN SELECT RAISE(ABORT, 'not now'); END");
  CHECK(library.discover("a").unread.empty());
  CHECK(library.known("a")->last_check_valid);
  CHECK_FALSE(store.clusters().cluster_of_alias("shop"));
  system_test::execute_in(configuration.sqlite3_data_file, "DROP TRIGGER no_alias");
  static_cast<void>(library.refresh("a"));
  CHECK(store.clusters().cluster_of_alias("shop") == library.key("a").display());
}
