// A folder with a configuration, and the programs run there. No MySQL servers.
#pragma once

#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/ports.h"
#include "sandbox/temporary.h"
#include "sandbox/wait.h"
#include "system/support/program.h"

namespace system_test {

class ConfigurationFixture {
 public:
  explicit ConfigurationFixture(std::string_view settings) : port_({"127.0.0.1"}) { write(settings); }

  void write(std::string_view settings,
             std::filesystem::perms permissions = std::filesystem::perms(0600)) const {
    const auto file = folder_.path() / "orchestrator.conf.json";
    const auto backend =
        settings.find("\"SQLite3DataFile\"") != std::string_view::npos
            ? ""
            : fmt::format(R"(, "SQLite3DataFile": "{}")", (folder_.path() / "o.sqlite3").string());
    std::ofstream(file) << fmt::format(
        R"({{"ListenAddress": "127.0.0.1:{}", "HostnameResolveMethod": "none"{}{}{}}})", port_.port(),
        backend, settings.empty() ? "" : ", ", settings);
    std::filesystem::permissions(file, permissions);
  }
  [[nodiscard]] Outcome orchestrator(std::vector<std::string> words) const {
    words.insert(words.begin(), built("orchestrator"));
    return run(words, folder_.path());
  }
  // Runs a server until it answers, then ends it.
  [[nodiscard]] Outcome serve(std::vector<std::string> words,
                              const std::function<void(pid_t)>& meanwhile = {}) const {
    words.insert(words.begin(), built("orchestrator"));
    Program program(words, folder_.path());
    sandbox::wait_until([&] { return get("/api/clusters").status == 200; }, sandbox::patience, "the server");
    if (meanwhile) meanwhile(program.pid());
    return program.end(SIGTERM);
  }
  [[nodiscard]] HttpAnswer get(const std::string& target) const { return http_get(port_.port(), target); }
  [[nodiscard]] std::filesystem::path path() const { return folder_.path(); }

 private:
  sandbox::TemporaryFolder folder_;
  sandbox::ReservedPort port_;
};

}  // namespace system_test
