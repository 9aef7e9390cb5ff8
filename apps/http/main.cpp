// orchestrator-http: the API, the web pages and, unless told otherwise, the continuous discovery.
#include <spdlog/logger.h>

#include <memory>
#include <thread>

#include "common/background.h"
#include "common/session.h"
#include "common/signals.h"
#include "common/startup.h"
#include "http/server.h"

namespace orchestrator {
namespace {

int serve(Program& program) {
  if (describes_itself(program.flags, "http", "")) return 0;
  const StopSignals signals;
  prepare_server_process();
  Session session(load_configuration(program), program.log, Session::Opening::explicitly);
  session.set_role("http");
  Api api(session, AccessPolicy(session.configuration()),
          WebFiles(WebFiles::folder_beside(executable_folder())));
  Server server([&api](const Request& request) { return api.handle(request); }, program.log);
  const auto address = parse_listen_address(session.configuration().listen_address);
  const auto port = server.bind(address);
  program.log->info("Listening on {}", ListenAddress{address.host, port}.display());

  bool listening_failed = false;  // read when the thread has ended
  std::jthread listener([&] {
    listening_failed = !server.serve();
    if (listening_failed) StopSignals::raise_stop();
  });
  // Whatever ends this function, the requests end before what they work with.
  const std::unique_ptr<Server, void (*)(Server*)> stop_guard(&server,
                                                              [](Server* running) { running->stop(); });

  // Until the backend is there, requests are answered that it is not.
  if (start_background(session, signals, program.flags.discovery)) signals.wait();
  program.log->info("Stopping");
  server.stop();
  listener.join();
  session.stop_discovery();
  if (listening_failed) program.log->critical("Cannot go on listening on {}", address.display());
  return listening_failed ? 1 : 0;
}

}  // namespace
}  // namespace orchestrator

int main(int argc, char** argv) {
  return orchestrator::run_program(argc, argv, orchestrator::serve);
}
