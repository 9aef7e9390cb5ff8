// A topology is discovered completely from any of its instances.
#include <algorithm>
#include <catch2/catch.hpp>

#include "sandbox/wait.h"
#include "system/support/library_fixture.h"
#include "system/support/relay.h"

namespace {

using sandbox::Flavour;
using system_test::LibraryFixture;

constexpr auto three_levels =
    "a [OK,v,ROW,>>]\n"
    "+ b [OK,v,ROW,>>]\n"
    "  + c [OK,v,ROW,>>]\n"
    "+ d [OK,v,ROW,>>]";

std::vector<std::string> names_of(const std::vector<topo::InstanceKey>& keys, const LibraryFixture& library) {
  std::vector<std::string> names;
  for (const auto& key : keys) names.push_back(library.with_names(key.display()));
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("A three-level tree is discovered from its master, an intermediate master and a replica",
          "[discovery]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b > c, a > d", system_test::options_of(flavour));
      for (const auto* start : {"a", "b", "c", "d"}) {
        INFO("from " << start);
        LibraryFixture library(servers);
        const auto report = library.discover(start);
        CHECK(report.start_found());
        CHECK(report.unread.empty());
        CHECK(names_of(report.found, library) == std::vector<std::string>{"a", "b", "c", "d"});
        CHECK(library.tree(start) == three_levels);
        CHECK(library.known("c")->instance.cluster_name == library.key("a").display());
        CHECK(library.known("c")->instance.replication_depth == 2);
        CHECK(library.context().store().clusters().names() ==
              std::vector<std::string>{library.key("a").display()});
      }
    }
  }
}

TEST_CASE("Facts of an instance match its server", "[discovery]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = system_test::options_of(flavour);
      options.format = "STATEMENT";
      options.servers["b"].extra_options = {"--read-only=1"};
      sandbox::Topology servers("a > b", options);
      LibraryFixture library(servers);
      const auto report = library.discover("a");
      REQUIRE(report.found.size() == 2);
      const auto a = library.known("a")->instance;
      const auto b = library.known("b")->instance;
      auto& server = servers.server("b");
      CHECK(b.version == server.query("SELECT @@version")[0].text(0));
      CHECK(b.server_id == server.query("SELECT @@server_id")[0].number(0));
      CHECK(b.binlog_format == "STATEMENT");
      CHECK(b.read_only);
      CHECK_FALSE(a.read_only);
      CHECK(b.log_bin);
      CHECK(b.log_slave_updates);
      CHECK(b.warnings.empty());
      CHECK(b.master_key() == library.key("a"));
      CHECK(a.replica_hosts == std::vector{library.key("b")});
      CHECK(b.replica_running());
      CHECK(b.replication()->seconds_behind_master == std::chrono::seconds(0));
      CHECK(a.slave_lag == std::nullopt);
      const auto status = server.replication_status();
      REQUIRE(status);
      CHECK(a.self_coordinates.file == b.replication()->exec.file);
      CHECK(a.self_coordinates.position == b.replication()->exec.position);
      CHECK(b.server_uuid.empty() == sandbox::is_mariadb(flavour));
    }
  }
}

TEST_CASE("Replicas are found by the process list, and without report_host", "[discovery]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = system_test::options_of(flavour);
      options.many_addresses = true;
      SECTION("by the process list alone") {
        sandbox::Topology servers("a > b > c, a > d", options);
        auto configuration = system_test::configuration_for(servers);
        configuration.discover_by_show_slave_hosts = false;
        LibraryFixture library(servers, configuration);
        CHECK(library.discover("a").found.size() == 4);
        CHECK(library.tree("a") == three_levels);
      }
      SECTION("one replica reports no host") {
        options.servers["b"].report_host = false;
        sandbox::Topology servers("a > b > c, a > d", options);
        LibraryFixture library(servers);
        CHECK(library.discover("a").found.size() == 4);
        CHECK(library.tree("a") == three_levels);
      }
    }
  }
}

TEST_CASE("Both co-masters are shown, each with its replicas", "[discovery]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, b > a, a > c, b > d", system_test::options_of(flavour));
      LibraryFixture library(servers);
      CHECK(library.discover("c").found.size() == 4);
      CHECK(library.known("a")->instance.is_co_master);
      CHECK(library.known("b")->instance.is_co_master);
      CHECK(library.known("c")->instance.cluster_name == library.known("d")->instance.cluster_name);
      const auto tree = library.tree("d");
      CHECK(std::count(tree.begin(), tree.end(), '\n') == 3);
      CHECK(tree.find("+ c") != std::string::npos);
      CHECK(tree.find("+ d") != std::string::npos);
      CHECK(library.context().store().clusters().names().size() == 1);
    }
  }
}

