// Orchestrator itself: its health, its audit, its configuration, its help.
#include <fmt/format.h>

#include <charconv>

#include "common/catalogue.h"
#include "common/help.h"
#include "common/session.h"
#include "topo/base/error.h"
#include "topo/config/configuration.h"

namespace orchestrator {
namespace {

Reply health(Session& session, const Arguments&) {
  const auto& node = session.node();
  Health health;
  health.hostname = node.hostname;
  health.token = node.token;
  try {
    health.node =
        session.store().nodes().report_health(node.hostname, node.token, node.command, node.version);
    return Reply::with_details("Application node is healthy", std::move(health));
  } catch (const topo::Error& error) {
    health.error = error.what();
    auto reply = Reply::with_details(fmt::format("Application node is unhealthy: {}", error.what()),
                                     std::move(health));
    reply.failure = error.code();
    return reply;
  }
}

Reply lb_check(Session&, const Arguments&) {
  return Reply::bare(Text{"OK"});
}

Reply audit(Session& session, const Arguments& arguments) {
  const auto text = arguments.text(Parameter::page);
  unsigned page = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), page);
  constexpr unsigned last_page = 1'000'000;
  if (error != std::errc{} || end != text.data() + text.size() || page > last_page) page = 0;
  const auto page_size = static_cast<unsigned>(session.configuration().audit_page_size);
  return Reply::bare(session.store().audit().read(page, page_size));
}

Reply dump_config_reference(Session&, const Arguments&) {
  return Reply::bare(Text{topo::configuration_reference(true)});
}

Reply help(Session&, const Arguments& arguments) {
  return Reply::bare(Text{help_on(arguments.text(Parameter::subject))});
}

Operation continuous_op() {
  return {
      .name = "continuous",
      .group = Group::service,
      .summary = "Poll all known instances until stopped",
      .help =
          R"(Does what the server does in the background: polls, finds new instances, forgets those that are long gone.
Runs orchestrator-discovery.

  orchestrator -c continuous -verbose
)",
      .program = "orchestrator-discovery"};
}

Operation health_op() {
  return {.name = "health",
          .group = Group::service,
          .summary = "Whether this node works, and which node is the active one",
          .help = "Writes to the backend, so that OK means that the backend works.\n",
          .on_command_line = false,
          .routes = {"/api/health"},
          .handler = health};
}

Operation lb_check_op() {
  return {.name = "lb-check",
          .group = Group::service,
          .summary = "Answer a load balancer that asks whether this process is there",
          .help = "Always \"OK\"; the backend is not asked.\n",
          .on_command_line = false,
          .routes = {"/api/lb-check"},
          .handler = lb_check};
}

Operation audit_op() {
  return {.name = "audit",
          .group = Group::service,
          .parameters = {{Parameter::page, Need::optional}},
          .summary = "List what was done, the latest first",
          .help = "AuditPageSize entries a page; page 0 is the latest.\n",
          .on_command_line = false,
          .routes = {"/api/audit", "/api/audit/:page"},
          .cacheable = true,
          .handler = audit};
}

Operation dump_config_reference_op() {
  return {.name = "dump-config-reference",
          .group = Group::service,
          .summary = "Print every configuration key with its default and meaning",
          .help = R"(The output is a configuration file.

  orchestrator -c dump-config-reference > orchestrator.conf.json
)",
          .handler = dump_config_reference,
          .standalone = true};
}

Operation help_op() {
  return {.name = "help",
          .group = Group::service,
          .parameters = {{Parameter::subject, Need::optional}},
          .summary = "Explain the command line, or a command",
          .help = R"(`reference` for a command prints all commands and API routes as Markdown.

  orchestrator help
  orchestrator help topology
  orchestrator -c topology -help
  orchestrator help reference
)",
          .handler = help,
          .standalone = true};
}

}  // namespace

Catalogue service_operations() {
  return {continuous_op(), health_op(), lb_check_op(), audit_op(), dump_config_reference_op(), help_op()};
}

}  // namespace orchestrator
