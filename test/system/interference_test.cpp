// Another user or process changes the servers or the locks of a running operation.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "sandbox/wait.h"
#include "system/support/refactoring_fixture.h"
#include "topo/refactor/unfinished.h"

namespace {

using namespace std::chrono_literals;
using Catch::Contains;
using sandbox::Flavour;
using sandbox::patience;
using system_test::RefactoringFixture;
using system_test::refusal;

std::string replication(const sandbox::Server& server, std::string_view command) {
  return fmt::format("{} {}", command, sandbox::says_replica(server.flavour()) ? "REPLICA" : "SLAVE");
}

std::int64_t rows_of(sandbox::Server& server) {
  return server.query("SELECT COUNT(*) AS n FROM shop.sold")[0].number_or("n", -1);
}

// Without a key, so that inserting a row twice is no error.
void make_table(sandbox::Topology& servers) {
  servers.server("a").execute("CREATE DATABASE shop");
  servers.server("a").execute("CREATE TABLE shop.sold (article INT)");
  servers.wait_for_replication(patience);
}

// Runs `deed` once, before the first step whose description contains `words`.
void once_before(RefactoringFixture& moves, std::string words, std::function<void()> deed) {
  auto is_done = std::make_shared<bool>(false);
  moves.refactoring.on_step(
      [words = std::move(words), deed = std::move(deed), is_done](const std::string& step) {
        if (*is_done || step.find(words) == std::string::npos) return;
        *is_done = true;
        deed();
      });
}

}  // namespace

TEST_CASE("a replica that another user starts during its move is left as it is, with each row once",
          "[refactor][interference]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, a > c", system_test::options_of(flavour));
      RefactoringFixture moves(servers);
      auto& library = moves.library;
      make_table(servers);
      library.discover("a");
      auto& a = servers.server("a");
      auto& c = servers.server("c");
      const bool is_stopped_again = GENERATE(true, false);
      CAPTURE(is_stopped_again);
      once_before(moves, c.key().display() + ": replicate from", [&] {
        for (int i = 0; i < 3; ++i) a.execute("INSERT INTO shop.sold VALUES (1)");
        c.execute(replication(c, "START"));
        sandbox::wait_until([&] { return rows_of(c) == 3; }, patience, "c to execute more");
        if (is_stopped_again) c.execute(replication(c, "STOP"));
      });
      const auto said = refusal(
          [&] {
            (void)moves.refactoring.run("move-below", {c.key(), library.key("b")}, {});
          },
          topo::Code::refused);
      CHECK_THAT(said, Contains("another client has started or moved " + c.key().display()) &&
                           !Contains("All is as it was"));
      CHECK(c.replication_status()->master == library.key("a"));
      CHECK(c.replicates() == !is_stopped_again);
      if (is_stopped_again) c.execute(replication(c, "START"));
      servers.wait_for_replication(patience);
      for (const auto* name : {"a", "b", "c"}) CHECK(rows_of(servers.server(name)) == 3);
      CHECK(library.context().store().maintenance().active().empty());
    }
  }
}

TEST_CASE("an operation stops when another user ends its lock", "[refactor][interference]") {
  sandbox::Topology servers("a > b, a > c", system_test::options_of(Flavour::mariadb_10_11));
  RefactoringFixture moves(servers);
  auto& library = moves.library;
  library.discover("a");
  auto& locks = library.context().store().maintenance();
  once_before(moves, ": replicate from", [&] {
    for (const auto& held : locks.active()) CHECK(locks.end(held.id));
  });
  CHECK_THAT(
      refusal(
          [&] {
            (void)moves.refactoring.run("move-below", {library.key("c"), library.key("b")}, {});
          },
          topo::Code::locked),
      Contains("a lock of this operation was ended by another client") && Contains("All is as it was"));
  CHECK(servers.server("c").replication_status()->master == library.key("a"));
  servers.wait_for_replication(patience);
}

