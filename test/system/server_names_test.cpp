// Which name leads to which server: proven, never guessed, as clones report the same identity.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <thread>

#include "sandbox/rogue/server.h"
#include "sandbox/wait.h"
#include "system/support/forwarding_server.h"
#include "system/support/program_fixture.h"
#include "system/support/refactoring_fixture.h"
#include "system/support/relay.h"
#include "topo/inspect/same_server.h"
#include "topo/store/store.h"

namespace {

using namespace std::chrono_literals;
using sandbox::Flavour;
using sandbox::patience;
using system_test::ForwardingServer;
using system_test::LibraryFixture;
using system_test::RefactoringFixture;
using system_test::Relay;
using topo::InstanceKey;
using topo::mysql::Sameness;

sandbox::Options options_for_clones(Flavour flavour) {
  auto options = system_test::options_of(flavour);
  options.many_addresses = true;  // on one port, so that they report the same host name and port
  options.replicate = false;
  options.extra_server_options = {"--server-id=7"};
  return options;
}

// Like a data directory that was copied from one server to another.
void copy_uuid(sandbox::Server& from, sandbox::Server& to) {
  if (sandbox::is_mariadb(from.flavour())) return;
  to.stop();
  std::filesystem::copy_file(from.data_folder() / "auto.cnf", to.data_folder() / "auto.cnf",
                             std::filesystem::copy_options::overwrite_existing);
  to.start();
}

bool is_read_only(sandbox::Server& server) {
  return server.query("SELECT @@global.read_only AS read_only")[0].number("read_only") != 0;
}

bool warns(const topo::KnownInstance& known, std::string_view of) {
  const auto& warnings = known.instance.warnings;
  return std::any_of(warnings.begin(), warnings.end(),
                     [&](const std::string& one) { return one.find(of) != std::string::npos; });
}

std::size_t count_audit(topo::Context& context, std::string_view type) {
  const auto audit = context.store().audit().read(0, 1000);
  return static_cast<std::size_t>(
      std::count_if(audit.begin(), audit.end(), [&](const auto& entry) { return entry.type == type; }));
}

// A name of that server that works on any machine.
InstanceKey by_host_name(const InstanceKey& key) {
  return {"localhost", key.port()};
}

Sameness sameness_of(topo::Context& context, const InstanceKey& one, const InstanceKey& other) {
  return topo::compare_servers(context.configuration(), context.pool(), one, other).sameness;
}

topo::Configuration plain_names(topo::Configuration configuration) {
  configuration.hostname_resolve_method = "none";
  return configuration;
}

}  // namespace

TEST_CASE("Whether two connections lead to one server is proven, whatever the servers report", "[names]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a, b", options_for_clones(flavour));
      copy_uuid(servers.server("a"), servers.server("b"));
      LibraryFixture library(servers);
      auto& context = library.context();
      const auto& a = servers.server("a").key();
      const auto& b = servers.server("b").key();
      CHECK(sameness_of(context, a, a) == Sameness::same);
      CHECK(sameness_of(context, a, b) == Sameness::different);
      if (Relay::can_be_address()) {
        const Relay other_name({"127.0.9.1", a.port()}, a);
        CHECK(sameness_of(context, a, other_name.key()) == Sameness::same);
        CHECK(sameness_of(context, other_name.key(), a) == Sameness::same);
        CHECK(sameness_of(context, other_name.key(), b) == Sameness::different);
      }
      const Relay proxy({"127.0.9.2", a.port()}, a, Relay::Kind::proxy);
      const auto comparison = topo::compare_servers(context.configuration(), context.pool(), a, proxy.key());
      CHECK(comparison.sameness == Sameness::unknown);
      CHECK_THAT(comparison.reason, Catch::Contains("as behind a proxy or NAT"));
      CHECK(sameness_of(context, proxy.key(), b) == Sameness::different);
      // No user lock is left behind.
      if (flavour == Flavour::mariadb_10_11)
        CHECK(servers.server("a")
                  .query("SELECT * FROM information_schema.processlist WHERE state LIKE "
                         "'User lock%'")
                  .empty());
      servers.server("b").kill9();
      CHECK_THROWS_AS(sameness_of(context, a, b), topo::Error);
    }
  }
}

