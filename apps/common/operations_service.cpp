// Orchestrator itself: health, audit, help.
#include <fmt/format.h>
#include <spdlog/logger.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "common/catalogue.h"
#include "common/help.h"
#include "common/session.h"
#include "topo/base/error.h"
#include "topo/inspect/host_names.h"

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

// The status carries the whole answer: load balancers look at nothing else.
Reply leader_check(Session& session, const Arguments&) {
  const auto& node = session.node();
  // Nodes report their health less often than the active node renews its term.
  constexpr std::chrono::hours age{24};
  const auto nodes = session.store().nodes().seen_within(age, session.configuration().active_node_expire);
  const bool leads = std::ranges::any_of(nodes, [&](const topo::Node& one) {
    return one.is_active && one.hostname == node.hostname && one.token == node.token;
  });
  auto reply = Reply::bare(Text{leads ? "OK" : "Not leader"});
  if (!leads) reply.failure = topo::Code::not_found;
  return reply;
}

Reply nodes(Session& session, const Arguments&) {
  constexpr std::chrono::hours shown{1};
  return Reply::bare(session.store().nodes().seen_within(shown, session.configuration().active_node_expire));
}

Reply grab_election(Session& session, const Arguments&) {
  const auto& node = session.node();
  session.store().nodes().seize(node.hostname, node.token);
  session.log().info("This node was made the active node on request");
  return Reply::with_message("Node elected as leader");
}

// Aliases are read from the backend on every request: there is nothing to reload.
Reply reload_cluster_alias(Session& session, const Arguments&) {
  (void)session.store().clusters().infos();
  return Reply::with_message("Cluster alias cache reloaded");
}

Reply name_cache(Session& session, const Arguments&) {
  return Reply::with_details("Cache retrieved", session.context().names().snapshot());
}

Reply reset_name_cache(Session& session, const Arguments&) {
  session.context().names().clear();
  return Reply::with_message("Hostname cache cleared");
}

Reply list_audit(Session& session, const Arguments& arguments) {
  const auto text = arguments.text(Parameter::page);
  unsigned page = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), page);
  constexpr unsigned last_page = 1'000'000;
  if (error != std::errc{} || end != text.data() + text.size() || page > last_page) page = 0;
  const auto page_size = static_cast<unsigned>(session.configuration().audit_page_size);
  return Reply::bare(session.store().audit().read(page, page_size, arguments.text(Parameter::search)));
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
          .returns = returns_details<Health>(),
          .handler = health};
}

Operation lb_check_op() {
  return {.name = "lb-check",
          .group = Group::service,
          .summary = "Answer a load balancer that asks whether this process is there",
          .help = "Always \"OK\"; the backend is not asked.\n",
          .on_command_line = false,
          .routes = {"/api/lb-check"},
          .returns = returns_bare<Text>(),
          .handler = lb_check};
}

Operation leader_check_op() {
  return {.name = "leader-check",
          .group = Group::service,
          .summary = "Answer a load balancer that looks for the active node",
          .help = "\"OK\" with status 200 from the active node, 404 from others.\n",
          .on_command_line = false,
          .routes = {"/api/leader-check"},
          .returns = returns_bare<Text>(),
          .handler = leader_check};
}

Operation nodes_op() {
  return {.name = "nodes",
          .group = Group::service,
          .summary = "List the processes that share the backend, and which of them is active",
          .help =
              R"(Nodes seen within the last hour: host, role, version, time last seen.

  orchestrator -c nodes
)",
          .routes = {"/api/nodes"},
          .returns = returns_bare<NodeList>(),
          .handler = nodes};
}

Operation grab_election_op() {
  return {.name = "grab-election",
          .group = Group::service,
          .access = Access::write,
          .summary = "Make this node the active one",
          .help = "The currently active node stops polling within DiscoveryPollSeconds.\n",
          .on_command_line = false,
          .routes = {"/api/grab-election"},
          .handler = grab_election};
}

Operation reload_cluster_alias_op() {
  return {.name = "reload-cluster-alias",
          .group = Group::service,
          .access = Access::write,
          .summary = "Reload the aliases of clusters",
          .help = "For old clients: aliases are always read from the backend.\n",
          .on_command_line = false,
          .routes = {"/api/reload-cluster-alias"},
          .handler = reload_cluster_alias};
}

Operation name_cache_op() {
  return {.name = "hostname-resolve-cache",
          .group = Group::service,
          .summary = "List the host names that are kept resolved",
          .help = "The cache of this process, with the time of the next lookup of each name.\n",
          .on_command_line = false,
          .routes = {"/api/hostname-resolve-cache"},
          .handler = name_cache};
}

Operation reset_name_cache_op() {
  return {
      .name = "reset-hostname-resolve-cache",
      .group = Group::service,
      .access = Access::write,
      .summary = "Forget all resolved host names",
      .help =
          R"(Clears the cache of this process and the names stored in the backend, which other nodes and command lines share.

  orchestrator -c reset-hostname-resolve-cache
)",
      .routes = {"/api/reset-hostname-resolve-cache"},
      .handler = reset_name_cache};
}

Operation audit_op() {
  return {
      .name = "audit",
      .group = Group::service,
      .parameters = {{Parameter::page, Need::optional}, {Parameter::search, Need::optional}},
      .summary = "List what was done, the latest first",
      .help =
          "AuditPageSize entries a page; page 0 is the latest. With a text, of those that have it in type,\n"
          "instance or message.\n",
      .on_command_line = false,
      .routes = {"/api/audit?s=:searchString", "/api/audit/:page?s=:searchString"},
      .cacheable = true,
      .returns = returns_bare<AuditList>(),
      .handler = list_audit};
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
  return {continuous_op(),    health_op(),     lb_check_op(),         leader_check_op(),         nodes_op(),
          grab_election_op(), name_cache_op(), reset_name_cache_op(), reload_cluster_alias_op(), audit_op(),
          help_op()};
}

}  // namespace orchestrator