TEST_CASE("an operation that lost its lock does not store what others have changed since",
          "[refactor][interference]") {
  sandbox::Topology servers("a > b, a > c", system_test::options_of(Flavour::mariadb_10_11));
  RefactoringFixture moves(servers);
  auto& library = moves.library;
  library.discover("a");
  const auto c = library.key("c");
  auto& locks = library.context().store().maintenance();
  topo::refactor::Refactoring other(library.context(),
                                    [&](const auto& read) { library.discovery().take(read); });
  once_before(moves, ": start replication", [&] {
    for (const auto& held : locks.active()) CHECK(locks.end(held.id));
    (void)other.run("reset-slave", {c}, {});
  });
  CHECK_THAT(refusal(
                 [&] {
                   (void)moves.refactoring.run("move-below", {c, library.key("b")}, {});
                 },
                 topo::Code::locked),
             Contains("another owner has locked " + c.display()));
  CHECK_FALSE(library.known("c")->instance.master_key().has_value());
}

TEST_CASE("locks and journal of an operation last until it ends", "[refactor][interference]") {
  sandbox::Topology servers("a > b > c", system_test::options_of(Flavour::mariadb_10_11));
  auto configuration = system_test::configuration_for(servers);
  configuration.maintenance_expire = std::chrono::minutes(1);
  RefactoringFixture moves(servers, configuration);
  auto& library = moves.library;
  library.discover("a");
  auto& store = library.context().store();
  const auto c = library.key("c");
  once_before(moves, ": replicate from", [&] {
    const auto left = [&] { return store.maintenance().of(c).value().left; };
    sandbox::wait_until([&] { return left() < 55s; }, patience, "a part of its time to pass");
    sandbox::wait_until([&] { return left() > 55s; }, patience, "the lock to be renewed");
    CHECK(store.maintenance().of(c)->is_of_operation);
    REQUIRE(store.operations().unended().size() == 1);
    CHECK(store.operations().unended()[0].is_under_way);
  });
  CHECK(moves.refactoring.run("move-up", {c}, {}).outcome.failed.empty());
  CHECK(store.maintenance().active().empty());
}

TEST_CASE("one operation at a time starts or stops replication, also in maintenance",
          "[refactor][interference]") {
  sandbox::Topology servers("a > b", system_test::options_of(Flavour::mariadb_10_11));
  RefactoringFixture moves(servers);
  auto& library = moves.library;
  library.discover("a");
  const auto b = library.key("b");
  auto& locks = library.context().store().maintenance();
  const std::vector<topo::MaintenanceRequest> disks{{b, "new disks"}};
  (void)locks.begin(disks, "ann", 60s);
  topo::refactor::Refactoring other(library.context(), nullptr);
  int steps = 0;
  topo::UnendedOperation killed;
  moves.refactoring.on_step([&](const std::string&) {
    ++steps;
    REQUIRE(library.context().store().operations().unended().size() == 1);
    killed = library.context().store().operations().unended()[0];
    CHECK_THAT(refusal([&] { (void)other.run("stop-slave", {b}, {}); }, topo::Code::locked),
               Contains("new disks"));
    CHECK_THROWS_AS(topo::refactor::require_not_under_way(library.context().store(), b), topo::Error);
  });
  (void)moves.refactoring.run("restart-slave", {b}, {});
  CHECK(steps == 2);
  CHECK(servers.server("b").replicates());
  REQUIRE(locks.of(b));
  CHECK(locks.of(b)->owner == "ann");
  CHECK_FALSE(locks.of(b)->is_of_operation);
  // Nor does the leftover of a killed operation end the lock.
  killed.process = killed.process.substr(0, killed.process.rfind(' ')) + " 1";
  (void)library.context().store().operations().begin(killed);
  topo::refactor::UnfinishedOperations unfinished(library.context(), other, nullptr);
  CHECK(unfinished.list().empty());
  CHECK(locks.of(b));
  (void)other.run("stop-slave", {b}, {});
  CHECK_FALSE(servers.server("b").replicates());
}

