// Masters that an operation replaces: whether one may be, and the record of it.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "store/late_writes.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/mysql/connection.h"
#include "topo/mysql/reachability.h"
#include "topo/refactor/refactoring.h"
#include "topo/store/store.h"

namespace topo::refactor {
namespace {

// A backend that fails is written to later.
void write_soon(Context& context, const std::string& what, const std::function<void()>& write) {
  try {
    write();
  } catch (const std::exception& error) {
    context.log().error(fmt::format("Not in the backend yet: {}: {}", what, error.what()));
    context.late_writes().add(what, write);
  }
}

// Why the server may have become the master in the place of another, as a predicate; "": it is a replica.
std::string why_perhaps_promoted(Store& store, const InstanceKey& server) {
  const auto known = store.instances().read(server);
  if (!known) return "is not known any more";
  if (!known->last_check_valid) return "cannot be read";
  return known->instance.is_replica() ? "" : "replicates no more";
}

}  // namespace

// What an operation makes writable is a master on purpose; what it makes a replica is no master.
void Refactoring::settle_former_masters(const OperationReport& report) const {
  std::set<InstanceKey> settled;
  const auto add_if = [&](const InstanceKey& key, auto is_settled) {
    for (const auto& instance : report.outcome.now)
      if (instance.key == key && is_settled(instance)) settled.insert(key);
  };
  const auto has_failed = [&](const InstanceKey& key) {
    return std::ranges::any_of(report.outcome.failed, [&](const auto& one) { return one.replica == key; }) ||
           std::ranges::any_of(report.outcome.leftovers, [&](const auto& one) { return one.key == key; });
  };
  for_each_step(report.plan, [&](const Step& step) {
    const auto* writes = std::get_if<SetReadOnly>(&step);
    if (writes != nullptr && !writes->read_only)
      add_if(writes->server, [](const Instance& now) { return !now.read_only; });
    const auto* change = std::get_if<ChangeMaster>(&step);
    // It may have been restarted, and take writes.
    if (change != nullptr && change->demotes && !has_failed(change->server))
      add_if(change->server, [](const Instance& now) { return now.is_replica(); });
  });
  for (const auto& key : settled) end_former_master(key);
}

void Refactoring::end_former_master(const InstanceKey& former) const {
  write_soon(context_, fmt::format("{} is no former master any more", former.display()),
             [&context = context_, former] { context.store().former_masters().end(former); });
}

void Refactoring::note_former_master(const InstanceKey& former, const InstanceKey& successor) const {
  write_soon(context_, fmt::format("{} took the place of {}", successor.display(), former.display()),
             [&context = context_, former, successor] {
               const auto known = context.store().instances().read(former);
               if (!known) return;
               auto& formers = context.store().former_masters();
               // A former master that was demoted is a replica already.
               if (known->last_check_valid && known->instance.is_replica()) {
                 if (known->instance.master_key() == successor) formers.pass_on(former, successor);
                 return;
               }
               formers.note({former, successor, known->instance.server_id, known->instance.server_uuid});
             });
}

void require_none_unfinished(Store& store, const InstanceKey& failed) {
  for (const auto& operation : store.operations().unended()) {
    const bool is_about_it =
        operation.subject == failed || std::ranges::any_of(operation.servers, [&](const auto& server) {
          return server.key == failed || server.master == failed;
        });
    if (!is_about_it || operation.is_under_way) continue;
    for (const auto& server : operation.servers) {
      if (server.key == failed) continue;
      const auto why = why_perhaps_promoted(store, server.key);
      if (why.empty()) continue;
      throw Error(Code::refused,
                  fmt::format("{} of {}, started {} UTC, was left in the middle, and {} {}: it may be the "
                              "master in the place of {} already. finish-unfinished -i {} goes on with it",
                              operation.title(), operation.subject.display(), operation.begin,
                              server.key.display(), why, failed.display(), server.key.display()));
    }
  }
}

std::string why_replaced(Store& store, const KnownInstance& failed) {
  constexpr std::chrono::hours for_ever{24 * 3650};
  const auto& key = failed.instance.key;
  const auto past = store.recoveries().last(key, failed.since_last_seen.value_or(for_ever));
  if (!past) return "";
  const auto successor = store.instances().read(past->successor);
  if (!successor || successor->instance.is_replica()) return "";
  return fmt::format("{} was recovered at {} UTC, and {} is the master in its place{}", key.display(),
                     past->begin, past->successor.display(),
                     successor->instance.read_only ? ", but read-only (set-writeable)" : "");
}

void require_not_replaced(Store& store, const KnownInstance& failed) {
  const auto reason = why_replaced(store, failed);
  if (reason.empty()) return;
  throw Error(Code::refused,
              fmt::format("{}; match-below moves a replica that is left below {} there, and make-master "
                          "-force makes it another master",
                          reason, failed.instance.key.display()));
}

void Refactoring::pass_alias(const std::string& former_cluster, const InstanceKey& master) const {
  const auto pass = [&context = context_, former_cluster, name = master.display()] {
    context.store().clusters().pass_alias(former_cluster, name);
  };
  try {
    pass();
  } catch (const std::exception& error) {
    context_.log().error(fmt::format("The alias of {} is not yet that of {}: {}", former_cluster,
                                     master.display(), error.what()));
    context_.late_writes().add("the alias of a cluster", pass);
  }
}

// Draining and catching up may have taken long, and the master may have been restarted meanwhile. One that
// accepts no connection at once is not waited for.
void Refactoring::require_still_dead(Servers& servers, const InstanceKey& dead_master) const {
  constexpr std::chrono::milliseconds connect_time{300};
  std::string answer = "it can be read again";
  try {
    mysql::check_reachable(dead_master, connect_time);
    (void)servers.read(dead_master);
  } catch (const Error& error) {
    if (mysql::read_failure_of(error) != ReadFailure::answered) return;
    answer = fmt::format("it answers with an error: {}", error.what());
  }
  throw Error(Code::refused,
              fmt::format("{} is alive: {}; it is not replaced", dead_master.display(), answer));
}

// Before the successor becomes writable: this process may end then.
void Refactoring::note_replacement(const Plan& plan, OperationReport& report) const {
  if (!plan.promotes || !plan.candidate) return;
  const auto replaced = plan.subject == plan.candidate ? report.former_master : std::optional(plan.subject);
  if (!replaced || replaced == plan.candidate) return;
  note_former_master(*replaced, *plan.candidate);
  report.noted_replacement = replaced;
}

void Refactoring::withdraw_replacement(const OperationReport& report) const {
  if (!report.noted_replacement) return;
  end_former_master(*report.noted_replacement);
}

}  // namespace topo::refactor
