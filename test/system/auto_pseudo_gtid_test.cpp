// AutoPseudoGTID: entries that this program injects itself, without an event scheduler.
#include <fmt/format.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "sandbox/wait.h"
#include "system/support/backend_file.h"
#include "system/support/refactoring_fixture.h"

namespace {

using namespace std::chrono_literals;
using sandbox::patience;
using sandbox::Server;
using sandbox::wait_until;
using system_test::LibraryFixture;
using system_test::RefactoringFixture;
using Texts = std::vector<std::string>;

topo::Configuration injecting(const sandbox::Topology& servers) {
  auto configuration = system_test::configuration_for(servers);
  configuration.auto_pseudo_gtid = true;
  configuration.auto_pseudo_gtid_interval = 1s;
  return configuration;
}

struct Logged {
  std::string name;  // of the view
  std::int64_t server_id = 0;
};

// MySQL 9.7 sometimes reports an event that is still being written as truncated (error 1220).
topo::mysql::ResultSet events_of(Server& server, std::string_view log) {
  constexpr int max_tries = 20;
  for (int tries = 1;; ++tries) {
    try {
      return server.query(fmt::format("show binlog events in '{}'", log));
    } catch (const topo::mysql::SqlError& error) {
      if (error.number() != 1220 || tries == max_tries) throw;
    }
  }
}

// The Pseudo-GTID entries in the server's binary logs.
std::vector<Logged> entries_of(Server& server) {
  std::vector<Logged> found;
  const auto logs = server.query("show binary logs");
  for (std::size_t i = 0; i < logs.size(); ++i) {
    const auto events = events_of(server, logs[i].text(0).value_or(""));
    for (std::size_t row = 0; row < events.size(); ++row) {
      const auto info = events[row].string_or("Info");
      const auto begin = info.find("`_asc:");
      if (begin == std::string::npos) continue;
      CHECK(info.substr(0, begin) == "drop view if exists `_pseudo_gtid_`.");
      found.push_back({info.substr(begin + 1, info.find('`', begin + 1) - begin - 1),
                       events[row].number_or("Server_id")});
    }
  }
  return found;
}

// The time since 1970 that the entry's name contains.
std::chrono::microseconds time_of(const Logged& entry) {
  return std::chrono::microseconds(std::stoll(entry.name.substr(entry.name.find(':') + 1), nullptr, 16));
}

Texts names_of(const std::vector<Logged>& entries) {
  Texts names;
  for (const auto& entry : entries) names.push_back(entry.name);
  return names;
}

void await_entries(Server& server, std::size_t more = 1) {
  const auto wanted = entries_of(server).size() + more;
  wait_until([&] { return entries_of(server).size() >= wanted; }, patience,
             "entries in the log of " + server.name());
}

// Waits until every master has had two turns, counted by the entries of `other`, a master of another cluster.
void await_rounds(Server& other) {
  await_entries(other, 3);
}

// The server_ids that write entries from now on, observed for some rounds.
std::vector<std::int64_t> writers_of_entries(Server& server, Server& other) {
  const auto before = entries_of(server).size();
  await_rounds(other);
  std::vector<std::int64_t> writers;
  const auto entries = entries_of(server);
  for (auto i = before; i < entries.size(); ++i) writers.push_back(entries[i].server_id);
  std::sort(writers.begin(), writers.end());
  writers.erase(std::unique(writers.begin(), writers.end()), writers.end());
  return writers;
}

std::int64_t id_of(Server& server) {
  return server.query("select @@server_id")[0].number(0).value_or(0);
}

}  // namespace