TEST_CASE("an operation uses the state of its servers as read after locking", "[refactor][interference]") {
  sandbox::Topology servers("a > b > c", system_test::options_of(Flavour::mariadb_10_11));
  RefactoringFixture moves(servers);
  auto& library = moves.library;
  library.discover("a");
  auto& c = servers.server("c");
  c.execute(replication(c, "STOP"));  // as during another operation
  moves.refactoring.watch([&](const topo::refactor::Progress& progress) {
    if (progress.state == topo::refactor::Progress::State::begun) c.execute(replication(c, "START"));
  });
  (void)moves.refactoring.run("repoint", {c.key()}, {});
  CHECK(c.replicates());
}

TEST_CASE("repoint to another name of the master does not create a second server", "[refactor][names]") {
  for (const auto flavour : {Flavour::mariadb_10_11, Flavour::mysql_9_7}) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b > c", system_test::options_of(flavour));
      auto configuration = system_test::configuration_for(servers);
      configuration.hostname_resolve_method = "none";
      RefactoringFixture moves(servers, configuration);
      auto& library = moves.library;
      library.discover("a");
      const auto& b = library.key("b");
      const topo::InstanceKey other_name("localhost", b.port());
      CHECK(moves.refactoring.run("repoint", {library.key("c"), other_name}, {}).outcome.moved.size() == 1);
      CHECK(servers.server("c").replication_status()->master == other_name);
      const auto is_one_tree = [&] {
        CHECK(library.known("c")->instance.master_key() == b);
        CHECK(library.context().store().clusters().names() == std::vector{library.key("a").display()});
        CHECK_FALSE(library.context().store().instances().read(other_name));
      };
      is_one_tree();
      (void)library.refresh("c");
      is_one_tree();
      const auto aliases = library.context().store().instances().read_aliases();
      CHECK(aliases == std::vector{std::pair(other_name, b)});
    }
  }
}

TEST_CASE("replicas that know their master by another name take part in operations", "[refactor][names]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto options = system_test::options_of(flavour);
      options.gtid = true;
      sandbox::Topology servers("a > b, a > c, a > d", options);
      auto& c = servers.server("c");
      const bool new_words = sandbox::says_replica(flavour);
      c.execute(replication(c, "STOP"));
      c.execute(fmt::format("CHANGE {} TO {}_HOST = 'localhost'", new_words ? "REPLICATION SOURCE" : "MASTER",
                            new_words ? "SOURCE" : "MASTER"));
      c.execute(replication(c, "START"));
      sandbox::wait_until([&] { return c.replicates(); }, patience, "c to replicate");
      RefactoringFixture moves(servers);
      auto& library = moves.library;
      library.discover("a");
      library.refresh_all();
      REQUIRE(library.known("c")->instance.master_key() == library.key("a"));
      topo::refactor::OperationRequest dry_run;
      dry_run.dry_run = true;
      CHECK(moves.refactoring.run("repoint-slaves", {library.key("a")}, dry_run).plan.replica_steps.size() ==
            3);
      CHECK(moves.refactoring.run("move-below", {library.key("c"), library.key("d")}, dry_run)
                .plan.replica_steps.size() == 1);
      CHECK(
          moves.refactoring.run("enslave-siblings", {library.key("b")}, dry_run).plan.replica_steps.size() ==
          2);

      servers.server("a").kill9();
      sandbox::wait_until([&] { return !c.replicates(); }, patience, "c to notice");
      const auto report = moves.refactoring.run("regroup-slaves", {library.key("a")}, {});
      CHECK(report.outcome.failed.empty());
      CHECK(report.plan.replica_steps.size() == 3);
      for (const auto* name : {"b", "c", "d"}) {
        if (library.key(name) == report.plan.candidate) continue;
        CHECK(servers.server(name).replication_status()->master == report.plan.candidate);
      }
    }
  }
}
