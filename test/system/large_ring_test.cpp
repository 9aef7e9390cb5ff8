// A ring of three masters is shown as a ring, and no operation changes it.
#include <catch2/catch.hpp>
#include <functional>

#include "system/support/refactoring_fixture.h"
#include "topo/recovery/recovery.h"
#include "topo/topology/move_targets.h"

namespace {

using system_test::RefactoringFixture;
using system_test::refusal;
using topo::refactor::OperationRequest;

}  // namespace

TEST_CASE("a ring of three masters is shown as a ring, and stays unchanged", "[refactor][ring]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      sandbox::Topology servers("a > b, b > c, c > a, b > x, x > y, p > q", system_test::options_of(flavour));
      auto configuration = system_test::configuration_for(servers);
      configuration.pseudo_gtid_pattern = "drop view";
      RefactoringFixture moves(servers, configuration);
      auto& library = moves.library;
      library.discover("a");
      library.discover("p");
      library.refresh_all();
      const std::string tree = library.tree("a");
      // Each master follows the one that it replicates from, whichever is the head.
      for (const char* position : {"ring:1/3", "ring:2/3", "ring:3/3"})
        CHECK_THAT(tree, Catch::Contains(position));
      const auto at = [&](const char* name) { return ("\n" + tree).find(std::string("\n") + name + " ["); };
      const bool in_order = (at("a") < at("b") && at("b") < at("c")) ||
                            (at("b") < at("c") && at("c") < at("a")) ||
                            (at("c") < at("a") && at("a") < at("b"));
      CHECK(in_order);
      CHECK(library.context().store().clusters().names().size() == 2);

      const auto key = [&](const char* name) { return library.key(name); };
      auto& move = moves.refactoring;
      const OperationRequest request;
      const std::pair<const char*, std::function<void()>> operations[] = {
          {"move-up b", [&] { move.run("move-up", {key("b")}, request); }},
          {"move-up x", [&] { move.run("move-up", {key("x")}, request); }},
          {"move-up y", [&] { move.run("move-up", {key("y")}, request); }},
          {"move-up-slaves b", [&] { move.run("move-up-slaves", {key("b")}, request); }},
          {"move-below x c",
           [&] {
             move.run("move-below", {key("x"), key("c")}, request);
           }},
          {"enslave-siblings x", [&] { move.run("enslave-siblings", {key("x")}, request); }},
          {"enslave-siblings b", [&] { move.run("enslave-siblings", {key("b")}, request); }},
          {"repoint q a",
           [&] {
             move.run("repoint", {key("q"), key("a")}, request);
           }},
          {"match-below q a",
           [&] {
             move.run("match-below", {key("q"), key("a")}, request);
           }},
          {"multi-match-slaves p a",
           [&] {
             move.run("multi-match-slaves", {key("p"), key("a")}, request);
           }},
          {"enslave-master b", [&] { move.run("enslave-master", {key("b")}, request); }},
          {"enslave-master x", [&] { move.run("enslave-master", {key("x")}, request); }},
          {"repoint b", [&] { move.run("repoint", {key("b")}, request); }},
          {"repoint-slaves a", [&] { move.run("repoint-slaves", {key("a")}, request); }},
          {"make-co-master b", [&] { move.run("make-co-master", {key("b")}, request); }},
          {"match-below x a",
           [&] {
             move.run("match-below", {key("x"), key("a")}, request);
           }},
          {"match-up b", [&] { move.run("match-up", {key("b")}, request); }},
          {"rematch c", [&] { move.run("rematch", {key("c")}, request); }},
          {"multi-match-slaves x a",
           [&] {
             move.run("multi-match-slaves", {key("x"), key("a")}, request);
           }},
          {"make-local-master b", [&] { move.run("make-local-master", {key("b")}, request); }},
          {"reset-slave c", [&] { move.run("reset-slave", {key("c")}, request); }},
          {"detach-slave c", [&] { move.run("detach-slave", {key("c")}, request); }},
      };
      for (const auto& [what, act] : operations) {
        INFO(what);
        const auto said = refusal(act, topo::Code::refused);
        CHECK_THAT(said, Catch::Contains("ring") || Catch::Contains("replicates from"));
      }
      const topo::Topology known(
          library.context().store().instances().read_cluster(library.known("a")->instance.cluster_name));
      for (const char* dragged : {"a", "b", "c", "x"}) {
        for (const auto& target : topo::move_targets(known, key(dragged), topo::rule_limits(configuration))) {
          INFO(dragged << " to " << library.with_names(target.key.display()));
          CHECK(target.classic.kind == topo::MoveVerdict::Kind::no);
          // A rematch below its own master does not concern the ring.
          const bool is_rematch = dragged == std::string("x") && target.key == key("b");
          CHECK((target.pseudo_gtid.kind == topo::MoveVerdict::Kind::no) != is_rematch);
        }
      }
      // A ring that was never discovered is detected, too.
      auto elsewhere = configuration;
      elsewhere.sqlite3_data_file += ".new";
      RefactoringFixture stranger(servers, elsewhere);
      stranger.library.discover("p");
      for (const char* member : {"a", "b", "c"}) {
        INFO(member);
        const auto said = refusal(
            [&] {
              stranger.refactoring.run("repoint", {key("q"), key(member)}, request);
            },
            topo::Code::refused);
        CHECK_THAT(said, Catch::Contains("is in a ring of 3 masters"));
      }
      library.refresh_all();
      CHECK(library.tree("a") == tree);
      for (const char* name : {"a", "b", "c", "x", "y", "q"}) CHECK(servers.server(name).replicates());
    }
  }
}