TEST_CASE("A replica of several masters is shown as multi-source", "[discovery]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    if (flavour == Flavour::mysql_5_6) continue;  // has no channels
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > c, b", system_test::options_of(flavour));
      const auto& other = servers.server("b");
      const auto second = flavour == Flavour::mysql_9_7
                              ? "CHANGE REPLICATION SOURCE TO SOURCE_HOST='" + other.host() +
                                    "', SOURCE_PORT=" + std::to_string(other.port()) +
                                    ", SOURCE_USER='repl', SOURCE_PASSWORD='repl_pass', "
                                    "GET_SOURCE_PUBLIC_KEY=1 FOR CHANNEL 'second'"
                              : "CHANGE MASTER 'second' TO MASTER_HOST='" + other.host() +
                                    "', MASTER_PORT=" + std::to_string(other.port()) +
                                    ", MASTER_USER='repl', MASTER_PASSWORD='repl_pass'";
      servers.server("c").execute(second);
      servers.server("c").execute(flavour == Flavour::mysql_9_7 ? "START REPLICA FOR CHANNEL 'second'"
                                                                : "START SLAVE 'second'");
      LibraryFixture library(servers);
      const auto report = library.discover("c");
      CHECK(report.found.size() == 3);  // both masters are found
      const auto c = library.known("c")->instance;
      REQUIRE(c.channels.size() == 2);
      CHECK(c.channels[0].name.empty());
      CHECK(c.channels[1].name == "second");
      CHECK(c.channels[1].master == library.key("b"));
      CHECK(c.master_key() == library.key("a"));
      CHECK_FALSE(c.warnings.empty());
      CHECK(library.tree("c") == "a [OK,v,ROW,>>]\n+ c [OK,v,ROW,>>,multi-source:2]");
    }
  }
}

TEST_CASE("One server under two names is shown once, and the alias is in the audit", "[discovery]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, a > c", system_test::options_of(flavour));
      auto configuration = system_test::configuration_for(servers);
      configuration.hostname_resolve_method = "none";
      LibraryFixture library(servers, configuration);
      const topo::InstanceKey other_name{"localhost", library.key("a").port()};
      SECTION("known by the name that replication uses") {
        library.discover("a");
        const auto report = library.discovery().discover(other_name);
        CHECK(report.start == library.key("a"));
      }
      SECTION("known by the other name first") {
        const auto report = library.discovery().discover(other_name);
        CHECK(report.start == other_name);
        CHECK(report.unread.empty());
      }
      const auto all = library.context().store().instances().read_all();
      CHECK(all.size() == 3);
      CHECK(library.context().store().clusters().names().size() == 1);
      const auto audit = library.context().store().audit().read(0, 20);
      CHECK(std::any_of(audit.begin(), audit.end(),
                        [](const auto& entry) { return entry.type == "other-name"; }));
    }
  }
}

TEST_CASE("An instance can be named by its server's variables", "[discovery]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = system_test::options_of(flavour);
      options.extra_server_options = {"--bind-address=*"};  // the name of this host may lead to any address
      sandbox::Topology servers("a > b", options);
      auto configuration = system_test::configuration_for(servers);
      configuration.hostname_resolve_method = "none";
      configuration.data_center_pattern = "^(127)[.]";
      configuration.physical_environment_pattern = "^127[.]0[.]([0-9]+)[.]";
      SECTION("report_host") {
        configuration.mysql_hostname_resolve_method = "@@report_host";
        LibraryFixture library(servers, configuration);
        const auto report = library.discovery().discover({"localhost", library.key("b").port()});
        CHECK(report.start == library.key("b"));
        CHECK(report.unread.empty());
        CHECK(library.tree("a") == "a [OK,v,ROW,>>]\n+ b [OK,v,ROW,>>]");
        CHECK(library.context().store().instances().read_all().size() == 2);
        CHECK(library.known("b")->instance.data_center == "127");
        CHECK(library.known("b")->instance.physical_environment == "0");
      }
      SECTION("hostname") {
        configuration.mysql_hostname_resolve_method = "@@hostname";
        LibraryFixture library(servers, configuration);
        const auto report = library.discover("b");
        const auto said = servers.server("b").query("SELECT @@hostname");
        CHECK(report.start ==
              topo::InstanceKey{std::string(said[0].text(0).value()), library.key("b").port()});
        const auto all = library.context().store().instances().read_all();
        REQUIRE(all.size() == 2);
        for (const auto& known : all) CHECK(known.instance.key.hostname() == said[0].text(0));
        CHECK(library.context().store().clusters().names().size() == 1);
      }
    }
  }
}

TEST_CASE("A reported name that does not lead to its server causes a warning, and is not used",
          "[discovery]") {
  auto options = system_test::options_of(Flavour::mariadb_10_11);
  options.servers["b"].extra_options = {"--report-host=127.0.9.9"};
  sandbox::Topology servers("a, b", options);
  auto configuration = system_test::configuration_for(servers);
  configuration.mysql_hostname_resolve_method = "@@report_host";
  LibraryFixture library(servers, configuration);
  std::string why = "which could not be proven to lead to it";
  std::unique_ptr<system_test::Relay> to_another;
  SECTION("no server there") {}
  SECTION("another server there") {
    to_another = std::make_unique<system_test::Relay>(topo::InstanceKey("127.0.9.9", library.key("b").port()),
                                                      library.key("a"), system_test::Relay::Kind::proxy);
    why = "which leads to another server";
  }
  CHECK(library.discover("b").start == library.key("b"));
  const auto warnings = library.known("b")->instance.warnings;
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings.front(), Catch::Contains("its name would be 127.0.9.9") && Catch::Contains(why));
}
