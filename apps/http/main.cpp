// orchestrator-http: the API, the web pages and, unless disabled, the continuous discovery.
#include <fmt/ranges.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <thread>
#include <utility>

#include "common/background.h"
#include "common/session.h"
#include "common/signals.h"
#include "common/startup.h"
#include "http/api.h"
#include "http/change_watch.h"
#include "http/event_hub.h"
#include "http/server.h"
#include "topo/base/error.h"
#include "topo/config/tls_files.h"

namespace orchestrator {
namespace {

// Also checks files that need a restart: an error in them must be found now, not at the next start.
topo::LoadedConfiguration examine_for_server(Program& program) {
  auto loaded = examine_again(program);
  std::ranges::move(topo::unusable_http_tls_files(loaded.configuration), std::back_inserter(loaded.errors));
  return loaded;
}

Server make_server(Handle handle, const topo::Configuration& configuration,
                   const std::shared_ptr<spdlog::logger>& log) {
  if (!configuration.use_ssl) return {std::move(handle), log};
  if (const auto unusable = topo::unusable_http_tls_files(configuration); !unusable.empty())
    throw topo::Error(topo::Code::invalid_argument, fmt::format("{}", fmt::join(unusable, "; ")));
  return {std::move(handle),
          log,
          {configuration.ssl_cert_file, configuration.ssl_private_key_file,
           configuration.use_mutual_tls ? configuration.ssl_ca_file : ""}};
}

void limit_clients(Server& server, const topo::Configuration& configuration) {
  server.limit_clients(configuration.http_connections_per_address_percent,
                       AddressRanges(configuration.auth_proxy_addresses));
}

int serve(Program& program) {
  if (handle_help_or_version(program.flags)) return 0;
  warn_of_ignored_words(program);
  program.log->info("starting");
  const Signals signals;
  prepare_server_process();
  Session session(load_configuration(program), program.log, Session::Opening::explicitly);
  session.set_role("http");
  const auto& configuration = session.configuration();
  EventHub events;
  session.watch_operations([&events](const topo::refactor::Progress& progress) {
    events.publish("operation", render_json(progress));
  });
  Api api(session, WebFiles(WebFiles::folder_beside(executable_folder()), configuration.url_prefix), events);
  Server server =
      make_server([&api](const Request& request) { return api.handle(request); }, configuration, program.log);
  limit_clients(server, configuration);
  session.set_reload_handlers([&program] { return examine_for_server(program); },
                              [&](const topo::Configuration& next) -> std::function<void()> {
                                return [&, next, publish = api.prepare(next)] {
                                  publish();
                                  limit_clients(server, next);
                                };
                              });
  const auto address = parse_listen_address(configuration.listen_address);
  const auto port = server.bind(address);
  program.log->info(
      fmt::format("Listening on {}{}{}", ListenAddress{address.host, port, address.socket}.display(),
                  configuration.use_ssl ? " with TLS" : "",
                  configuration.url_prefix.empty() ? "" : ", below " + configuration.url_prefix));

  bool listening_failed = false;  // read after the thread has ended
  std::jthread listener([&] {
    listening_failed = !server.serve();
    if (listening_failed) Signals::raise_stop();
  });
  // However this function ends, requests end before the objects that they use.
  const auto end = [&] {
    events.close();
    api.close();
    server.stop();
  };
  const std::unique_ptr<const decltype(end), void (*)(const decltype(end)*)> end_guard(
      &end, [](const auto* ending) { (*ending)(); });

  ChangeWatch changes(session, events);
  changes.start();

  // Until the backend is open, requests get an error that says so.
  run_until_stopped(session, signals, program.flags.discovery, {program.open_files, Server::max_connections});
  program.log->info("Stopping");
  end();
  listener.join();
  session.stop_discovery();
  if (listening_failed) program.log->critical(fmt::format("Cannot go on listening on {}", address.display()));
  return listening_failed ? 1 : 0;
}

}  // namespace
}  // namespace orchestrator

int main(int argc, char** argv) {
  return orchestrator::run_program(argc, argv, orchestrator::serve);
}
