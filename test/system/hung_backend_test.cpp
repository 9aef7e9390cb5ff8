// A MySQL backend that hangs: polls continue, answers come from memory, and results are stored afterwards.
#include <fmt/format.h>
#include <signal.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "sandbox/installation.h"
#include "sandbox/temporary.h"
#include "sandbox/wait.h"
#include "store/gate.h"
#include "system/support/program_fixture.h"
#include "system/support/refactoring_fixture.h"

namespace {

using namespace std::chrono_literals;
using sandbox::Flavour;
using sandbox::patience;
using system_test::http_get;

std::uint64_t metric(const std::string& page, const std::string& name) {
  const auto at = page.find("\n" + name + " ");
  return at == std::string::npos ? 0 : std::stoull(page.substr(at + name.size() + 2));
}

struct Backend {
  explicit Backend(Flavour flavour) : servers("store", system_test::options_of(flavour)) {
    store.execute("CREATE DATABASE orchestrator");
  }
  sandbox::Topology servers;
  sandbox::Server& store = servers.server("store");
};

}  // namespace

TEST_CASE("The request that detects a hanging backend waits for two seconds", "[program][backend]") {
  for (const auto flavour : system_test::available_of({Flavour::mysql_9_7, Flavour::mariadb_10_11})) {
    DYNAMIC_SECTION("backend " << sandbox::to_string(flavour)) {
      Backend backend(flavour);
      auto& store = backend.store;
      const sandbox::TemporaryFolder folder;
      const sandbox::ReservedPort port{{"127.0.0.1"}};
      const auto file = folder.path() / "orchestrator.conf.json";
      std::ofstream(file) << fmt::format(
          R"({{"MySQLOrchestratorHost": "{}", "MySQLOrchestratorPort": {}, "MySQLOrchestratorUser": "root",
               "MySQLOrchestratorDatabase": "orchestrator", "ListenAddress": "127.0.0.1:{}"}})",
          store.host(), store.port(), port.port());
      std::filesystem::permissions(file, std::filesystem::perms(0600));
      const system_test::Program server({system_test::built("orchestrator-http"), "--discovery=false"},
                                        folder.path());
      const auto status = [&] { return http_get(port.port(), "/api/audit").status; };
      sandbox::wait_until([&] { return status() == 200; }, patience, "the server");
      store.pause();
      std::this_thread::sleep_for(50ms);  // for moments after an answer the backend counts as available
      const auto time_of_one = [&] {
        const auto began = std::chrono::steady_clock::now();
        CHECK(status() >= 500);
        return std::chrono::steady_clock::now() - began;
      };
      CHECK(time_of_one() < 3500ms);
      CHECK(time_of_one() < 1s);
      store.resume();
      sandbox::wait_until([&] { return status() == 200; }, patience, "the backend");
    }
  }
}

