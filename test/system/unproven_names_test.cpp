// The backend, a name service or a rogue server cannot redirect a name without proof.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <thread>

#include "sandbox/wait.h"
#include "system/support/backend_file.h"
#include "system/support/forwarding_server.h"
#include "system/support/library_fixture.h"
#include "system/support/program_fixture.h"
#include "system/support/relay.h"

namespace {

using namespace std::chrono_literals;
using sandbox::Flavour;
using sandbox::patience;
using system_test::ForwardingServer;
using system_test::Relay;
using topo::InstanceKey;

bool is_writable(sandbox::Server& server) {
  return server.query("SELECT @@global.read_only AS read_only")[0].number("read_only") == 0;
}

// As a client with write access to the backend can.
void plant_name(const std::filesystem::path& backend, const std::string& host, const std::string& resolved) {
  system_test::execute_in(backend, fmt::format("INSERT INTO hostname_resolve (hostname, resolved_hostname, "
                                               "resolved_timestamp) VALUES ('{}', '{}', current_timestamp)",
                                               host, resolved));
}

void plant_alias(const std::filesystem::path& backend, const InstanceKey& alias, const InstanceKey& key) {
  system_test::execute_in(
      backend, fmt::format("INSERT INTO database_instance_alias (hostname, port, instance_hostname, "
                           "instance_port, last_seen) VALUES ('{}', {}, '{}', {}, current_timestamp)",
                           alias.hostname(), alias.port(), key.hostname(), key.port()));
}

}  // namespace

TEST_CASE("The command line changes no server through the name of a relay to it", "[names][rogue][program]") {
  const auto flavour = GENERATE(Flavour::mariadb_10_11, Flavour::mysql_9_7);
  CAPTURE(flavour);
  system_test::ProgramFixture programs("a > b", system_test::options_of(flavour),
                                       R"("HostnameResolveMethod": "none")");
  auto& a = programs.servers.server("a");
  const ForwardingServer forwarding({"127.0.9.3", a.port()}, a.key(), sandbox::grantless_account);
  const auto name = forwarding.key().display();
  CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
  plant_alias(programs.folder / "orchestrator.sqlite3", forwarding.key(), a.key());
  const auto refused = programs.orchestrator({"-c", "set-read-only", "-i", name});
  CHECK(refused.status != 0);
  CHECK_THAT(refused.err, Catch::Contains("that cannot be proven now (the process list of " + name));
  CHECK(is_writable(a));
}

TEST_CASE("A planted row in the table of resolved names leads to no other server", "[names][program]") {
  auto options = system_test::options_of(Flavour::mariadb_10_11);
  options.many_addresses = true;
  options.replicate = false;
  system_test::ProgramFixture programs("a, b", options, R"("HostnameResolveMethod": "default")");
  auto& a = programs.servers.server("a");
  const auto& b = programs.servers.server("b").key();
  CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
  const auto name_for_a = [&](const std::string& host) {
    plant_name(programs.folder / "orchestrator.sqlite3", host, a.key().hostname());
  };
  SECTION("name of another server") {
    name_for_a(b.hostname());
    const auto refused = programs.orchestrator({"-c", "set-read-only", "-i", b.display()});
    CHECK(refused.status != 0);
    CHECK_THAT(refused.err, Catch::Contains(b.display() + " resolves to " + programs.key("a") +
                                            ", but it leads to another server now"));
    CHECK(is_writable(a));
  }
  SECTION("name without a server") {
    name_for_a("127.0.9.4");
    const auto refused =
        programs.orchestrator({"-c", "set-read-only", "-i", fmt::format("127.0.9.4:{}", b.port())});
    CHECK(refused.status != 0);
    CHECK_THAT(refused.err, Catch::Contains("that cannot be proven now"));
    CHECK(is_writable(a));
  }
  SECTION("name of the same server") {
    if (!Relay::can_be_address()) return;
    const Relay other_name({"127.0.9.5", b.port()}, a.key());
    name_for_a("127.0.9.5");
    CHECK(programs.orchestrator({"-c", "set-read-only", "-i", other_name.key().display()}).status == 0);
    CHECK_FALSE(is_writable(a));
  }
}

