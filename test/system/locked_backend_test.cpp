// A MySQL backend that answers, but hangs for statements that need locked tables or rows.
#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "sandbox/wait.h"
#include "system/support/program_fixture.h"
#include "system/support/refactoring_fixture.h"

namespace {

using namespace std::chrono_literals;
using sandbox::Flavour;
using sandbox::patience;
using system_test::http_get;
using Clock = std::chrono::steady_clock;

// orchestrator-http with a schema of `store` as its backend; it knows three instances and polls them.
struct Served {
  explicit Served(Flavour flavour)
      : servers("store", system_test::options_of(flavour)),
        programs("a > b, a > c", {}, made_schema()),
        program(server_of(programs), programs.folder) {
    sandbox::wait_until(
        [&] { return get("/api/clusters-info").body.find("\"CountInstances\":3") != std::string::npos; },
        patience, "the cluster");
    sandbox::wait_until([&] { return is_stored(); }, patience, "the backend");
  }

  static std::vector<std::string> server_of(const system_test::ProgramFixture& programs) {
    CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
    return {system_test::built("orchestrator-http")};
  }
  std::string made_schema() {
    store.execute("CREATE DATABASE orchestrator");
    return fmt::format(R"("MySQLOrchestratorHost": "{}", "MySQLOrchestratorPort": {},
                          "MySQLOrchestratorDatabase": "orchestrator", "MySQLOrchestratorUser": "root")",
                       store.host(), store.port());
  }
  system_test::HttpAnswer get(const std::string& target) const { return http_get(programs.port(), target); }
  bool is_stored() const {
    return get("/api/health").status == 200 && get("/api/audit").status == 200 &&
           get("/metrics").body.find("\norchestrator_backend_up 1\n") != std::string::npos;
  }

  sandbox::Topology servers;
  sandbox::Server& store = servers.server("store");
  system_test::ProgramFixture programs;
  system_test::Program program;
};

// Checks that each target answers with `status` in less than `longest`.
void check_that_all_answer(const Served& served, const std::vector<std::string>& targets, int status,
                           std::chrono::milliseconds longest) {
  for (const auto& target : targets) {
    CAPTURE(target);
    const auto began = Clock::now();
    const auto answer = served.get(target);
    INFO(answer.body);
    CHECK(answer.status == status);
    CHECK(Clock::now() - began < longest);
  }
}

}  // namespace

TEST_CASE("Locked tables of the backend block no request", "[program][backend]") {
  for (const auto flavour : system_test::available_of({Flavour::mysql_9_7, Flavour::mariadb_10_11})) {
    DYNAMIC_SECTION("backend " << sandbox::to_string(flavour)) {
      Served served(flavour);
      const auto c = served.programs.path("c");
      const std::vector<std::string> told{"/api/clusters",
                                          "/api/cluster/" + served.programs.key("a"),
                                          "/api/instance/" + c,
                                          "/api/problems",
                                          "/api/maintenance",
                                          "/api/clusters-info",
                                          "/api/replication-analysis",
                                          "/metrics"};
      const std::vector<std::string> refused{"/api/health", "/api/begin-maintenance/" + c + "/ann/x",
                                             "/api/set-writeable/" + served.programs.path("a"),
                                             "/api/move-up/" + c, "/api/forget/" + c};
      auto holder = served.store.connect();
      holder.query("USE orchestrator");
      for (const std::string lock : {"LOCK TABLES database_instance WRITE",
                                     "LOCK TABLES database_instance_maintenance WRITE, audit WRITE",
                                     "LOCK TABLES node_health READ", "FLUSH TABLES WITH READ LOCK"}) {
        CAPTURE(lock);
        holder.query(lock);
        const auto noticed = [&] {
          return served.get("/api/health").status == 503 &&
                 served.get("/metrics").body.find("\norchestrator_backend_up 0\n") != std::string::npos;
        };
        // The first request that meets the lock waits until the backend counts as unavailable.
        check_that_all_answer(served, told, 200, 3500ms);
        check_that_all_answer(served, {refused[0]}, 503, 3500ms);
        sandbox::wait_until(noticed, 4s, "the lock to be noticed");
        const auto until = Clock::now() + 4s;
        while (Clock::now() < until) {
          check_that_all_answer(served, told, 200, 1s);
          check_that_all_answer(served, refused, 503, 1s);
        }
        holder.query("UNLOCK TABLES");
        const auto unlocked_at = Clock::now();
        sandbox::wait_until([&] { return served.is_stored(); }, patience, "the backend");
        CHECK(Clock::now() - unlocked_at < 4s);
        CHECK(served.get("/api/begin-maintenance/" + c + "/ann/x").status == 200);
        CHECK(served.get("/api/end-maintenance/" + c).status == 200);
      }
      CHECK(served.store.query("SHOW GLOBAL STATUS LIKE 'Max_used_connections'")[0].number(1) < 40);
      served.store.kill9();
      check_that_all_answer(served, refused, 503, 3500ms);
    }
  }
}

