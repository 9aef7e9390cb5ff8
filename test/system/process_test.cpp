// The effects of signals and crashes on the programs.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iostream>

#include "sandbox/ports.h"
#include "sandbox/temporary.h"
#include "sandbox/wait.h"
#include "system/support/program.h"

namespace {

using namespace std::chrono_literals;
using sandbox::patience;
using system_test::built;
using system_test::http_get;

// A folder with a configuration that needs no MySQL server.
class SqliteFolder {
 public:
  SqliteFolder() {
    const auto file = folder_.path() / "orchestrator.conf.json";
    std::ofstream(file) << R"({"BackendDB": "sqlite3", "SQLite3DataFile": "known.sqlite3", "ListenAddress":
                               "127.0.0.1:)"
                        << port() << R"(", "MySQLTopologyPassword": "secret"})";
    std::filesystem::permissions(file, std::filesystem::perms(0600));
  }
  [[nodiscard]] std::uint16_t port() const { return port_.port(); }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  sandbox::TemporaryFolder folder_;
  sandbox::ReservedPort port_{{"127.0.0.1"}};
};

// Runs the command in `folder`, with core dumps allowed, and crashes it when `is_ready`. Returns whether a
// core was dumped.
template <typename Ready>
bool dumps_core(const std::vector<std::string>& words, const std::filesystem::path& folder, Ready is_ready) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t process = fork();
  if (process == 0) {
    const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_CORE, &unlimited);
    const bool there = chdir(folder.c_str()) == 0;
    if (there) execv(arguments[0], arguments.data());
    _exit(1);
  }
  sandbox::wait_until([&] { return is_ready(process); }, patience, words.front());
  kill(process, SIGSEGV);
  int status = 0;
  waitpid(process, &status, 0);
  return WCOREDUMP(status);
}

}  // namespace

TEST_CASE("Signals without a meaning for a server do not end it", "[program]") {
  const SqliteFolder home;
  system_test::Program server({built("orchestrator-http"), "--verbose"}, home.folder());
  sandbox::wait_until([&] { return http_get(home.port(), "/api/health").status == 200; }, patience,
                      "the server");
  for (const int signal : {SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGPOLL, SIGXFSZ, SIGPIPE}) {
    INFO(strsignal(signal));
    kill(server.pid(), signal);
    CHECK(http_get(home.port(), "/api/lb-check").status == 200);
  }
  const auto outcome = server.end(SIGTERM);
  CHECK(outcome.status == 0);
  CHECK(outcome.err.find("INFO starting") == outcome.err.rfind("INFO starting"));
}

TEST_CASE("No core, which would contain passwords, is dumped", "[program]") {
  const SqliteFolder home;
  const bool others_dump = dumps_core({"/bin/sleep", "100"}, home.folder(), [](pid_t process) {
    std::string name;
    std::ifstream("/proc/" + std::to_string(process) + "/comm") >> name;
    return name == "sleep";
  });
  if (!others_dump) std::cout << "SKIPPED: no program dumps core here, so that none can be seen not to\n";
  CHECK_FALSE(dumps_core({built("orchestrator-http")}, home.folder(),
                         [&](pid_t) { return http_get(home.port(), "/api/health").status == 200; }));
}