TEST_CASE("Polls, pages and metrics continue while the backend hangs", "[program][backend]") {
  for (const auto flavour : system_test::available_of({Flavour::mysql_9_7, Flavour::mariadb_10_11})) {
    DYNAMIC_SECTION("backend " << sandbox::to_string(flavour)) {
      Backend backend(flavour);
      auto& store = backend.store;
      system_test::ProgramFixture programs(
          "a > b, a > c", {},
          fmt::format(R"("MySQLOrchestratorHost": "{}", "MySQLOrchestratorPort": {},
                                         "MySQLOrchestratorDatabase": "orchestrator",
                                         "MySQLOrchestratorUser": "root", "ActiveNodeExpireSeconds": 5)",
                      store.host(), store.port()));
      CHECK(programs.orchestrator({"-c", "discover", "-i", programs.key("a")}).status == 0);
      system_test::Program server({system_test::built("orchestrator-http")}, programs.folder);
      const auto get = [&](const std::string& target) { return http_get(programs.port(), target); };
      const auto polls = [&] { return metric(get("/metrics").body, "orchestrator_polls_total"); };
      sandbox::wait_until([&] { return polls() > 6; }, patience, "polls");
      const auto cluster = "/api/cluster/" + programs.key("a");
      sandbox::wait_until(
          [&] { return get("/api/clusters-info").body.find("\"CountInstances\":3") != std::string::npos; },
          patience, "the cluster");

      store.pause();
      programs.servers.server("b").kill9();
      const auto before = polls();
      // Longer than a node stays active without the backend.
      sandbox::wait_until([&] { return polls() > before + 20; }, patience, "polls that go on");
      sandbox::wait_until(
          [&] {
            const auto instance = get("/api/instance/" + programs.path("b"));
            return instance.status == 200 &&
                   instance.body.find("\"IsLastCheckValid\":false") != std::string::npos;
          },
          patience, "b to be seen dead");
      CHECK(get("/metrics").body.find("\norchestrator_backend_up 0\n") != std::string::npos);
      const auto began = std::chrono::steady_clock::now();
      std::atomic<int> answered = 0;
      {
        std::vector<std::jthread> many;
        for (int i = 0; i < 100; ++i) {
          many.emplace_back([&] {
            for (const auto* target : {"/api/clusters-info", "/api/problems", "/api/maintenance",
                                       "/api/replication-analysis", "/metrics"})
              if (get(target).status == 200) ++answered;
          });
        }
      }
      CHECK(answered == 500);
      const auto all = get(cluster);
      const auto took = std::chrono::steady_clock::now() - began;
      CHECK(took < 15s);
      CHECK(all.status == 200);
      CHECK(all.body.find(fmt::format("\"Port\":{}", programs.servers.server("c").port())) !=
            std::string::npos);
      CHECK_FALSE(get("/api/problems").body == "[]");
      // Requests that need the backend are refused soon.
      const auto refused_at = std::chrono::steady_clock::now();
      CHECK(get("/api/begin-maintenance/" + programs.path("c") + "/ann/x").status >= 500);
      CHECK(std::chrono::steady_clock::now() - refused_at < 12s);

      // No request waits, not even for attempts to reach the backend.
      const auto slowest = [&](const std::string& target, auto is_expected) {
        std::chrono::steady_clock::duration longest{};
        const auto end = std::chrono::steady_clock::now() + 7s;
        while (std::chrono::steady_clock::now() < end) {
          const auto asked_at = std::chrono::steady_clock::now();
          CHECK(is_expected(get(target).status));
          longest = std::max(longest, std::chrono::steady_clock::now() - asked_at);
        }
        return longest;
      };
      CHECK(slowest("/api/clusters", [](int status) { return status == 200; }) < 1500ms);
      CHECK(slowest("/api/audit", [](int status) { return status >= 500; }) < 1500ms);

      store.resume();
      const auto resumed_at = std::chrono::steady_clock::now();
      sandbox::wait_until([&] { return get("/api/audit").status == 200; }, patience, "the backend");
      CHECK(std::chrono::steady_clock::now() - resumed_at < 4s);
      sandbox::wait_until(
          [&] {
            const auto rows = store.query(
                "SELECT COUNT(*) AS n FROM orchestrator.database_instance WHERE last_check_error <> ''");
            return rows[0].number("n") == 1;
          },
          patience, "what was seen to be stored");
      CHECK(store.query("SHOW GLOBAL STATUS LIKE 'Max_used_connections'")[0].number(1) < 40);
      CHECK(server.end(SIGTERM).status == 0);
    }
  }
}

TEST_CASE("The result of a move is stored as soon as a backend that hung at its end answers", "[backend]") {
  for (const auto flavour : system_test::available_of({Flavour::mysql_9_7, Flavour::mariadb_10_11})) {
    DYNAMIC_SECTION("backend " << sandbox::to_string(flavour)) {
      sandbox::Topology backend("store", system_test::options_of(flavour));
      auto& store = backend.server("store");
      sandbox::Topology servers("a > b > c", system_test::options_of(Flavour::mariadb_10_11));
      system_test::RefactoringFixture moves(servers, system_test::configuration_for(servers, store));
      auto& library = moves.library;
      library.discover("a");
      std::jthread awaken, first;
      moves.refactoring.on_step([&](const std::string& step) {
        if (step.find("start replication") == std::string::npos || awaken.joinable()) return;
        store.pause();
        awaken = std::jthread([&] {
          std::this_thread::sleep_for(7s);
          store.resume();
        });
        const auto is_refused = [&] {
          try {
            (void)library.context().store().operations().unended();
            return false;
          } catch (const topo::Error&) {
            return true;
          }
        };
        first = std::jthread([is_refused] { (void)is_refused(); });
        std::this_thread::sleep_for(topo::store::Gate::patience + 100ms);
        CHECK(is_refused());
      });
      const auto report = moves.refactoring.run("move-up", {library.key("c")}, {});
      REQUIRE(awaken.joinable());  // the backend did hang
      awaken.join();
      CHECK(report.outcome.failed.empty());
      CHECK(servers.server("c").replication_status()->master == library.key("a"));
      sandbox::wait_until(
          [&] {
            auto& stored = library.context().store();
            try {
              return stored.maintenance().active().empty() && stored.operations().unended().empty();
            } catch (const topo::Error&) {
              return false;
            }
          },
          patience, "the backend to have it");
    }
  }
}
