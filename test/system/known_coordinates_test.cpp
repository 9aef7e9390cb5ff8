// Log coordinates recorded by continuous discovery, and what they save when a replica is matched.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <iostream>

#include "sandbox/wait.h"
#include "system/support/backend_file.h"
#include "system/support/refactoring_fixture.h"
#include "topo/inspect/inspector.h"

namespace {

using namespace std::chrono_literals;
using sandbox::patience;
using system_test::RefactoringFixture;
using topo::LogType;

constexpr int large_log = 3000;  // transactions

std::int64_t bytes_sent(sandbox::Server& server) {
  return server.query("show global status like 'Bytes_sent'")[0].number(1).value_or(0);
}

std::string last_hint(sandbox::Server& server) {
  const auto rows = server.query("select pseudo_gtid_hint from meta.pseudo_gtid_status");
  return rows.empty() ? "" : std::string(rows[0].text(0).value_or(""));
}

topo::Configuration matching_by_entries(const sandbox::Topology& servers) {
  auto configuration = system_test::configuration_for(servers);
  configuration.pseudo_gtid_pattern = "drop view if exists .*?`_pseudo_gtid_hint__";
  return configuration;
}

}  // namespace

TEST_CASE("Polls record the log coordinates of servers", "[continuous][pgtid]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b", system_test::options_of(flavour));
      system_test::LibraryFixture library(servers);
      auto writer = std::make_optional<sandbox::Writer>(servers.server("a"));
      system_test::more_writes(*writer);
      writer.reset();
      servers.wait_for_replication(patience);
      library.discover("a");
      const auto a = library.known("a")->instance, b = library.known("b")->instance;
      auto& stored = library.context().store().coordinates();
      const auto recorded = [&](const char* name, LogType type) {
        return stored.recorded(library.key(name), type);
      };
      CHECK(recorded("a", LogType::binary) == std::vector{a.self_coordinates});
      CHECK(recorded("a", LogType::relay).empty());
      CHECK(recorded("b", LogType::binary) == std::vector{b.self_coordinates});
      CHECK(recorded("b", LogType::relay) == std::vector{b.replication()->relay});

      // Further polls within a minute record nothing.
      writer.emplace(servers.server("a"));
      library.start_continuous();
      const auto target = library.discovery().statistics().polls + 6;
      sandbox::wait_until([&] { return library.discovery().statistics().polls >= target; }, patience,
                          "polls");
      library.discovery().flush();
      CHECK(library.known("a")->instance.self_coordinates != a.self_coordinates);
      CHECK(recorded("a", LogType::binary).size() == 1);

      // But a log restarted by RESET MASTER is recorded at the next poll.
      writer.reset();
      servers.server("b").stop_replication();
      servers.server("a").execute(flavour == sandbox::Flavour::mysql_9_7 ? "reset binary logs and gtids"
                                                                         : "reset master");
      const auto now = library.refresh("a").instance.self_coordinates;
      CHECK(now < a.self_coordinates);
      CHECK(recorded("a", LogType::binary) == std::vector{now});
    }
  }
}

TEST_CASE("Recorded coordinates save a match from reading a large log, and do not change its result",
          "[continuous][pgtid]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours_with_newest())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = system_test::options_of(flavour);
      options.pseudo_gtid = true;
      sandbox::Topology servers("a > b, a > c, a > d, a > e", options);
      auto& a = servers.server("a");
      auto& b = servers.server("b");
      a.execute("create database shop");
      a.execute("create table shop.sales (id int primary key auto_increment, what varchar(100))");
      for (int i = 0; i < large_log; ++i) a.execute("insert into shop.sales (what) values ('something')");
      servers.wait_for_replication(patience);

      const auto configuration = matching_by_entries(servers);
      RefactoringFixture moves(servers, configuration);
      auto& library = moves.library;
      library.discover("a");
      library.start_continuous();
      for (const auto* name : {"a", "b", "c", "d", "e"}) {
        CAPTURE(name);
        REQUIRE(library.context().store().coordinates().recorded(library.key(name), LogType::binary).size() ==
                1);
      }
      // Waits for two more entries.
      for (int i = 0; i < 2; ++i) {
        const auto hint = last_hint(a);
        sandbox::wait_until([&] { return last_hint(a) != hint; }, patience, "an entry");
      }
      a.execute("set global event_scheduler = 0");
      a.execute("insert into shop.sales (what) values ('the last thing')");
      servers.wait_for_replication(patience);

      const auto bytes_to_match = [&](const char* name) {
        auto& replica = servers.server(name);
        const auto before = bytes_sent(b) + bytes_sent(replica);
        moves.refactoring.run("match-below", {library.key(name), library.key("b")}, {});
        return bytes_sent(b) + bytes_sent(replica) - before;
      };
      const auto with = bytes_to_match("c");
      system_test::execute_in(configuration.sqlite3_data_file,
                              "DELETE FROM database_instance_coordinates_history");
      const auto without = bytes_to_match("d");
      std::cout << fmt::format("{}: bytes sent for a match, with noted places {}, without {}\n",
                               sandbox::to_string(flavour), with, without);
      CHECK(with * 5 < without);
      // A backend error counts as no recorded coordinates.
      system_test::execute_in(configuration.sqlite3_data_file,
                              "DROP TABLE database_instance_coordinates_history");
      moves.refactoring.run("match-below", {library.key("e"), library.key("b")}, {});

      servers.wait_for_replication(patience);
      const auto coordinates_of = [&](const char* name) {
        return library.context().inspector().read(library.key(name)).replication()->exec;
      };
      CHECK(coordinates_of("c") == library.context().inspector().read(library.key("b")).self_coordinates);
      CHECK(coordinates_of("d") == coordinates_of("c"));
      CHECK(coordinates_of("e") == coordinates_of("c"));
      for (const auto* name : {"c", "d", "e"}) {
        CHECK(servers.server(name).query("select count(*) from shop.sales")[0].number(0) == large_log + 1);
        CHECK(servers.server(name).replicates());
      }
    }
  }
}
