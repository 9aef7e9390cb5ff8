// Somebody else acts on the servers of an operation, or on its locks, while it goes on.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "sandbox/wait.h"
#include "system/support/mover.h"
#include "topo/refactor/unfinished.h"

namespace {

using namespace std::chrono_literals;
using Catch::Contains;
using sandbox::Flavour;
using sandbox::patience;
using system_test::Mover;
using system_test::refusal;

std::string replication(const sandbox::Server& server, std::string_view command) {
  return fmt::format("{} {}", command, sandbox::says_replica(server.flavour()) ? "REPLICA" : "SLAVE");
}

std::int64_t rows_of(sandbox::Server& server) {
  return server.query("SELECT COUNT(*) AS n FROM shop.sold")[0].number_or("n", -1);
}

// Nothing in it tells that a row was inserted twice.
void make_table(sandbox::Topology& servers) {
  servers.server("a").execute("CREATE DATABASE shop");
  servers.server("a").execute("CREATE TABLE shop.sold (article INT)");
  servers.wait_for_replication(patience);
}

// Before the first step that is described so.
void once_before(Mover& mover, std::string words, std::function<void()> deed) {
  auto is_done = std::make_shared<bool>(false);
  mover.refactoring.on_step(
      [words = std::move(words), deed = std::move(deed), is_done](const std::string& step) {
        if (*is_done || step.find(words) == std::string::npos) return;
        *is_done = true;
        deed();
      });
}

}  // namespace

TEST_CASE("a replica that somebody starts and stops within its move is left as it is, with each row once",
          "[refactor][interference]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, a > c", system_test::options_of(flavour));
      Mover mover(servers);
      auto& subject = mover.subject;
      make_table(servers);
      subject.discover("a");
      auto& a = servers.server("a");
      auto& c = servers.server("c");
      const bool is_stopped_again = GENERATE(true, false);
      CAPTURE(is_stopped_again);
      once_before(mover, c.key().display() + ": replicate from", [&] {
        for (int i = 0; i < 3; ++i) a.execute("INSERT INTO shop.sold VALUES (1)");
        c.execute(replication(c, "START"));
        sandbox::wait_until([&] { return rows_of(c) == 3; }, patience, "c to execute more");
        if (is_stopped_again) c.execute(replication(c, "STOP"));
      });
      const auto said = refusal([&] { (void)mover.refactoring.move_below(c.key(), subject.key("b"), {}); },
                                topo::Code::refused);
      CHECK_THAT(said, Contains("somebody else has started or moved " + c.key().display()) &&
                           !Contains("All is as it was"));
      CHECK(c.replication_status()->master == subject.key("a"));
      CHECK(c.replicates() == !is_stopped_again);
      if (is_stopped_again) c.execute(replication(c, "START"));
      servers.wait_for_replication(patience);
      for (const auto* name : {"a", "b", "c"}) CHECK(rows_of(servers.server(name)) == 3);
      CHECK(subject.context().store().maintenance().active().empty());
    }
  }
}

TEST_CASE("an operation whose lock somebody has ended goes no further", "[refactor][interference]") {
  sandbox::Topology servers("a > b, a > c", system_test::options_of(Flavour::mariadb_10_11));
  Mover mover(servers);
  auto& subject = mover.subject;
  subject.discover("a");
  auto& locks = subject.context().store().maintenance();
  once_before(mover, ": replicate from", [&] {
    for (const auto& held : locks.active()) CHECK(locks.end(held.id));
  });
  CHECK_THAT(refusal([&] { (void)mover.refactoring.move_below(subject.key("c"), subject.key("b"), {}); },
                     topo::Code::locked),
             Contains("somebody has ended a lock of this operation") && Contains("All is as it was"));
  CHECK(servers.server("c").replication_status()->master == subject.key("a"));
  servers.wait_for_replication(patience);
}

TEST_CASE("an operation whose lock has ended does not store what others have changed since",
          "[refactor][interference]") {
  sandbox::Topology servers("a > b, a > c", system_test::options_of(Flavour::mariadb_10_11));
  Mover mover(servers);
  auto& subject = mover.subject;
  subject.discover("a");
  const auto c = subject.key("c");
  auto& locks = subject.context().store().maintenance();
  topo::refactor::Refactoring other(subject.context(),
                                    [&](const auto& read) { subject.discovery().take(read); });
  once_before(mover, ": start replication", [&] {
    for (const auto& held : locks.active()) CHECK(locks.end(held.id));
    (void)other.reset(c, {});
  });
  CHECK_THAT(
      refusal([&] { (void)mover.refactoring.move_below(c, subject.key("b"), {}); }, topo::Code::locked),
      Contains("somebody else has worked on " + c.display()));
  CHECK_FALSE(subject.known("c")->instance.master_key().valid());
}

TEST_CASE("locks and journal of an operation last as long as it does", "[refactor][interference]") {
  sandbox::Topology servers("a > b > c", system_test::options_of(Flavour::mariadb_10_11));
  auto configuration = system_test::configuration_for(servers);
  configuration.maintenance_expire = std::chrono::minutes(1);
  Mover mover(servers, configuration);
  auto& subject = mover.subject;
  subject.discover("a");
  auto& store = subject.context().store();
  const auto c = subject.key("c");
  once_before(mover, ": replicate from", [&] {
    const auto left = [&] { return store.maintenance().of(c).value().left; };
    sandbox::wait_until([&] { return left() < 55s; }, patience, "a part of its time to pass");
    sandbox::wait_until([&] { return left() > 55s; }, patience, "the lock to be renewed");
    CHECK(store.maintenance().of(c)->is_of_operation);
    REQUIRE(store.operations().unended().size() == 1);
    CHECK(store.operations().unended()[0].is_under_way);
  });
  CHECK(mover.refactoring.move_up(c, {}).outcome.failed.empty());
  CHECK(store.maintenance().active().empty());
}