TEST_CASE("Injected entries reach all logs, and replicas are matched by them", "[auto][pgtid]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours_with_newest())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b > c, x", system_test::options_of(flavour));
      RefactoringFixture moves(servers, injecting(servers));
      auto& library = moves.library;
      library.discover("a");
      library.discover("x");
      CHECK_FALSE(library.known("a")->instance.using_pseudo_gtid);
      sandbox::Writer writer(servers.server("a"));
      library.start_continuous();
      await_entries(servers.server("c"), 2);
      for (const auto* name : {"a", "b", "c"}) {
        wait_until([&] { return library.known(name)->instance.using_pseudo_gtid; }, patience,
                   "UsingPseudoGTID to be seen");
      }
      // One entry per second, all written by a, in ascending order of their texts.
      CHECK(writers_of_entries(servers.server("a"), servers.server("x")) ==
            std::vector{id_of(servers.server("a"))});
      const auto names = names_of(entries_of(servers.server("a")));
      CHECK(std::adjacent_find(names.begin(), names.end(), std::greater_equal<>()) == names.end());

      const auto match = [&](const char* replica, const char* other) {
        moves.refactoring.run("match-below", {library.key(replica), library.key(other)}, {});
        CHECK(library.refresh(replica).instance.master_key() == library.key(other));
        system_test::more_writes(writer);
      };
      match("c", "a");
      match("c", "b");
      // b is dead, so only the logs of a and c count. b is stopped before the kill: the coordinates of a
      // MariaDB replica are not crash-safe while it executes.
      servers.server("b").execute(sandbox::replica_statement(flavour, "stop"));
      servers.server("b").kill9();
      moves.refactoring.run("match-up", {library.key("c")}, {});
      CHECK(library.refresh("c").instance.master_key() == library.key("a"));
      servers.server("b").start();
      system_test::more_writes(writer);
      writer.stop();
      library.discovery().stop();
      if (!servers.server("b").replicates()) servers.server("b").start_replication();
      system_test::check_rows(servers, {"a", "b", "c"});
      const auto all = names_of(entries_of(servers.server("a")));
      CHECK(names_of(entries_of(servers.server("b"))) == all);
      CHECK(names_of(entries_of(servers.server("c"))) == all);
    }
  }
}

TEST_CASE("Only the writable one of two co-masters gets entries, and only one of two writable ones",
          "[auto][pgtid]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours_with_newest())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a <> b, x", system_test::options_of(flavour));
      auto& a = servers.server("a");
      auto& b = servers.server("b");
      auto& x = servers.server("x");
      b.execute("set global read_only = 1");
      LibraryFixture library(servers, injecting(servers));
      library.discover("a");
      library.discover("x");
      library.start_continuous();
      await_entries(b, 2);
      CHECK(writers_of_entries(a, x) == std::vector{id_of(a)});

      a.execute("set global read_only = 1");
      b.execute("set global read_only = 0");
      static_cast<void>(library.refresh("a"));
      static_cast<void>(library.refresh("b"));
      await_entries(a, 2);
      CHECK(writers_of_entries(a, x) == std::vector{id_of(b)});

      a.execute("set global read_only = 0");
      static_cast<void>(library.refresh("a"));
      await_rounds(x);
      CHECK(writers_of_entries(a, x).size() == 1);
    }
  }
}

TEST_CASE("A read_only master gets no entries, even before a poll detects read_only", "[auto][pgtid]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours_with_newest())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, x", system_test::options_of(flavour));
      auto& a = servers.server("a");
      auto& x = servers.server("x");
      auto configuration = injecting(servers);
      configuration.instance_poll = 1h;
      LibraryFixture library(servers, configuration);
      library.discover("a");
      library.discover("x");
      library.start_continuous();
      await_entries(a);
      a.execute("set global read_only = 1");
      CHECK_FALSE(library.known("a")->instance.read_only);
      await_entries(x);  // an entry may have been under way
      CHECK(writers_of_entries(a, x).empty());
      CHECK(library.refresh("a").instance.read_only);
      a.execute("set global read_only = 0");
      static_cast<void>(library.refresh("a"));
      await_entries(a);

      // Nor does a master in maintenance.
      auto& maintenance = library.context().store().maintenance();
      maintenance.begin(std::vector<topo::MaintenanceRequest>{{library.key("a"), "new disks"}}, "ann", 60s);
      await_entries(x);
      CHECK(writers_of_entries(a, x).empty());
      maintenance.end(library.key("a"));
      await_entries(a);
    }
  }
}

TEST_CASE("Missing requirements of the injection are logged once", "[auto][pgtid]") {
  for (const auto flavour : system_test::in_turn(system_test::flavours_with_newest())) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, x", system_test::options_of(flavour));
      auto& a = servers.server("a");
      auto& x = servers.server("x");
      a.execute("revoke drop on _pseudo_gtid_.* from orchestrator@'%'");
      servers.wait_for_replication(patience);
      std::ostringstream text;
      const auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text);
      sink->set_level(spdlog::level::warn);
      {
        topo::Context context(injecting(servers), std::make_shared<spdlog::logger>("test", sink));
        topo::Discovery discovery(context);
        static_cast<void>(discovery.discover(a.key()));
        static_cast<void>(discovery.discover(x.key()));
        discovery.start_continuous(topo::NodeIdentity::make("test", "test"));
        await_rounds(x);
        CHECK(entries_of(a).empty());
        CHECK(context.store().pseudo_gtid().injected_within(1h) == Texts{x.key().display()});
        CHECK_FALSE(context.store().instances().read(a.key())->instance.using_pseudo_gtid);
        a.execute("grant drop on _pseudo_gtid_.* to orchestrator@'%'");
        await_entries(a);
      }
      const auto log = text.str();
      CAPTURE(log);
      const auto said = log.find("AutoPseudoGTID cannot inject entries to cluster " + a.key().display());
      REQUIRE(said != std::string::npos);
      CHECK(log.find("AutoPseudoGTID", said + 1) == std::string::npos);
      CHECK(log.find("GRANT DROP ON _pseudo_gtid_.* TO 'orchestrator'") != std::string::npos);
    }
  }
}

