// Moves of replicas by GTID: what goes below what, and what is refused.
#include <catch2/catch.hpp>
#include <future>
#include <utility>

#include "sandbox/wait.h"
#include "sandbox/writer.h"
#include "system/support/refactoring_fixture.h"
#include "topo/base/error.h"
#include "topo/refactor/errant_gtids.h"

namespace gtid_moves_test {
namespace {

using sandbox::Flavour;
using sandbox::patience;
using system_test::check_rows;
using system_test::more_writes;
using system_test::refusal;

sandbox::Options by_gtid(Flavour flavour, bool pseudo_gtid) {
  auto options = system_test::options_of(flavour);
  options.gtid = true;
  options.pseudo_gtid = pseudo_gtid;
  return options;
}

// Servers that replicate by GTID below `a`, and are known.
struct Servers {
  Servers(std::string_view tree, Flavour of_all, bool pseudo_gtid = false)
      : flavour(of_all), all(tree, by_gtid(of_all, pseudo_gtid)), moves(all), library(moves.library) {
    library.discover("a");
  }
  sandbox::Server& operator[](std::string_view name) { return all.server(name); }
  [[nodiscard]] topo::InstanceKey master(std::string_view name) {
    return all.server(name).replication_status()->master;
  }
  void say(std::string_view name, const std::string& verb, const std::string& thread) {
    all.server(name).execute(verb + (sandbox::says_replica(flavour) ? " REPLICA " : " SLAVE ") + thread);
  }
  [[nodiscard]] std::int64_t rows(std::string_view name) {
    return all.server(name).query("SELECT COUNT(*) AS n FROM sandbox_load.writes")[0].number_or("n", 0);
  }
  void move(const char* operation, const char* subject, const char* target, bool allow_errant = false) {
    topo::refactor::OperationRequest request;
    request.allow_errant = allow_errant;
    moves.refactoring.run(operation, {library.key(subject), library.key(target)}, request);
  }

  [[nodiscard]] std::string foreseen(const char* operation, const char* subject, const char* target,
                                     bool allow_errant) {
    topo::refactor::OperationRequest dry;
    dry.dry_run = true;
    dry.allow_errant = allow_errant;
    return topo::describe(
        moves.refactoring.run(operation, {library.key(subject), library.key(target)}, dry).plan);
  }

  const Flavour flavour;
  sandbox::Topology all;
  system_test::RefactoringFixture moves;
  system_test::LibraryFixture& library;
};

}  // namespace

TEST_CASE("replicas by GTID are moved by GTID", "[refactor]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b > c, a > d", flavour);
      sandbox::Writer writer(servers["a"]);
      more_writes(writer);
      servers.moves.refactoring.run("move-up", {servers.library.key("c")}, {});
      more_writes(writer);
      servers.move("move-below", "c", "d");
      more_writes(writer);
      CHECK(system_test::without_status(servers.library.tree("a")) == "a\n+ b\n+ d\n  + c");
      const auto c = servers.library.refresh("c").instance;
      CHECK((c.replication()->using_mariadb_gtid || c.replication()->using_oracle_gtid));
      writer.stop();
      check_rows(servers.all, {"a", "b", "c", "d"});
    }
  }
}

TEST_CASE("a replica by GTID is not moved below a server that will never have what it has", "[refactor]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b, a > c, a > d", flavour, true);
      sandbox::Writer writer(servers["a"]);
      servers.say("b", "STOP", "IO_THREAD");
      more_writes(writer);
      writer.stop();
      servers["a"].execute("SET GLOBAL event_scheduler = 0");
      const auto all = servers.rows("a");
      sandbox::wait_until([&] { return servers.rows("c") == all && servers.rows("d") == all; }, patience,
                          "c and d to execute all");
      servers["a"].kill9();
      for (const auto& [operation, subject] :
           {std::pair{"match-below", "c"}, std::pair{"repoint", "c"}, std::pair{"multi-match-slaves", "a"}}) {
        CAPTURE(operation);
        const auto is_foreseen = Catch::Contains("\nthis will be refused: by now ");
        CHECK_THAT(servers.foreseen(operation, subject, "b", false), is_foreseen);
        CHECK_THAT(servers.foreseen(operation, subject, "b", true), !is_foreseen);
        const auto words = refusal([&, name = operation, of = subject] { servers.move(name, of, "b"); },
                                   topo::Code::refused);
        CHECK_THAT(words, Catch::Contains(" has executed ") &&
                              Catch::Contains(" that " + servers.library.key("b").display() +
                                              " has neither executed nor received") &&
                              Catch::EndsWith("All is as it was"));
        CHECK(servers.master("c") == servers.library.key("a"));
        CHECK(servers.master("d") == servers.library.key("a"));
      }
      // d has the same.
      CHECK_NOTHROW(servers.move("match-below", "c", "d"));
      CHECK(servers.master("c") == servers.library.key("d"));
      CHECK(servers.rows("c") == all);
    }
  }
}