TEST_CASE("A server that shows host names instead of addresses is recognized by its names", "[names]") {
  auto options = system_test::options_of(Flavour::mariadb_10_11);
  options.extra_server_options = {"--skip-name-resolve=OFF"};
  sandbox::Topology servers("a", options);
  LibraryFixture library(servers);
  auto& context = library.context();
  const auto& a = servers.server("a").key();
  const auto shown =
      servers.server("a").query("SELECT host FROM information_schema.processlist WHERE id = CONNECTION_ID()");
  CHECK_THAT(shown[0].string_or("host"), Catch::StartsWith("localhost:"));
  CHECK(sameness_of(context, a, by_host_name(a)) == Sameness::same);
  const Relay proxy({"127.0.9.2", a.port()}, a, Relay::Kind::proxy);
  CHECK(sameness_of(context, a, proxy.key()) == Sameness::unknown);
}

TEST_CASE("An account that cannot see connections of other accounts is enough to prove a name", "[names]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a", system_test::options_of(flavour));
      auto configuration = system_test::configuration_for(servers);
      configuration.mysql_topology_user = sandbox::grantless_account.user;
      configuration.mysql_topology_password = sandbox::grantless_account.password;
      LibraryFixture library(servers, configuration);
      const auto& a = servers.server("a").key();
      CHECK(sameness_of(library.context(), a, by_host_name(a)) == Sameness::same);
      // The account cannot see a connection that another account relays.
      const ForwardingServer forwarding({"127.0.9.3", a.port()}, a, sandbox::root_account);
      const auto comparison =
          topo::compare_servers(configuration, library.context().pool(), a, forwarding.key());
      CHECK(comparison.sameness == Sameness::unknown);
      CHECK_THAT(comparison.reason, Catch::Contains("does not show the connection to 127.0.9.3"));
    }
  }
}

TEST_CASE("A server that relays queries to another is not mistaken for it", "[names][rogue]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b", system_test::options_of(flavour));
      const auto& a = servers.server("a").key();
      // The impostor relays as root, or with orchestrator's own account.
      const auto& account = GENERATE(0, 1) == 0 ? sandbox::root_account : sandbox::orchestrator_account;
      const ForwardingServer forwarding({"127.0.9.3", a.port()}, a, account);
      RefactoringFixture moves(servers, plain_names(system_test::configuration_for(servers)));
      auto& library = moves.library;
      library.discover("a");
      CHECK(sameness_of(library.context(), a, forwarding.key()) == Sameness::unknown);
      CHECK(sameness_of(library.context(), forwarding.key(), a) == Sameness::unknown);
      CHECK(forwarding.relayed() > 0);
      CHECK(library.discovery().discover(forwarding.key()).start == forwarding.key());
      (void)library.refresh("a");
      auto& instances = library.context().store().instances();
      CHECK(instances.read_aliases().empty());
      for (const auto& [key, other] : {std::pair(a, forwarding.key()), std::pair(forwarding.key(), a)}) {
        const auto known = instances.read(key);
        REQUIRE(known);
        CHECK(warns(*known, fmt::format("Whether {} is this server under another name could not be proven",
                                        other.display())));
        CHECK(warns(*known, "come from"));
      }
    }
  }
}

