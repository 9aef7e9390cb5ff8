// Maintenance: locks that users take on instances, as operations do; and what they tell of instances.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <charconv>

#include "common/audited_lock.h"
#include "common/catalogue.h"
#include "common/locate.h"
#include "common/session.h"
#include "topo/audit.h"
#include "topo/base/error.h"
#include "topo/base/one_line.h"
#include "topo/maintenance.h"

namespace orchestrator {
namespace {

using topo::Code;
using topo::Error;

[[noreturn]] void not_a_duration(std::string_view text) {
  throw Error(
      Code::invalid_argument,
      fmt::format("\"{}\" is not a duration: expected a number and a unit, such as 90s, 15m, 2h, 1d or 1w",
                  text));
}

// The configured duration when `text` is empty; a duration of zero also means the configured one.
std::chrono::seconds duration_of(Session& session, std::string_view text) {
  using namespace std::chrono;
  const seconds configured = session.configuration().maintenance_expire;
  if (text.empty()) return configured;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() - 1) not_a_duration(text);
  seconds unit{};
  switch (text.back()) {
    case 's': unit = seconds(1); break;
    case 'm': unit = minutes(1); break;
    case 'h': unit = hours(1); break;
    case 'd': unit = days(1); break;
    case 'w': unit = weeks(1); break;
    default: not_a_duration(text);
  }
  constexpr seconds longest = days(3660);
  const auto duration = number * unit;
  if (duration > longest) not_a_duration(text);
  return number == 0 ? configured : duration;
}

void audit(Session& session, std::string_view type, const topo::InstanceKey& key, std::string_view message) {
  (void)topo::write_audit(session.context(), type, key, message);
}

Reply begin_maintenance(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  const auto owner = arguments.has(Parameter::owner) ? std::string(arguments.text(Parameter::owner))
                                                     : session.default_owner();
  const auto reason = std::string(arguments.text(Parameter::reason));
  const std::vector<topo::MaintenanceRequest> requests{{key, reason}};
  const auto id = topo::begin_maintenance(session.context(), requests, owner,
                                          duration_of(session, arguments.text(Parameter::duration)))
                      .front();
  audit(session, "begin-maintenance", key, audit_message_of_lock(id, owner, reason));
  if (!session.store().instances().read(key))
    session.log().warn(fmt::format("{} is unknown; the lock applies once it is discovered", key.display()));
  auto reply = Reply::with_details(fmt::format("Maintenance begun: {}", key.display()), id);
  reply.printed = key.display();
  return reply;
}

Reply end_maintenance(Session& session, const Arguments& arguments) {
  const auto key = find_key_to_change(session, arguments.instance());
  topo::refactor::require_not_under_way(session.store(), key);
  if (!session.store().maintenance().end(key))
    throw Error(Code::not_found, fmt::format("Instance is not in maintenance mode: {}", key.display()));
  audit(session, "end-maintenance", key, "");
  return Reply::with_message(fmt::format("Maintenance ended: {}", key.display()), key);
}

Reply end_maintenance_by_key(Session& session, const Arguments& arguments) {
  const auto text = arguments.text(Parameter::maintenance);
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size())
    throw Error(Code::invalid_argument,
                fmt::format("\"{}\" is not a maintenance key: expected a number", text));
  topo::InstanceKey key;
  for (const auto& held : session.store().maintenance().active()) {
    if (held.id != id) continue;
    topo::refactor::require_not_under_way(held);
    key = held.key;
  }
  if (!session.store().maintenance().end(id))
    throw Error(Code::not_found, fmt::format("There is no active maintenance {}", id));
  audit(session, "end-maintenance", key, fmt::format("maintenanceToken: {}", id));
  return Reply::with_message(fmt::format("Maintenance ended: {}", id));
}

Reply in_maintenance(Session& session, const Arguments& arguments) {
  const auto key = find_key(session, arguments.instance());
  const auto held = session.store().maintenance().of(key);
  if (!held) return Reply::bare({});
  auto reply = Reply::bare(key);
  reply.printed = fmt::format("{}\t{}\t{}\t{}", key.display(), topo::one_line(held->owner), held->begin,
                              topo::one_line(held->reason));
  return reply;
}

Reply maintenance(Session& session, const Arguments&) {
  return Reply::bare(session.store().maintenance().active());
}

topo::PromotionRule promotion_rule_of(std::string_view text) {
  if (text.empty()) return topo::PromotionRule::prefer;
  if (const auto rule = topo::parse_promotion_rule(text)) return *rule;
  throw Error(
      Code::invalid_argument,
      fmt::format("\"{}\" is not a promotion rule{}: expected prefer, neutral, prefer_not or must_not", text,
                  text == "must" ? " that can be registered" : ""));
}