TEST_CASE("a replica by GTID that has transactions of its own is moved only with leave", "[refactor]") {
  for (const auto flavour : system_test::flavours()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b, a > c", flavour);
      servers["c"].execute("CREATE DATABASE errant");
      CHECK_THROWS_WITH(
          servers.move("move-below", "c", "b"),
          Catch::Contains(servers.library.key("c").display() + " has executed 1 transaction (") &&
              Catch::Contains("-allow-errant"));
      CHECK(servers.master("c") == servers.library.key("a"));
      CHECK(servers["c"].replicates());
      // By GTID MariaDB cannot replicate with it at all.
      if (sandbox::is_mariadb(flavour)) continue;
      CHECK_NOTHROW(servers.move("move-below", "c", "b", true));
      CHECK(servers.master("c") == servers.library.key("b"));
      CHECK(servers["c"].replicates());
    }
  }
}

TEST_CASE("a replica by GTID that is ahead of its new master waits for it", "[refactor]") {
  for (const auto flavour : system_test::flavours_with_newest()) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b, a > c", flavour);
      sandbox::Writer writer(servers["a"]);
      const auto has_table = [&] {
        return !servers["b"]
                    .query("SELECT 1 FROM information_schema.tables WHERE table_schema = 'sandbox_load'")
                    .empty();
      };
      sandbox::wait_until(has_table, patience, "the table on b");
      servers.say("b", "STOP", "SQL_THREAD");
      more_writes(writer);
      sandbox::wait_until([&] { return servers.rows("c") > servers.rows("b"); }, patience,
                          "c to execute more than b");
      const auto is_ahead = [&] {
        const auto status = servers["c"].replication_status();
        if (status->master != servers.library.key("b")) return false;
        // MariaDB stops the IO thread; MySQL keeps it waiting.
        return !sandbox::is_mariadb(flavour) ||
               status->error.find("not in the master's binlog") != std::string::npos;
      };
      auto catches_up = std::async(std::launch::async, [&] {
        sandbox::wait_until(is_ahead, patience, "c to be ahead of its new master");
        servers.say("b", "START", "SQL_THREAD");
      });
      const auto report =
          servers.moves.refactoring.run("repoint", {servers.library.key("c"), servers.library.key("b")}, {});
      CHECK(report.outcome.leftovers.empty());
      catches_up.get();
      more_writes(writer);
      writer.stop();
      CHECK(servers.master("c") == servers.library.key("b"));
      check_rows(servers.all, {"a", "b", "c"});
    }
  }
}

TEST_CASE("errant transactions are shown", "[refactor]") {
  for (const auto flavour : system_test::available_of({Flavour::mariadb_10_11, Flavour::mysql_9_7})) {
    DYNAMIC_SECTION(sandbox::to_string(flavour)) {
      Servers servers("a > b > c", flavour);
      const auto live = topo::refactor::live_servers(servers.library.context());
      const auto errant = [&](const char* name) {
        return topo::refactor::errant_gtids(*live, servers.library.key(name));
      };
      sandbox::Writer writer(servers["a"]);
      for (int i = 0; i < 10; ++i) {
        CHECK_FALSE(errant("b"));
        CHECK_FALSE(errant("c"));
      }
      writer.stop();
      servers.all.wait_for_replication();
      servers["c"].execute("CREATE DATABASE errant");
      const auto found = errant("c");
      REQUIRE(found);
      CHECK(found->count == 1);
      CHECK_FALSE(errant("b"));
      CHECK_FALSE(errant("a"));  // it has no master
    }
  }
}

}  // namespace gtid_moves_test
