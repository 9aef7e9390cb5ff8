// orchestrator-discovery: the continuous discovery, without a server.
#include <spdlog/logger.h>

#include "common/background.h"
#include "common/session.h"
#include "common/signals.h"
#include "common/startup.h"

namespace orchestrator {
namespace {

int discover_until_stopped(Program& program) {
  require_no_words(program.flags, "cli", "continuous");
  if (handle_help_or_version(program.flags)) return 0;
  program.log->info("starting");
  const Signals signals;
  prepare_server_process();
  Session session(load_configuration(program), program.log, Session::Opening::explicitly);
  session.set_role("continuous");
  session.set_reload_handlers([&program] { return examine_again(program); }, {});
  run_until_stopped(session, signals, true, {program.open_files, 0});
  program.log->info("Stopping");
  session.stop_discovery();
  return 0;
}

}  // namespace
}  // namespace orchestrator

int main(int argc, char** argv) {
  return orchestrator::run_program(argc, argv, orchestrator::discover_until_stopped);
}
