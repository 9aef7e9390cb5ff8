#include "topo/refactor/refactoring.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "refactor/facts.h"
#include "refactor/journal.h"
#include "refactor/known_places.h"
#include "refactor/locks.h"
#include "refactor/patience.h"
#include "topo/audit.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/store/store.h"

namespace topo::refactor {
namespace {

// Some have a blank or another name, as those who read the audit know them.
std::string audit_type(const Plan& plan) {
  if (plan.operation == "reset-slave") return "reset slave";
  if (plan.operation == "detach-slave") return "detach slave";
  if (plan.operation == "reattach-slave") return "reattach slave";
  if (plan.operation == "match-up" || plan.operation == "rematch") return "match-below";
  return plan.operation;
}

// Servers end their messages with a full stop, or with none.
std::string_view without_stop(std::string_view sentence) {
  while (sentence.ends_with('.') || sentence.ends_with(' ')) sentence.remove_suffix(1);
  return sentence;
}

// Of an operation that failed.
std::string what_was_undone(const Report& report) {
  if (!report.outcome.left.empty()) {
    const auto left = describe(report.outcome.left);
    return left == report.outcome.failed.front().reason ? "" : ". Not as it was: " + left;
  }
  bool only_starts = true;
  for_each_step(report.plan, [&](const Step& step) {
    only_starts = only_starts && std::holds_alternative<StartReplication>(step);
  });
  return only_starts ? "" : ". All is as it was";
}

}  // namespace

Refactoring::Refactoring(Context& context, Take take, MakeServers make_servers)
    : context_(context),
      take_(std::move(take)),
      make_servers_(make_servers ? std::move(make_servers) : [&context] { return live_servers(context); }) {}

// What a process has locked that died before it changed anything stands in nobody's way.
void Refactoring::release_dead() const {
  auto& store = context_.store();
  const auto locks = store.maintenance().active();
  const bool has_dead = std::any_of(locks.begin(), locks.end(), [](const Maintenance& held) {
    return !held.process.empty() && !held.is_of_operation;
  });
  if (has_dead) end_what_came_to_nothing(store);
}

Report Refactoring::carry_out(const InstanceKey& subject, const Concerned& concerned,
                              const MakePlan& make_plan, const Request& request, const Complete& complete) {
  if (!request.dry_run) {
    context_.configuration().throw_if_read_only(fmt::format("Changing {}", subject.display()));
    release_dead();
  }
  const auto servers = make_servers_();
  std::unordered_map<InstanceKey, std::string> silent;
  const PlanAgain make = [&](const std::vector<std::int64_t>& own_locks) {
    auto facts = read_facts(*servers, subject, concerned, own_locks, silent);
    for (const auto& key : facts.asked) {
      if (!facts.read.contains(key)) silent.emplace(key, facts.known[key].last_check_error);
    }
    try {
      auto plan = make_plan(facts.topology());
      if (complete) complete(*servers, plan, facts.read);
      return std::pair(std::move(plan), std::move(facts));
    } catch (const Error& error) {
      if (error.code() == Code::refused && own_locks.empty()) tell_locks(facts);
      throw;
    }
  };
  Report report;
  auto [plan, facts] = make({});
  report.plan = std::move(plan);
  report.subject = facts.known[subject].instance;
  report.former_master = report.subject.master_key();
  report.was_dry_run = request.dry_run;
  if (request.dry_run) {
    foresee(report.plan, facts);
    return report;
  }
  if (report.plan.strands.empty()) return report;

  const auto tell = [&](Progress::State state, std::string text) {
    if (watcher_) watcher_({report.plan.operation, subject, state, std::move(text)});
  };
  Patience patience(context_);
  tell(Progress::State::begun, "");
  try {
    carry_out_plan(*servers, report, make, request, patience);
  } catch (const std::exception& error) {
    tell(Progress::State::failed, error.what());
    throw;
  }
  if (report.plan.other_name && !report.outcome.moved.empty())
    note_other_name(*report.plan.other_name, report.outcome.now);
  for (const auto& instance : report.outcome.now) {
    if (instance.key != subject) continue;
    const auto uptime = report.subject.uptime;  // as the last poll has it
    report.subject = instance;
    report.subject.uptime = uptime;
  }
  try {
    if (take_) {
      take_(report.outcome.now);
      // With what only a poll reads.
      if (const auto taken = context_.store().instances().read(subject)) report.subject = taken->instance;
    }
  } catch (const std::exception& error) {
    context_.log().error("{}: what was changed is not in the backend yet: {}", report.plan.operation,
                         error.what());
  }
  if (!report.outcome.moved.empty() || report.outcome.failed.empty()) {
    report.audit_problem = audit(report, "", patience);
    tell(Progress::State::done, describe(report));
    return report;
  }
  const auto& first = report.outcome.failed.front();
  const auto message = fmt::format("{} {}: {}{}", report.plan.operation, subject.display(),
                                   without_stop(first.reason), what_was_undone(report));
  (void)audit(report, message, patience);
  tell(Progress::State::failed, message);
  throw Error(first.code, message);
}

// The replica was told that name, and is known to replicate from the instance: no other is made of it.
void Refactoring::note_other_name(const std::pair<InstanceKey, InstanceKey>& other_name,
                                  std::vector<Instance>& now) const {
  const auto& [alias, instance] = other_name;
  for (auto& replica : now) {
    for (auto& channel : replica.channels) {
      if (channel.master == alias) channel.master = instance;
    }
  }
  try {
    if (context_.store().instances().claim_alias(alias, instance).is_changed)
      (void)write_audit(context_, "other-name", instance,
                        fmt::format("{} is the same server, as was proven", alias.display()));
  } catch (const std::exception& error) {
    context_.log().error("That {} is {} is not in the backend: {}", alias.display(), instance.display(),
                         error.what());
  }
}

void Refactoring::carry_out_plan(Servers& servers, Report& report, const PlanAgain& plan_again,
                                 const Request& request, Patience& patience) {
  Locks locks(context_, report.plan.locks, request.owner, patience);
  auto [now, facts] = plan_again(locks.ids());
  std::unordered_set<InstanceKey> held;
  for (const auto& lock : report.plan.locks) held.insert(lock.server);
  for (const auto& lock : now.locks) {
    if (!held.contains(lock.server)) {
      throw Error(Code::refused,
                  fmt::format("{} {}: servers have changed just now, and it would also concern "
                              "{}; nothing was touched, try again",
                              now.operation, now.subject.display(), lock.server.display()));
    }
  }
  report.plan = std::move(now);
  report.subject = facts.known[report.plan.subject].instance;
  report.former_master = report.subject.master_key();
  Journal journal(context_, report.plan, request.owner, locks.own_ids());
  const Renewal renewal(context_, [&] {
    locks.renew();
    journal.renew();
  });
  auto options = execution_options();
  options.require_held = [&locks](const InstanceKey& server, const InstanceKey& master) {
    locks.require_held({server, master});
  };
  options.was_taken = [&locks](const InstanceKey& server) { return locks.was_taken(server); };
  options.note = [&journal](const OperationServer& server) { journal.note(server); };
  options.on_decided = [&](const Plan& plan) {
    journal.decided(plan);
    if (request.on_candidate && plan.candidate.valid()) request.on_candidate(plan.candidate);
  };
  options.on_step = [&](const std::string& step) {
    if (watcher_) watcher_({report.plan.operation, report.plan.subject, Progress::State::step, step});
    if (on_step_) on_step_(step);
  };
  options.account = request.account;
  report.outcome = execute(servers, report.plan, facts.read, options, context_.log());
  // Who worked on a server since has read it later.
  if (!locks.are_held())
    std::erase_if(report.outcome.now, [&](const auto& read) { return locks.was_taken(read.key); });
  journal.close(report.outcome, patience);
}

ExecutionOptions Refactoring::execution_options() const {
  ExecutionOptions options;
  const auto& configured = context_.configuration();
  options.start_wait = configured.slave_start_post_wait;
  options.connect_wait = configured.instance_bulk_operations_wait_timeout;
  options.match_wait = options.connect_wait;
  if (!configured.pseudo_gtid_pattern.empty())
    options.pseudo_gtid = std::make_shared<const pgtid::Pattern>(configured.pseudo_gtid_pattern);
  options.known_places = [this](const InstanceKey& key, LogType type) {
    return known_places(context_, key, type);
  };
  options.on_step = on_step_;
  return options;
}

std::string Refactoring::audit(const Report& report, const std::string& failure, Patience& patience) const {
  const auto type = audit_type(report.plan);
  const auto message = failure.empty() ? describe(report) : "failed: " + failure;
  AuditWrite write(context_, type, report.plan.subject, message);
  auto what = write.describe();
  return patience.write_now_or_late(std::move(what), std::move(write));
}

}  // namespace topo::refactor