TEST_CASE("An alias planted in the backend hides no server", "[names][program]") {
  system_test::ProgramFixture programs("a > b");
  const auto& a = programs.servers.server("a").key();
  const auto& b = programs.servers.server("b").key();
  const auto backend = programs.folder / "orchestrator.sqlite3";
  const auto target = GENERATE_COPY(InstanceKey("127.0.9.6", 3306), a, b);
  CAPTURE(target.display());
  const auto instances = [&] {
    return programs.orchestrator({"-c", "which-cluster-instances", "-i", programs.key("a")}).out;
  };
  const auto both = fmt::format("{}\n{}\n", std::min(programs.key("a"), programs.key("b")),
                                std::max(programs.key("a"), programs.key("b")));
  SECTION("no process polls") {
    CHECK(programs.orchestrator({"-c", "clusters"}).out.empty());  // creates the tables
    plant_alias(backend, b, target);
    CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("b")}).out == programs.key("b") + "\n");
    CHECK(instances() == both);
  }
  SECTION("a server polls") {
    CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
    system_test::Program server({system_test::built("orchestrator-discovery"), "--verbose"}, programs.folder);
    sandbox::wait_until([&] { return server.err().find("active one") != std::string::npos; }, patience,
                        "the election");
    plant_alias(backend, b, target);
    system_test::execute_in(backend, fmt::format("DELETE FROM database_instance WHERE hostname = '{}' AND "
                                                 "port = {}",
                                                 b.hostname(), b.port()));
    sandbox::wait_until([&] { return instances() == both; }, patience, "the server to be shown again");
    std::this_thread::sleep_for(3s);  // some rounds of polls
    CHECK(instances() == both);
    const auto said = server.end(SIGTERM).err;
    std::size_t lines = 0;
    for (auto at = said.find("not another name"); at != std::string::npos;
         at = said.find("not another name", at + 1))
      ++lines;
    INFO(said);
    CHECK(lines == 1);
    CHECK(said.find("by another process") == std::string::npos);
  }
}

// A moved name leaves outdated caches: the master that a replica reports counts.
TEST_CASE("A replica is moved by its reported master, whatever that master's name was resolved to",
          "[names][program]") {
  auto options = system_test::options_of(GENERATE(Flavour::mariadb_10_11, Flavour::mysql_9_7));
  CAPTURE(options.flavour);
  options.many_addresses = true;
  system_test::ProgramFixture programs("a > b, x > c", options, R"("HostnameResolveMethod": "default")");
  const auto backend = programs.folder / "orchestrator.sqlite3";
  CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
  plant_name(backend, programs.servers.server("x").host(), programs.servers.server("a").host());
  CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("c")}).status == 0);
  auto& c = programs.servers.server("c");
  const auto master = c.replication_status()->master;
  INFO(programs.orchestrator({"-c", "topology", "-i", programs.key("c")}).out);
  // The tree may show it below the server that its master's name leads to, with a warning.
  const auto told = programs.orchestrator({"-c", "discover", "-i", programs.key("c"), "--verbose"}).err;
  CHECK_THAT(told, Catch::Contains("last replicated from a server with server_"));
  const auto refused =
      programs.orchestrator({"-c", "move-below", "-i", programs.key("c"), "-s", programs.key("b")});
  CHECK(refused.status != 0);
  CHECK_THAT(refused.err, Catch::Contains("are not siblings: they replicate from " + programs.key("x")));
  CHECK(programs.orchestrator({"-c", "repoint", "-i", programs.key("c")}).status == 0);
  CHECK(c.replication_status()->master == master);
  CHECK(c.replicates());
}

TEST_CASE("Two dead masters prove nothing: the replica shows whether an old alias was right",
          "[names][program]") {
  system_test::ProgramFixture programs("a > c, x > y", system_test::options_of(Flavour::mariadb_10_11),
                                       R"("PseudoGTIDPattern": "drop view")");
  CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("x")}).status == 0);
  programs.servers.server("a").kill9();
  programs.servers.server("x").kill9();
  plant_alias(programs.folder / "orchestrator.sqlite3", programs.servers.server("a").key(),
              programs.servers.server("x").key());
  (void)programs.orchestrator({"-c", "discover", "-i", programs.key("c")});
  const auto planned = programs.orchestrator(
      {"-c", "multi-match-slaves", "-i", programs.key("x"), "-s", programs.key("y"), "-dry-run"});
  INFO(planned.out << planned.err);
  CHECK(
      (planned.out + planned.err).find(programs.key("c") + " last replicated from a server with server_id") !=
      std::string::npos);
  CHECK(programs.servers.server("c").replication_status()->master == programs.servers.server("a").key());
}

TEST_CASE("A destination is the instance that it is proven to be, under whatever name it is given",
          "[names][program]") {
  const auto flavour = GENERATE(Flavour::mariadb_10_11, Flavour::mysql_9_7);
  CAPTURE(flavour);
  auto options = system_test::options_of(flavour);
  options.gtid = true;
  system_test::ProgramFixture programs("a > b, a > c, a > d", options, R"("HostnameResolveMethod": "none")");
  CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
  const auto other_name = fmt::format("localhost:{}", programs.servers.server("b").port());
  const auto is_one_tree = [&] {
    CHECK(programs.orchestrator({"-c", "clusters"}).out == programs.key("a") + "\n");
    CHECK_THAT(programs.orchestrator({"-c", "which-slaves", "-i", programs.key("b")}).out,
               Catch::Contains(programs.key("c")));
  };
  const auto below = programs.orchestrator({"-c", "move-below", "-i", programs.key("c"), "-s", other_name});
  CHECK(below.out == fmt::format("{}<{}\n", programs.key("c"), programs.key("b")));
  is_one_tree();
  const auto repointed = programs.orchestrator({"-c", "repoint", "-i", programs.key("d"), "-s", other_name});
  CHECK(repointed.out == fmt::format("{}<{}\n", programs.key("d"), programs.key("b")));
  is_one_tree();
  CHECK(programs.servers.server("d").replication_status()->master == programs.servers.server("b").key());
}