Reply register_candidate(Session& session, const Arguments& arguments) {
  const auto rule = promotion_rule_of(arguments.text(Parameter::promotion_rule));
  const auto key = find_key_to_change(session, arguments.instance());
  session.store().instances().register_candidate(key, rule);
  audit(session, "register-candidate", key, fmt::format("promotion rule: {}", topo::to_string(rule)));
  if (!session.store().instances().read(key))
    session.log().warn(fmt::format("{} is unknown; the rule applies once it is discovered", key.display()));
  auto reply = Reply::with_details("Registered candidate", key);
  reply.printed = key.display();
  return reply;
}

Operation register_candidate_op() {
  return {
      .name = "register-candidate",
      .group = Group::maintenance,
      .access = Access::write,
      .parameters = {{Parameter::instance, Need::implicit}, {Parameter::promotion_rule, Need::optional}},
      .summary = "Tell whether an instance should become a master",
      .help =
          R"(The rule counts when the successor of a dead or living master is chosen: prefer is better than neutral, and that
than prefer_not. It decides between replicas that can serve as many of the others, and does not cost any data: a
preferred replica that is behind first gets what it lacks from another one. An instance with must_not never becomes a
master, even if it is named. A rule other than must_not ends after CandidateInstanceExpireMinutes; neutral ends any.

  orchestrator -c register-candidate -i db2.example.com -promotion-rule prefer
  orchestrator -c register-candidate -i db3.example.com -promotion-rule must_not
)",
      .routes = {"/api/register-candidate/:host/:port/:promotionRule"},
      .handler = register_candidate};
}

Operation begin_maintenance_op() {
  return {
      .name = "begin-maintenance",
      .group = Group::maintenance,
      .access = Access::write,
      .parameters = {{Parameter::instance, Need::implicit},
                     {Parameter::reason, Need::optional},
                     {Parameter::owner, Need::optional},
                     {Parameter::duration, Need::optional}},
      .summary = "Lock an instance, so that it is not moved",
      .help =
          R"(Operations lock the instances that they change, and skip instances that are locked, whoever owns the lock.
Starting and stopping replication, skip-query and set-writeable remain possible during maintenance. The lock ends by
end-maintenance, or by itself after -duration (by default MaintenanceExpireMinutes).

Without -owner the owner is MaintenanceOwner or, if that is not configured, the current user.

  orchestrator -c begin-maintenance -i db2.example.com
  orchestrator -c begin-maintenance -i db2.example.com -reason "new disks" -duration 2h
)",
      .routes = {"/api/begin-maintenance/:host/:port/:owner/:reason?duration=:duration"},
      .handler = begin_maintenance};
}

Operation end_maintenance_op() {
  return {
      .name = "end-maintenance",
      .group = Group::maintenance,
      .access = Access::write,
      .parameters = {{Parameter::instance, Need::implicit}},
      .summary = "End the lock on an instance",
      .help = R"(Ends the lock of any owner. End only your own locks: operations release theirs themselves.

  orchestrator -c end-maintenance -i db2.example.com
)",
      .routes = {"/api/end-maintenance/:host/:port"},
      .handler = end_maintenance};
}

Operation end_maintenance_by_key_op() {
  return {
      .name = "end-maintenance-key",
      .group = Group::maintenance,
      .access = Access::write,
      .parameters = {{Parameter::maintenance}},
      .summary = "End the lock with that key",
      .help =
          R"(The key is the number of the lock: maintenance lists it, and the route begin-maintenance returns it in Details.
On the command line, end-maintenance ends the lock of an instance.
)",
      .on_command_line = false,
      .routes = {"/api/end-maintenance/:maintenanceKey"},
      .handler = end_maintenance_by_key};
}

Operation in_maintenance_op() {
  return {
      .name = "in-maintenance",
      .group = Group::maintenance,
      .parameters = {{Parameter::instance, Need::implicit}},
      .summary = "Show whether an instance is locked",
      .help =
          R"(Prints instance, owner, since when and why, with tabs in between; nothing for one that is not locked.

  orchestrator -c in-maintenance -i db2.example.com
)",
      .routes = {"/api/in-maintenance/:host/:port"},
      .handler = in_maintenance};
}

Operation maintenance_op() {
  return {.name = "maintenance",
          .group = Group::maintenance,
          .summary = "List the locks on instances",
          .help = R"(Includes the locks of running operations.

  orchestrator -c maintenance
)",
          .routes = {"/api/maintenance"},
          .returns = returns_bare<MaintenanceList>(),
          .handler = maintenance};
}

}  // namespace

Catalogue maintenance_operations() {
  return {begin_maintenance_op(), end_maintenance_op(), end_maintenance_by_key_op(),
          in_maintenance_op(),    maintenance_op(),     register_candidate_op()};
}

}  // namespace orchestrator
