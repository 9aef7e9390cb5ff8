#include "common/startup.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <clocale>

#include "sandbox/rogue/server.h"
#include "topo/context.h"
#include "topo/inspect/inspector.h"
#include "unit/config/temporary_folder.h"

namespace {

std::vector<std::string> environment() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) variables.emplace_back(*variable);
  return variables;
}

}  // namespace

// Hooks inherit the environment: one that uses HTTPS must find its certificate authorities.
TEST_CASE("Startup and TLS connections leave environment and locale unchanged", "[startup]") {
  const auto before = environment();
  const std::string locale = std::setlocale(LC_ALL, nullptr);
  const rogue::Server server({.mode = "tls"});
  const TemporaryFolder folder;
  orchestrator::Program program;
  program.flags.config = folder.write("orchestrator.conf.json", R"({"MySQLTopologyUser": "u"})");
  program.log = std::make_shared<spdlog::logger>("silent", std::make_shared<spdlog::sinks::null_sink_mt>());
  auto configuration = orchestrator::load_configuration(program);
  configuration.sqlite3_data_file = folder.path() / "backend.sqlite3";
  topo::Context context(configuration);
  CHECK(context.inspector().read({server.address(), server.port()}).version == "10.11.6-MariaDB-log");
  CHECK(environment() == before);
  CHECK(std::setlocale(LC_ALL, nullptr) == locale);
}
