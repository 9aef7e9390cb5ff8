// No operation makes servers replicate in a loop: not with what another client has just moved, and not
// together with another operation.
#include <catch2/catch.hpp>

#include "system/support/refactoring_fixture.h"
#include "topo/model/unended_operation.h"
#include "topo/refactor/unfinished.h"

namespace loop_test {
namespace {

using Catch::Contains;
using sandbox::Flavour;
using system_test::RefactoringFixture;
using system_test::refusal;
using topo::Code;

std::vector<Flavour> flavours_with_gtid() {
  return system_test::available_of({Flavour::mariadb_10_11, Flavour::mysql_9_7});
}

sandbox::Topology started(Flavour flavour, const std::string& tree) {
  auto options = system_test::options_of(flavour);
  options.gtid = true;
  return sandbox::Topology(tree, options);
}

// Runs `deed` once, when the operation has its locks and begins its first step.
void once_begun(RefactoringFixture& moves, std::function<void()> deed) {
  auto is_done = std::make_shared<bool>(false);
  moves.refactoring.on_step([deed = std::move(deed), is_done](const std::string&) {
    if (std::exchange(*is_done, true)) return;
    deed();
  });
}

}  // namespace

TEST_CASE("a master that another client has just moved is known where it is now", "[refactor][loops]") {
  for (const auto flavour : flavours_with_gtid()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto servers = started(flavour, "a > b, a > c > d");
      RefactoringFixture moves(servers), others(servers);
      const auto key = [&](const char* name) { return servers.server(name).key(); };
      moves.library.discover("a");
      others.library.discover("a");
      // The backend of `moves` does not hear of it.
      others.refactoring.run("repoint", {key("c"), key("b")}, {});
      CHECK_THAT(refusal(
                     [&] {
                       moves.refactoring.run("repoint", {key("b"), key("d")}, {});
                     },
                     Code::refused),
                 Contains("loop"));
      CHECK(servers.server("b").replication_status()->master == key("a"));
    }
  }
}

TEST_CASE("two operations at once that together would make a loop are not both carried out",
          "[refactor][loops]") {
  struct Pair {
    const char* tree;
    const char *one, *below_one, *other, *below_other;
  };
  const auto pair = GENERATE(Pair{"a > b > c, a > d > e", "b", "e", "d", "c"},
                             Pair{"a > b > c, b > d", "c", "d", "d", "c"});
  for (const auto flavour : flavours_with_gtid()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour) << ", " << pair.tree) {
      auto servers = started(flavour, pair.tree);
      RefactoringFixture moves(servers);
      const auto key = [&](const char* name) { return servers.server(name).key(); };
      moves.library.discover("a");
      topo::refactor::Refactoring second(moves.library.context(), {});
      std::string told;
      once_begun(moves, [&] {
        told = refusal(
            [&] {
              second.run("repoint", {key(pair.other), key(pair.below_other)}, {});
            },
            Code::locked);
      });
      moves.refactoring.run("repoint", {key(pair.one), key(pair.below_one)}, {});
      CHECK_THAT(told, Contains("cannot be moved below " + key(pair.below_other).display() + " now"));
      CHECK(servers.server(pair.one).replication_status()->master == key(pair.below_one));
      CHECK(servers.server(pair.other).replication_status()->master != key(pair.below_other));
      CHECK(moves.library.context().store().maintenance().active().empty());
    }
  }
}

TEST_CASE("an interrupted operation is not undone if its former master is below it by now",
          "[refactor][loops]") {
  for (const auto flavour : flavours_with_gtid()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      auto servers = started(flavour, "a > m > x, a > y");
      RefactoringFixture moves(servers);
      const auto key = [&](const char* name) { return servers.server(name).key(); };
      moves.library.discover("a");
      auto& context = moves.library.context();
      // x was moved below y, and its process died before it was started.
      auto& x = servers.server("x");
      moves.refactoring.run("repoint", {key("x"), key("y")}, {});
      moves.refactoring.run("stop-slave", {key("x")}, {});
      topo::UnendedOperation died;
      died.operation = "repoint";
      died.subject = key("x");
      died.owner = "tests";
      died.process = "";
      died.moves = {{key("x"), key("y")}};
      const auto id = context.store().operations().begin(died);
      topo::OperationServer noted;
      noted.key = key("x");
      noted.steps = 0;
      noted.master = key("m");
      noted.by_gtid = noted.ran_io = noted.ran_sql = noted.changed = true;
      context.store().operations().note(id, noted);
      moves.refactoring.run("repoint", {key("m"), key("x")}, {});
      topo::refactor::UnfinishedOperations unfinished(context, moves.refactoring, {});
      REQUIRE(unfinished.list().size() == 1);
      CHECK_THAT(refusal([&] { unfinished.undo(key("x"), {}); }, Code::refused),
                 Contains("would create a loop"));
      CHECK(x.replication_status()->master == key("y"));
      CHECK(unfinished.list().size() == 1);
    }
  }
}

}  // namespace loop_test