TEST_CASE("Requests wait for short locks", "[program][backend]") {
  for (const auto flavour : system_test::available_of({Flavour::mysql_9_7, Flavour::mariadb_10_11})) {
    DYNAMIC_SECTION("backend " << sandbox::to_string(flavour)) {
      const Served served(flavour);
      auto holder = served.store.connect();
      holder.query("USE orchestrator");
      for (const std::string lock : {"LOCK TABLES database_instance WRITE", "FLUSH TABLES WITH READ LOCK"}) {
        CAPTURE(lock);
        for (const auto time : {50ms, 600ms, 1500ms}) {
          std::jthread release([&, time] {
            holder.query(lock);
            std::this_thread::sleep_for(time);
            holder.query("UNLOCK TABLES");
          });
          const auto until = Clock::now() + time + 500ms;
          // The audit is never read from memory: it is refused while the backend counts as unavailable.
          while (Clock::now() < until) CHECK(served.get("/api/audit").status == 200);
          CHECK(served.get("/api/health").status == 200);
        }
      }
      // A hanging node locks rows for longer; requests that do not need them are answered.
      holder.query("START TRANSACTION");
      holder.query("SELECT * FROM database_instance FOR UPDATE");
      // Requests that need the rows do not use up all connections.
      std::atomic<int> late = 0;
      std::vector<std::jthread> askers;
      for (int i = 0; i < 40; ++i) {
        askers.emplace_back([&] {
          const auto began = Clock::now();
          (void)served.get("/api/discover/" + served.programs.path("b"));
          if (Clock::now() - began > 10s) ++late;
        });
      }
      const auto until = Clock::now() + 4s;
      while (Clock::now() < until)
        check_that_all_answer(served, {"/api/audit", "/api/health", "/api/clusters-info"}, 200, 1s);
      askers.clear();
      CHECK(late == 0);
      holder.query("ROLLBACK");
    }
  }
}

TEST_CASE("Maintenance begins and ends while the audit is locked, and is audited later",
          "[program][backend]") {
  for (const auto flavour : system_test::available_of({Flavour::mysql_9_7, Flavour::mariadb_10_11})) {
    DYNAMIC_SECTION("backend " << sandbox::to_string(flavour)) {
      const Served served(flavour);
      const auto c = served.programs.path("c");
      auto holder = served.store.connect();
      holder.query("USE orchestrator");
      holder.query("START TRANSACTION");
      holder.query("SELECT COUNT(*) FROM audit FOR UPDATE");
      CHECK(served.get("/api/begin-maintenance/" + c + "/ann/x").status == 200);
      CHECK(served.get("/api/end-maintenance/" + c).status == 200);
      holder.query("ROLLBACK");
      sandbox::wait_until(
          [&] {
            const auto audit = served.get("/api/audit").body;
            return audit.find("begin-maintenance") != std::string::npos &&
                   audit.find("end-maintenance") != std::string::npos;
          },
          patience, "the entries");
    }
  }
}

TEST_CASE("An operation ends soon after the backend hangs in the middle", "[refactor][backend]") {
  for (const auto flavour : system_test::available_of({Flavour::mysql_9_7, Flavour::mariadb_10_11})) {
    DYNAMIC_SECTION("backend " << sandbox::to_string(flavour)) {
      sandbox::Topology backend("store", system_test::options_of(flavour));
      auto& store = backend.server("store");
      sandbox::Topology servers("a > b, a > c", system_test::options_of(flavour));
      system_test::RefactoringFixture moves(servers, system_test::configuration_for(servers, store));
      auto& library = moves.library;
      library.discover("a");
      Clock::time_point paused_at{};
      moves.refactoring.on_step([&](const std::string& step) {
        if (paused_at != Clock::time_point{} || step.find("start replication") == std::string::npos) return;
        store.pause();
        paused_at = Clock::now();
      });
      const auto report = moves.refactoring.run("move-below", {library.key("c"), library.key("b")}, {});
      REQUIRE(paused_at != Clock::time_point{});
      CHECK(Clock::now() - paused_at < 9s);
      CHECK(report.outcome.moved == std::vector{library.key("c")});
      CHECK_FALSE(report.audit_problem.empty());
      store.resume();
      sandbox::wait_until(
          [&] {
            return system_test::refusal([&] { (void)library.refresh("c"); }, topo::Code::backend).empty();
          },
          patience, "the backend");
      CHECK(library.refresh("c").instance.master_key() == library.key("b"));
      // Pending writes are stored now: no instance stays locked.
      auto& stored = library.context().store();
      sandbox::wait_until(
          [&] {
            return stored.maintenance().active().empty() && stored.operations().unended().empty() &&
                   stored.audit().read(0, 10, "move-below").size() == 1;
          },
          patience, "the end of the operation");
      CHECK(moves.refactoring.run("move-up", {library.key("c")}, {}).outcome.moved.size() == 1);
    }
  }
}
