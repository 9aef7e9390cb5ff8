// The known instances: discover, refresh and forget them.
#include <fmt/format.h>
#include <spdlog/logger.h>

#include <algorithm>

#include "common/catalogue.h"
#include "common/session.h"
#include "topo/base/error.h"
#include "topo/inspect/host_names.h"
#include "topo/mysql/reachability.h"

namespace orchestrator {
namespace {

using topo::Code;
using topo::Error;

topo::InstanceKey resolved(Session& session, const topo::InstanceKey& key) {
  auto resolution = session.context().names().resolve(key);
  if (resolution.problem) throw Error(Code::unreachable, *resolution.problem);
  return std::move(resolution.key);
}

Reply discover(Session& session, const Arguments& arguments) {
  auto report = session.discovery().discover(arguments.instance());
  std::string reason = fmt::format("{} could not be read", report.start.display());
  std::erase_if(report.unread, [&](auto& one) {
    if (one.key != report.start) return false;
    reason = std::move(one.reason);
    return true;
  });
  report.log_unread(session.log());
  if (!report.start_found()) throw Error(Code::unreachable, reason);
  return Reply::with_message(fmt::format("Instance discovered: {}", report.start.display()), report.start);
}

Reply start_discovery(Session& session, const Arguments& arguments) {
  auto key = resolved(session, arguments.instance());
  session.discovery().submit(key);
  return Reply::with_message(fmt::format("Instance submitted for discovery: {}", key.display()), key);
}

Reply refresh(Session& session, const Arguments& arguments) {
  auto key = session.discovery().refresh(resolved(session, arguments.instance())).instance.key;
  return Reply::with_message(fmt::format("Instance refreshed: {}", key.display()), key);
}

// The name is not resolved: an instance to forget may no longer resolve, or may resolve to another address.
Reply forget(Session& session, const Arguments& arguments) {
  const auto& key = arguments.instance();
  if (!session.discovery().forget(key))
    throw Error(Code::not_found, fmt::format("Instance not found: {}", key.display()));
  return Reply::with_message(fmt::format("Instance forgotten: {}", key.display()), key);
}

NameList texts_of(const std::vector<topo::UnusableRow>& rows) {
  NameList texts;
  for (const auto& row : rows) texts.push_back(row.text());
  return texts;
}

Reply invalid_instances(Session& session, const Arguments&) {
  return Reply::bare(texts_of(session.store().instances().unusable()));
}

Reply forget_invalid_instances(Session& session, const Arguments&) {
  auto forgotten = texts_of(session.store().instances().forget_unusable());
  const auto message = fmt::format("Invalid instances forgotten: {}", forgotten.size());
  return Reply::with_details(message, std::move(forgotten));
}

Reply resolve(Session& session, const Arguments& arguments) {
  auto key = resolved(session, arguments.instance());
  try {
    topo::mysql::check_reachable(key, session.configuration().mysql_connect_timeout);
  } catch (const Error& error) {
    auto reply =
        Reply::with_details(fmt::format("Resolved to {}, but: {}", key.display(), error.what()), key);
    reply.failure = error.code();
    session.log().error(error.what());
    return reply;
  }
  return Reply::with_details("Instance resolved", std::move(key));
}

// Requires write access: connecting to an address that the client names reveals what listens there.
Reply resolve_name(Session& session, const Arguments& arguments) {
  return Reply::with_details("Instance resolved", resolved(session, arguments.instance()));
}

using MenuEntry = topo::refactor::MenuEntry;

constexpr auto on_every_instance = [](const topo::KnownInstance&) { return true; };

// Each request waits for servers or for a name service in a thread of its own.
constexpr std::size_t max_waiting_requests = 32;

Operation discover_op() {
  return {
      .name = "discover",
      .group = Group::management,
      .access = Access::write,
      .parameters = {{Parameter::instance, Need::implicit}},
      .summary = "Discover a topology, from one of its instances",
      .help =
          R"(Reads the instance, its masters, its replicas and so on, until the whole topology is known, and waits for that.
Over the API it does not wait. Instances that cannot be reached are logged; when the one that was named
cannot, the command fails.

  orchestrator -c discover -i db1.example.com:3306
  orchestrator -c discover
      without -i: this host
)",
      .routes = {"/api/discover/:host/:port"},
      .handler = discover,
      .start_handler = start_discovery,
      .max_at_once = max_waiting_requests};
}

Operation refresh_op() {
  return {.name = "refresh",
          .group = Group::management,
          .access = Access::write,
          .parameters = {{Parameter::instance, Need::implicit}},
          .summary = "Refresh an instance now",
          .help = R"(Reads this one instance and stores what it says.

  orchestrator -c refresh -i db2.example.com
)",
          .menu = MenuEntry{.section = MenuEntry::Section::discovery,
                            .label = "Refresh",
                            .explanation = "Reads the instance now, and stores what it reports.",
                            .suits = on_every_instance,
                            .danger = topo::refactor::Danger::none,
                            .has_plan = false},
          .routes = {"/api/refresh/:host/:port"},
          .handler = refresh,
          .max_at_once = max_waiting_requests};
}

Operation forget_op() {
  return {
      .name = "forget",
      .group = Group::management,
      .access = Access::write,
      .parameters = {{Parameter::instance, Need::implicit}},
      .summary = "Forget an instance",
      .help =
          R"(The host name is taken as it is and not resolved; an instance that is not known is an error. One that is alive and replicates with
known ones is soon found again.

  orchestrator -c forget -i retired.example.com:3306
)",
      .menu =
          MenuEntry{.section = MenuEntry::Section::discovery,
                    .label = "Forget",
                    .explanation = "Removes the instance from the backend; no server is changed. An instance "
                                   "that is still part of a topology is found again.",
                    .suits = on_every_instance,
                    .has_plan = false},
      .routes = {"/api/forget/:host/:port"},
      .handler = forget};
}

Operation invalid_instances_op() {
  return {
      .name = "invalid-instances",
      .group = Group::management,
      .summary = "List rows of the backend whose host is not a host name",
      .help =
          R"(Such rows may stem from a version that stored unchecked host names reported by servers. They are shown nowhere else,
are never polled, and `forget-invalid-instances` removes them.

  orchestrator -c invalid-instances
)",
      .routes = {"/api/invalid-instances"},
      .returns = returns_bare<NameList>(),
      .handler = invalid_instances};
}

Operation forget_invalid_instances_op() {
  return {.name = "forget-invalid-instances",
          .group = Group::management,
          .access = Access::write,
          .summary = "Remove rows of the backend whose host is not a host name",
          .help = R"(Prints what was removed: what `invalid-instances` listed.

  orchestrator -c forget-invalid-instances
)",
          .routes = {"/api/forget-invalid-instances"},
          .handler = forget_invalid_instances};
}

Operation resolve_op() {
  return {
      .name = "resolve",
      .group = Group::management,
      .parameters = {{Parameter::instance}},
      .summary = "Resolve a host name and try to connect to it",
      .help =
          R"(Prints the resolved host:port and opens a TCP connection to it. Without one the command fails, with the name
printed all the same. Over HTTP, users who may change nothing get the name without a connection.

  orchestrator -c resolve -i db-alias.example.com
)",
      .routes = {"/api/resolve/:host/:port"},
      .returns = returns_details<topo::InstanceKey>(),
      .handler = resolve,
      .reader_handler = resolve_name,
      .max_at_once = max_waiting_requests};
}

}  // namespace

Catalogue management_operations() {
  return {discover_op(), refresh_op(), forget_op(), invalid_instances_op(), forget_invalid_instances_op(),
          resolve_op()};
}

}  // namespace orchestrator
