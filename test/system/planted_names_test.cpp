// Forged host names in what servers report: only valid host names are followed.
#include <algorithm>
#include <catch2/catch.hpp>

#include "system/support/library_fixture.h"
#include "topo/refactor/refactoring.h"

namespace {

using Catch::Matchers::Contains;
using system_test::LibraryFixture;

std::string all_warnings(const topo::KnownInstance& known) {
  std::string text;
  for (const auto& warning : known.instance.warnings) text += warning + "\n";
  return text;
}

}  // namespace

TEST_CASE("An invalid host name is reported by its instance, and neither followed nor stored", "[trouble]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = system_test::options_of(flavour);
      options.servers["b"].extra_options = {"--report-host=x;init-command=drop database precious"};
      sandbox::Topology servers("a > b, a > c, a > d", options);
      servers.server("a").execute("CREATE DATABASE precious");
      servers.wait_for_replication();
      const std::string word(sandbox::says_replica(flavour) ? "REPLICA" : "SLAVE");
      auto& c = servers.server("c");
      c.execute("STOP " + word);
      c.execute(sandbox::says_replica(flavour)
                    ? "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1;plugin-dir=/'"
                    : "CHANGE MASTER TO MASTER_HOST = '127.0.0.1;plugin-dir=/'");

      LibraryFixture library(servers);
      const auto report = library.discover("a");
      CHECK(report.unread.empty());
      // For a while, a master may still list replicas that have left it, so c may be among them.
      CHECK(std::ranges::count(report.found, library.key("b")) == 0);
      CHECK(std::ranges::count(report.found, library.key("d")) == 1);
      CHECK_THAT(all_warnings(*library.known("a")),
                 Contains("1 of its replicas") && Contains("x;init-command="));
      CHECK(servers.server("a").query("SHOW DATABASES LIKE 'precious'").size() == 1);

      const auto found = library.discover("c");
      CHECK(found.found == std::vector{library.key("c")});
      const auto lost = *library.known("c");
      CHECK_THAT(all_warnings(lost), Contains("\"127.0.0.1;plugin-dir=/:"));
      CHECK(lost.instance.cluster_name == library.key("c").display());
      CHECK(library.context().store().instances().unusable().empty());
      // reset-slave, the remedy, needs no host name.
      c.execute("START " + word);
      topo::refactor::Refactoring refactoring(library.context(), nullptr);
      CHECK(refactoring.run("reset-slave", {library.key("c")}, {}).outcome.failed.empty());
      CHECK_FALSE(c.replication_status());
    }
  }
}
