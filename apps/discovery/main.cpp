// orchestrator-discovery: the continuous discovery, without a server.
#include <spdlog/logger.h>

#include "common/background.h"
#include "common/help.h"
#include "common/session.h"
#include "common/signals.h"
#include "common/startup.h"
#include "common/version.h"

namespace orchestrator {
namespace {

// As the command line passes them on: `orchestrator -c continuous cli`.
void check_words(const Flags& flags) {
  for (const auto& word : flags.words) {
    if (word != "cli") throw UsageError("Unexpected word \"" + word + "\"; expected flags");
  }
  if (!flags.command.empty() && flags.command != "continuous") {
    throw UsageError("Unexpected command \"" + flags.command + "\"; this program only discovers");
  }
}

int discover_until_stopped(Program& program) {
  check_words(program.flags);
  if (program.flags.help || program.flags.version) {
    print(program.flags.help ? general_help() : std::string(version()) + "\n");
    return 0;
  }
  const StopSignals signals;
  prepare_server_process();
  Session session(load_configuration(program), program.log, Session::Opening::explicitly);
  session.set_role("continuous");
  if (!start_background(session, signals, true)) return 0;
  signals.wait();
  program.log->info("Stopping");
  session.stop_discovery();
  return 0;
}

}  // namespace
}  // namespace orchestrator

int main(int argc, char** argv) {
  return orchestrator::run_program(argc, argv, orchestrator::discover_until_stopped);
}
