// Aliases that two clusters claim.
#include <catch2/catch.hpp>

#include "sandbox/wait.h"
#include "system/support/library_fixture.h"

namespace aliases_test {

using sandbox::Flavour;
using sandbox::patience;
using system_test::LibraryFixture;

namespace {

std::vector<std::string> warnings_of(LibraryFixture& library, std::string_view name) {
  return library.known(name)->instance.warnings;
}

topo::Configuration with_alias(const sandbox::Topology& servers) {
  auto configuration = system_test::configuration_for(servers);
  configuration.detect_cluster_alias_query = "SELECT 'shop'";
  return configuration;
}

// Two servers that claim one alias.
struct TwoClaims {
  sandbox::Topology servers{"a, x", system_test::options_of(Flavour::mariadb_10_11)};
  LibraryFixture library{servers, with_alias(servers)};
};

}  // namespace

TEST_CASE("of two clusters with the same alias one keeps it, and both warn", "[discovery][alias]") {
  for (const auto flavour : {Flavour::mariadb_10_11, Flavour::mysql_9_7}) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, x", system_test::options_of(flavour));
      const auto set_alias = [&](const char* name, const char* sql) {
        auto& server = servers.server(name);
        server.execute("CREATE DATABASE IF NOT EXISTS meta");
        server.execute("CREATE TABLE IF NOT EXISTS meta.alias (name VARCHAR(64))");
        server.execute("DELETE FROM meta.alias");
        if (*sql != '\0') server.execute(sql);
        server.execute("GRANT SELECT ON meta.* TO 'orchestrator'@'%'");
      };
      set_alias("a", "INSERT INTO meta.alias VALUES ('shop')");
      set_alias("x", "INSERT INTO meta.alias VALUES ('shop')");
      auto configuration = system_test::configuration_for(servers);
      configuration.detect_cluster_alias_query = "SELECT name FROM meta.alias";
      LibraryFixture library(servers, configuration);
      auto& clusters = library.context().store().clusters();
      const auto a = library.key("a").display();
      const auto x = library.key("x").display();
      library.discover("a");
      CHECK(clusters.cluster_of_alias("shop") == a);
      library.discover("x");
      for (int round = 0; round < 3; ++round) {
        (void)library.refresh("x");
        (void)library.refresh("a");
        CHECK(clusters.cluster_of_alias("shop") == a);
      }
      REQUIRE(warnings_of(library, "a").size() == 1);
      REQUIRE(warnings_of(library, "x").size() == 1);
      CHECK_THAT(
          warnings_of(library, "a").front(),
          Catch::Contains("\"shop\"") && Catch::Contains("is also that of " + x + "; this one keeps it"));
      CHECK_THAT(warnings_of(library, "x").front(),
                 Catch::Contains("\"shop\"") && Catch::Contains("is also that of " + a + ", which keeps it"));

      // If the query returns no alias any more, the alias is withdrawn, and the other cluster can take it.
      set_alias("a", "");
      (void)library.refresh("a");
      (void)library.refresh("x");
      CHECK(clusters.cluster_of_alias("shop") == x);
      CHECK(warnings_of(library, "a").empty());
      (void)library.refresh("x");
      CHECK(warnings_of(library, "x").empty());
      set_alias("x", "");
      (void)library.refresh("x");
      CHECK_FALSE(clusters.cluster_of_alias("shop"));

      // A failing query changes nothing, and an alias that was set by hand stays.
      set_alias("x", "INSERT INTO meta.alias VALUES ('mail')");
      (void)library.refresh("x");
      CHECK(clusters.cluster_of_alias("mail") == x);
      servers.server("x").execute("DROP TABLE meta.alias");
      (void)library.refresh("x");
      CHECK(clusters.cluster_of_alias("mail") == x);
      clusters.set_alias(a, "by hand");
      (void)library.refresh("a");
      CHECK(clusters.cluster_of_alias("by hand") == a);
      set_alias("a", "INSERT INTO meta.alias VALUES ('by query')");
      (void)library.refresh("a");
      CHECK(clusters.cluster_of_alias("by hand") == a);
      set_alias("a", "INSERT INTO meta.alias VALUES (NULL)");
      (void)library.refresh("a");
      CHECK(clusters.cluster_of_alias("by hand") == a);
    }
  }
}

TEST_CASE("of two clusters that claim an alias at the same time only one reports that it keeps it",
          "[discovery][alias]") {
  TwoClaims claims;
  auto& library = claims.library;
  auto& clusters = library.context().store().clusters();
  for (const auto* name : {"a", "x"}) library.discovery().submit(library.key(name));
  sandbox::wait_until([&] { return library.known("a") && library.known("x"); }, patience, "both to be known");
  // An alias is registered after the head of its cluster is stored.
  sandbox::wait_until([&] { return clusters.cluster_of_alias("shop").has_value(); }, patience,
                      "one to keep the alias");
  const auto keeper = clusters.cluster_of_alias("shop");
  for (int round = 0; round < 3; ++round) library.refresh_all();
  CHECK(clusters.cluster_of_alias("shop") == keeper);
  for (const auto* name : {"a", "x"}) {
    const auto warnings = warnings_of(library, name);
    REQUIRE(warnings.size() == 1);
    CHECK_THAT(warnings.front(), Catch::Contains(keeper == library.key(name).display() ? "this one keeps it"
                                                                                       : "which keeps it"));
  }
}

TEST_CASE("a cluster with a dead head loses its alias to another cluster that claims it",
          "[discovery][alias]") {
  TwoClaims claims;
  auto& servers = claims.servers;
  auto& library = claims.library;
  auto& clusters = library.context().store().clusters();
  library.discover("a");
  servers.server("a").kill9();
  library.refresh_all();
  library.discover("x");
  CHECK(clusters.cluster_of_alias("shop") == library.key("x").display());
  servers.server("a").start();
  library.refresh_all();
  library.refresh_all();
  CHECK(clusters.cluster_of_alias("shop") == library.key("x").display());
  CHECK(warnings_of(library, "a").size() == 1);
}

}  // namespace aliases_test