TEST_CASE("A hanging master does not delay the entries of other masters", "[auto][pgtid]") {
  sandbox::Topology servers("a > b, x");
  auto& a = servers.server("a");
  auto& x = servers.server("x");
  auto configuration = injecting(servers);
  configuration.instance_poll = 1h;
  configuration.mysql_discovery_read_timeout = 5s;
  LibraryFixture library(servers, configuration);
  library.discover("a");
  library.discover("x");
  library.start_continuous();
  await_entries(a);
  await_entries(x);
  x.pause();
  const auto before = entries_of(a).size();
  await_entries(a, 4);
  x.resume();
  // Waiting for x would delay an entry of a by up to this timeout.
  const auto of_a = entries_of(a);
  for (auto i = before + 1; i < of_a.size(); ++i)
    CHECK(time_of(of_a[i]) - time_of(of_a[i - 1]) < configuration.mysql_discovery_read_timeout);
  await_entries(x);
  const auto names = names_of(entries_of(x));
  CHECK(std::is_sorted(names.begin(), names.end()));

  // A dead master gets no entries, and gets them again after its restart.
  x.kill9();
  await_entries(a, 3);
  x.start();
  await_entries(x);
}

TEST_CASE("The entries of a new active node continue those of the former one", "[auto][pgtid]") {
  sandbox::Topology servers("a > b");
  auto& a = servers.server("a");
  auto configuration = injecting(servers);
  LibraryFixture first(servers, configuration), second(servers, configuration);
  first.discover("a");
  first.start_continuous();
  await_entries(a, 2);
  second.start_continuous();
  await_entries(a, 3);
  first.discovery().stop();
  const auto before = entries_of(a);
  await_entries(a, 2);
  const auto names = names_of(entries_of(a));
  CHECK(std::adjacent_find(names.begin(), names.end(), std::greater_equal<>()) == names.end());
  // Only one node at a time injected entries.
  const auto process = [](const std::string& name) { return name.substr(name.rfind(':')); };
  CHECK(process(names.front()) == process(before.back().name));
  CHECK(process(names.front()) != process(names.back()));

  // The entries stay ascending even if the clock is set back by an hour.
  second.discovery().stop();
  system_test::execute_in(
      configuration.sqlite3_data_file,
      "UPDATE cluster_injected_pseudo_gtid SET time_injected = datetime('now', '+1 hours')");
  LibraryFixture third(servers, configuration);
  third.start_continuous();
  await_entries(a, 2);
  CHECK(time_of(entries_of(a).back()) > std::chrono::system_clock::now().time_since_epoch() + 59min);
}

TEST_CASE("A read-only process injects no entries and changes no server", "[auto][config]") {
  sandbox::Topology servers("a > b, x", system_test::options_of(system_test::flavours().front()));
  auto quiet = injecting(servers);
  quiet.read_only = true;
  RefactoringFixture moves(servers, quiet);
  LibraryFixture other(servers, injecting(servers));
  moves.library.discover("a");
  other.discover("x");
  moves.library.start_continuous();
  other.start_continuous();
  wait_until([&] { return moves.library.discovery().is_active_node(); }, patience, "the election");
  await_rounds(servers.server("x"));
  CHECK(entries_of(servers.server("a")).empty());
  const auto b = moves.library.key("b");
  CHECK_THAT(system_test::refusal([&] { moves.refactoring.run("stop-slave", {b}, {}); }, topo::Code::refused),
             Catch::Contains("ReadOnly"));
  topo::refactor::OperationRequest dry_run;
  dry_run.dry_run = true;
  CHECK_NOTHROW(moves.refactoring.run("stop-slave", {b}, dry_run));
  CHECK(servers.server("b").replicates());
  // Without ReadOnly, the same configuration does inject there.
  LibraryFixture loud(servers, injecting(servers));
  loud.discover("a");
  loud.start_continuous();
  await_entries(servers.server("a"));
}