TEST_CASE("in maintenance, too, one operation at a time starts or stops replication",
          "[refactor][interference]") {
  sandbox::Topology servers("a > b", system_test::options_of(Flavour::mariadb_10_11));
  Mover mover(servers);
  auto& subject = mover.subject;
  subject.discover("a");
  const auto b = subject.key("b");
  auto& locks = subject.context().store().maintenance();
  const std::vector<topo::MaintenanceRequest> disks{{b, "new disks"}};
  (void)locks.begin(disks, "ann", 60s);
  topo::refactor::Refactoring other(subject.context(), nullptr);
  int steps = 0;
  topo::UnendedOperation killed;
  mover.refactoring.on_step([&](const std::string&) {
    ++steps;
    REQUIRE(subject.context().store().operations().unended().size() == 1);
    killed = subject.context().store().operations().unended()[0];
    CHECK_THAT(refusal([&] { (void)other.stop(b, {}); }, topo::Code::locked), Contains("new disks"));
    CHECK_THROWS_AS(topo::refactor::require_not_under_way(subject.context().store(), b), topo::Error);
  });
  (void)mover.refactoring.restart(b, {});
  CHECK(steps == 2);
  CHECK(servers.server("b").replicates());
  REQUIRE(locks.of(b));
  CHECK(locks.of(b)->owner == "ann");
  CHECK_FALSE(locks.of(b)->is_of_operation);
  // Nor does what is left of one that was killed end the lock.
  killed.process = killed.process.substr(0, killed.process.rfind(' ')) + " 1";
  (void)subject.context().store().operations().begin(killed);
  topo::refactor::UnfinishedOperations unfinished(subject.context(), other, nullptr);
  CHECK(unfinished.list().empty());
  CHECK(locks.of(b));
  (void)other.stop(b, {});
  CHECK_FALSE(servers.server("b").replicates());
}

TEST_CASE("an operation goes by what servers are when it has locked them", "[refactor][interference]") {
  sandbox::Topology servers("a > b > c", system_test::options_of(Flavour::mariadb_10_11));
  Mover mover(servers);
  auto& subject = mover.subject;
  subject.discover("a");
  auto& c = servers.server("c");
  c.execute(replication(c, "STOP"));  // as another operation has it for a while
  mover.refactoring.watch([&](const topo::refactor::Progress& progress) {
    if (progress.state == topo::refactor::Progress::State::begun) c.execute(replication(c, "START"));
  });
  (void)mover.refactoring.repoint(c.key(), std::nullopt, {});
  CHECK(c.replicates());
}

TEST_CASE("repoint to another name of the master makes no other server of it", "[refactor][names]") {
  for (const auto flavour : {Flavour::mariadb_10_11, Flavour::mysql_9_7}) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b > c", system_test::options_of(flavour));
      auto configuration = system_test::configuration_for(servers);
      configuration.hostname_resolve_method = "none";
      Mover mover(servers, configuration);
      auto& subject = mover.subject;
      subject.discover("a");
      const auto& b = subject.key("b");
      const topo::InstanceKey other_name("localhost", b.port());
      CHECK(mover.refactoring.repoint(subject.key("c"), other_name, {}).outcome.moved.size() == 1);
      CHECK(servers.server("c").replication_status()->master == other_name);
      const auto is_one_tree = [&] {
        CHECK(subject.known("c")->instance.master_key() == b);
        CHECK(subject.context().store().clusters().names() == std::vector{subject.key("a").display()});
        CHECK_FALSE(subject.context().store().instances().read(other_name));
      };
      is_one_tree();
      (void)subject.refresh("c");
      is_one_tree();
      const auto aliases = subject.context().store().instances().read_aliases();
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
      Mover mover(servers);
      auto& subject = mover.subject;
      subject.discover("a");
      subject.refresh_all();
      REQUIRE(subject.known("c")->instance.master_key() == subject.key("a"));
      topo::refactor::Request dry_run;
      dry_run.dry_run = true;
      CHECK(mover.refactoring.repoint_replicas(subject.key("a"), dry_run).plan.strands.size() == 3);
      CHECK(mover.refactoring.move_below(subject.key("c"), subject.key("d"), dry_run).plan.strands.size() ==
            1);
      CHECK(mover.refactoring.enslave_siblings(subject.key("b"), dry_run).plan.strands.size() == 2);

      servers.server("a").kill9();
      sandbox::wait_until([&] { return !c.replicates(); }, patience, "c to notice");
      const auto report = mover.refactoring.regroup_replicas(subject.key("a"), {});
      CHECK(report.outcome.failed.empty());
      CHECK(report.plan.strands.size() == 3);
      for (const auto* name : {"b", "c", "d"}) {
        if (subject.key(name) == report.plan.candidate) continue;
        CHECK(servers.server(name).replication_status()->master == report.plan.candidate);
      }
    }
  }
}