TEST_CASE("Clones are two servers, each with a warning about the other, and a change affects only one",
          "[names]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a, b", options_for_clones(flavour));
      copy_uuid(servers.server("a"), servers.server("b"));
      RefactoringFixture moves(servers);
      auto& library = moves.library;
      library.discover("a");
      library.discover("b");
      CHECK_FALSE(warns(*library.known("a"), "server_id"));  // b was not known when a was read
      (void)library.refresh("a");
      for (const auto* name : {"a", "b"}) {
        const auto known = library.known(name);
        REQUIRE(known);
        const auto other = library.key(*name == 'a' ? "b" : "a").display();
        CHECK(warns(*known, "server_id 7 is also that of " + other));
        CHECK(warns(*known, "server_uuid") == !sandbox::is_mariadb(flavour));
      }
      CHECK(library.context().store().instances().read_aliases().empty());
      CHECK(count_audit(library.context(), "other-name") == 0);

      (void)moves.refactoring.run("set-read-only", {library.key("b")}, {});
      CHECK(is_read_only(servers.server("b")));
      CHECK_FALSE(is_read_only(servers.server("a")));
      auto warnings = library.known("b")->instance.warnings;
      std::sort(warnings.begin(), warnings.end());
      CHECK(std::adjacent_find(warnings.begin(), warnings.end()) == warnings.end());  // each once
    }
  }
}

TEST_CASE("The command line acts on the named clone", "[names][program]") {
  system_test::ProgramFixture programs("a, b", options_for_clones(Flavour::mariadb_10_11));
  CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
  const auto discovered = programs.orchestrator({"-c", "discover", "-i", programs.key("b")});
  CHECK(discovered.status == 0);
  CHECK(discovered.out == programs.key("b") + "\n");
  CHECK_THAT(discovered.err, Catch::Contains("server_id 7 is also that of " + programs.key("a")));
  CHECK(programs.orchestrator({"-c", "set-read-only", "-i", programs.key("b")}).status == 0);
  CHECK(is_read_only(programs.servers.server("b")));
  CHECK_FALSE(is_read_only(programs.servers.server("a")));
}

TEST_CASE("Another name of a server is recorded once, and creates no instance or cluster", "[names]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b", system_test::options_of(flavour));
      const auto& a = servers.server("a").key();
      const auto other_name = by_host_name(a);
      LibraryFixture library(servers, plain_names(system_test::configuration_for(servers)));
      library.discover("a");
      library.start_continuous();
      sandbox::wait_until([&] { return library.discovery().is_active_node(); }, patience, "the election");
      const auto report = library.discovery().discover(other_name);
      CHECK(report.start == a);
      CHECK(report.start_found());
      // The instance was read for this request, not taken from the backend.
      CHECK(library.known("a")->since_last_seen == 0s);
      const auto polls = library.discovery().statistics().polls;
      sandbox::wait_until([&] { return library.discovery().statistics().polls >= polls + 8; }, patience,
                          "rounds of polls");
      (void)library.discovery().discover(other_name);
      CHECK(library.context().store().instances().read_all().size() == 2);
      CHECK(library.context().store().clusters().names().size() == 1);
      CHECK(count_audit(library.context(), "other-name") == 1);
      CHECK(library.known("a")->instance.warnings.empty());
    }
  }
}

TEST_CASE("A name that now leads to another server becomes a name of that server", "[names]") {
  if (!Relay::can_be_address()) return;
  sandbox::Topology servers("a > b, c", system_test::options_of(Flavour::mariadb_10_11));
  const auto& a = servers.server("a").key();
  Relay moving({"127.0.9.1", a.port()}, a);
  LibraryFixture library(servers, plain_names(system_test::configuration_for(servers)));
  library.discover("a");
  CHECK(library.discovery().discover(moving.key()).start == library.key("a"));
  CHECK(library.context().store().instances().read_aliases().size() == 1);

  SECTION("a known server") {
    library.discover("c");
    moving.lead_to(library.key("c"));
    CHECK(library.discovery().refresh(moving.key()).instance.key == library.key("c"));
    const auto aliases = library.context().store().instances().read_aliases();
    REQUIRE(aliases.size() == 1);
    CHECK(aliases.front().second == library.key("c"));
  }
  SECTION("an unknown server") {
    moving.lead_to(library.key("c"));
    CHECK(library.discovery().refresh(moving.key()).instance.key == moving.key());
    CHECK(library.context().store().instances().read_aliases().empty());
  }
}

