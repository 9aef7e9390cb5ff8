// Discovery by several threads, mainly for the thread sanitizer.
#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "sandbox/wait.h"
#include "system/support/library_fixture.h"

namespace threads_test {

using sandbox::Flavour;
using sandbox::patience;
using system_test::LibraryFixture;

TEST_CASE("Discovery continues while servers are killed and restarted", "[threads][continuous]") {
  sandbox::Topology servers("a > b > c, a > d, b > e");
  LibraryFixture library(servers);
  library.discover("a");
  library.start_continuous();
  std::jthread reader([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      static_cast<void>(library.tree("a"));
      static_cast<void>(library.discovery().statistics());
    }
  });
  for (const auto* name : {"e", "b", "d", "c"}) {
    servers.server(name).kill9();
    sandbox::wait_until([&] { return !library.known(name)->last_check_valid; }, patience,
                        "a dead server to be noticed");
    std::jthread refresher([&] { library.refresh_all(); });
    library.discovery().submit(library.key("a"));
    servers.server(name).start();
    sandbox::wait_until([&] { return library.known(name)->last_check_valid; }, patience,
                        "it to be read again");
  }
  const auto whole = [&] {
    const auto tree = library.tree("a");
    return std::count(tree.begin(), tree.end(), '+') == 4 && tree.find("invalid") == std::string::npos;
  };
  sandbox::wait_until(whole, patience, "all to replicate again");
  CHECK(library.discovery().statistics().failed_polls >= 4);
}

TEST_CASE("Two processes that discover one server under two names at once store it once",
          "[names][threads]") {
  sandbox::Topology servers("a", system_test::options_of(Flavour::mariadb_10_11));
  const auto& a = servers.server("a").key();
  // A name of that server that works on any machine.
  const topo::InstanceKey other_name("localhost", a.port());
  const bool on_mysql = GENERATE(false, true);
  CAPTURE(on_mysql);
  std::unique_ptr<sandbox::Topology> backend;
  if (on_mysql)
    backend = std::make_unique<sandbox::Topology>("store", system_test::options_of(Flavour::mysql_9_7));
  auto configuration = on_mysql ? system_test::configuration_for(servers, backend->server("store"))
                                : system_test::configuration_for(servers);
  configuration.hostname_resolve_method = "none";
  for (int round = 0; round < 10; ++round) {
    // Both have loaded the known instances before either of them stores anything.
    LibraryFixture one(servers, configuration), other(servers, configuration);
    (void)one.discovery().forget(a);
    (void)one.discovery().forget(other_name);
    {
      const std::jthread first([&] { (void)one.discovery().discover(a); });
      const std::jthread second([&] { (void)other.discovery().discover(other_name); });
    }
    auto& instances = one.context().store().instances();
    const auto all = instances.read_all();
    CHECK(all.size() == 1);
    CHECK(instances.read_aliases().size() == 1);
    for (const auto& known : all) (void)one.discovery().forget(known.instance.key);
  }
}

}  // namespace threads_test