TEST_CASE("The command line refuses a name that led to another server before", "[names][program]") {
  if (!Relay::can_be_address()) return;
  sandbox::Options options;
  options.replicate = false;
  system_test::ProgramFixture programs("a, b", options);
  Relay moving({"127.0.9.1", programs.servers.server("a").port()}, programs.servers.server("a").key());
  const auto name = moving.key().display();
  CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
  CHECK(programs.orchestrator({"-c", "discover", "-i", name}).out == programs.key("a") + "\n");
  CHECK(programs.orchestrator({"-c", "set-read-only", "-i", name}).out == programs.key("a") + "\n");
  CHECK(is_read_only(programs.servers.server("a")));
  const auto proven = programs.orchestrator({"-c", "set-writeable", "-i", name});
  INFO(proven.err);
  CHECK(proven.status == 0);

  moving.lead_to(programs.servers.server("b").key());
  const auto refused = programs.orchestrator({"-c", "set-read-only", "-i", name});
  CHECK(refused.status != 0);
  CHECK_THAT(refused.err, Catch::Contains(name + " was found to be another name of " + programs.key("a") +
                                          ", but it leads to another server now"));
  CHECK_FALSE(is_read_only(programs.servers.server("a")));
  CHECK_FALSE(is_read_only(programs.servers.server("b")));
  const auto locked = programs.orchestrator({"-c", "begin-maintenance", "-i", name, "-reason", "x"});
  CHECK(locked.status != 0);

  programs.servers.server("b").kill9();
  const auto unproven = programs.orchestrator({"-c", "set-read-only", "-i", name});
  CHECK(unproven.status != 0);
  CHECK_THAT(unproven.err, Catch::Contains("that cannot be proven now"));
}

TEST_CASE("A server that polls removes what the command line stored under another name", "[names][program]") {
  system_test::ProgramFixture programs("a > b");
  const auto other_name = by_host_name(programs.servers.server("a").key());
  CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
  const system_test::Program server({system_test::built("orchestrator-discovery")}, programs.folder);
  for (int i = 0; i < 5; ++i)
    CHECK(programs.orchestrator({"-c", "discover", "-i", other_name.display()}).out ==
          programs.key("a") + "\n");
  CHECK(programs.orchestrator({"-c", "clusters"}).out == programs.key("a") + "\n");
  CHECK(programs.orchestrator({"-c", "which-cluster-instances", "-i", programs.key("a")}).out ==
        fmt::format("{}\n{}\n", std::min(programs.key("a"), programs.key("b")),
                    std::max(programs.key("a"), programs.key("b"))));
}

TEST_CASE("hanging servers that copy the identity of another server do not keep it from being polled",
          "[rogue][identity][timed]") {
  sandbox::Topology servers("a", system_test::options_of(Flavour::mariadb_10_11));
  rogue::Server copies({.mode = "drip", .count = 30});
  auto configuration = system_test::configuration_for(servers);
  configuration.instance_poll = 1s;
  system_test::LibraryFixture library(servers, configuration);
  library.discover("a");
  std::vector<topo::InstanceWrite> planted;
  for (const auto port : copies.ports()) {
    topo::SeenInstance copy;
    copy.is_new = true;
    copy.instance = library.known("a")->instance;
    copy.instance.key = {copies.address(), port};
    copy.instance.cluster_name = copy.instance.key.display();
    planted.emplace_back(std::move(copy));
  }
  REQUIRE(library.context().store().instances().write(planted).empty());
  REQUIRE(library.context().store().instances().read_all().size() == 31);
  library.start_continuous();
  std::chrono::seconds longest{0};
  for (const auto end = std::chrono::steady_clock::now() + 15s; std::chrono::steady_clock::now() < end;) {
    longest = std::max(longest, library.known("a")->since_last_seen.value_or(1h));
    std::this_thread::sleep_for(100ms);
  }
  CHECK(longest <= 4s);
}
