#include "topo/refactor/refactoring.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "refactor/facts.h"
#include "refactor/injections.h"
#include "refactor/journal.h"
#include "refactor/known_coordinates.h"
#include "refactor/locks.h"
#include "refactor/patience.h"
#include "topo/audit.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/store/store.h"

namespace topo::refactor {
namespace {

// Messages of servers end with or without a full stop.
std::string_view without_stop(std::string_view sentence) {
  while (sentence.ends_with('.') || sentence.ends_with(' ')) sentence.remove_suffix(1);
  return sentence;
}

// What became of the changes of an operation that failed.
std::string what_was_undone(const OperationReport& report) {
  if (!report.outcome.leftovers.empty()) {
    const auto left = describe(report.outcome.leftovers);
    return left == report.outcome.failed.front().reason ? "" : ". Not restored: " + left;
  }
  // read_only that the steps of a replica have set is not set back.
  std::string stays;
  std::size_t index = 0;
  for_each_step(report.plan, [&](const Step& step) {
    const auto& ended = report.outcome.steps.at(index++);
    if (std::holds_alternative<SetReadOnly>(step) && ended.result == StepReport::Result::done)
      stays = fmt::format(". This stays: {}", ended.text);
  });
  if (!stays.empty()) return stays;
  bool undoes_nothing = true;
  for_each_step(report.plan, [&](const Step& step) {
    undoes_nothing = undoes_nothing && (std::holds_alternative<StartReplication>(step) ||
                                        std::holds_alternative<InjectEmpty>(step));
  });
  return undoes_nothing ? "" : ". All is as it was";
}

Filter both(Filter one, Filter other) {
  if (!one) return other;
  if (!other) return one;
  return [one = std::move(one), other = std::move(other)](const InstanceKey& key) {
    return one(key) && other(key);
  };
}

}  // namespace

struct Refactoring::Run {
  Run(Context& context, std::unique_ptr<Servers> all_servers, const Operation& what,
      const OperationArguments& given, const OperationRequest& asked)
      : servers(std::move(all_servers)),
        operation(what),
        arguments(given),
        request(asked),
        limits(rule_limits(context.configuration())),
        not_promoted(matching_host(context.configuration().deny_auto_promotion_hostname_pattern)),
        resets_promoted(context.configuration().apply_mysql_promotion_after_master_failover),
        filter(both(matching(given.pattern), asked.filter)),
        silent(asked.silent),
        patience(context) {}

  // nullopt: the operation is about none.
  [[nodiscard]] std::optional<InstanceKey> dead_master(const Topology& topology) const {
    return operation.dead_master == nullptr ? std::nullopt : operation.dead_master(input(topology));
  }
  [[nodiscard]] PlanInput input(const Topology& topology) const {
    return {
        topology,
        arguments,
        limits,
        filter,
        not_promoted,
        request.loss,
        request.force,
        request.allow_errant,
        request.end_clients,
        request.promote,
        resets_promoted,
        [this](const InstanceKey& one, const InstanceKey& other) { return servers->are_same(one, other); }};
  }

  const std::unique_ptr<Servers> servers;
  const Operation& operation;
  const OperationArguments& arguments;
  OperationRequest request;
  const RuleLimits limits;
  const Filter not_promoted;
  const bool resets_promoted;
  const Filter filter;
  FailedReads silent;
  Patience patience;
};

Refactoring::Refactoring(Context& context, Take take, MakeServers make_servers)
    : context_(context),
      take_(std::move(take)),
      make_servers_(make_servers ? std::move(make_servers) : [&context] { return live_servers(context); }) {}

// Locks of a process that died before it changed anything are released.
void Refactoring::release_dead() const {
  auto& store = context_.store();
  const auto locks = store.maintenance().active();
  const bool has_dead = std::any_of(locks.begin(), locks.end(), [](const Maintenance& held) {
    return !held.process.empty() && !held.is_of_operation;
  });
  if (has_dead) end_what_came_to_nothing(store);
}

OperationReport Refactoring::run(const Operation& operation, const OperationArguments& arguments,
                                 const OperationRequest& request) {
  if (!operation.names_results) return run_unnamed(operation, arguments, request);
  try {
    return run_unnamed(operation, arguments, request);
  } catch (const Error& error) {
    auto result = error.result();
    if (result.empty() && error.code() == Code::unreachable) result = results::unreachable;
    if (result.empty()) throw;
    std::string words(result);
    std::ranges::replace(words, '_', ' ');
    const auto message = fmt::format("{}: {}", words, error.what());
    if (const auto* failed = dynamic_cast<const OperationFailed*>(&error))
      throw OperationFailed(error.code(), message, failed->steps(), result);
    throw Error(error.code(), message, result);
  }
}

OperationReport Refactoring::run_unnamed(const Operation& operation, const OperationArguments& arguments,
                                         const OperationRequest& request) {
  if (!request.dry_run) {
    context_.configuration().throw_if_read_only(fmt::format("Changing {}", arguments.instance.display()));
    release_dead();
  }
  Run run(context_, make_servers_(), operation, arguments, request);
  OperationReport report;
  auto [made, facts] = plan(run, {});
  report.plan = std::move(made);
  report.subject = facts.known[arguments.instance].instance;
  report.former_master = report.subject.master_key();
  report.was_dry_run = request.dry_run;
  if (request.dry_run) {
    preview(*run.servers, report.plan, facts, request.allow_errant);
    return report;
  }
  if (report.plan.replica_steps.empty()) return report;
  report_progress(run, Progress::State::begun, "");
  try {
    execute_plan(run, report);
  } catch (const std::exception& error) {
    report_progress(run, Progress::State::failed, error.what());
    throw;
  }
  record(report);
  conclude(run, report);
  return report;
}

Refactoring::Planned Refactoring::plan(Run& run, const std::vector<std::int64_t>& own_locks) const {
  std::optional<InstanceKey> asked_for;
  std::vector<InstanceKey> side_replicas;
  const auto concerned = [&](const Topology& topology) {
    if (run.operation.concerned == nullptr) return std::vector{run.arguments.instance};
    auto keys = run.operation.concerned(run.input(topology));
    if (const auto dead_master = run.dead_master(topology); dead_master && asked_for != dead_master) {
      asked_for = dead_master;
      for (const auto& known : context_.store().instances().read_side_replicas(*dead_master))
        side_replicas.push_back(known.instance.key);
    }
    keys.insert(keys.end(), side_replicas.begin(), side_replicas.end());
    return keys;
  };
  const auto just_read = own_locks.empty() ? std::exchange(run.request.just_read, {}) : GoodReads();
  auto facts = read_facts(*run.servers, run.arguments.instance, concerned, own_locks, run.silent, just_read);
  const auto dead_master = run.dead_master(facts.topology());
  std::string other_master;
  if (dead_master) {
    await_broken_connections(*run.servers, *dead_master, facts);
    const bool promotes = run.request.promote || !run.operation.promotes_on_request;
    if (promotes && run.request.force) {
      other_master = why_replaced(context_.store(), facts.known[*dead_master]);
    } else if (promotes) {
      require_none_unfinished(context_.store(), *dead_master);
      require_not_replaced(context_.store(), facts.known[*dead_master]);
    }
  }
  const auto& subject = facts.known[run.arguments.instance];
  if (dead_master != run.arguments.instance && facts.asked.contains(run.arguments.instance) &&
      !subject.last_check_valid) {
    throw Error(Code::unreachable, subject.last_check_error);
  }
  for (const auto& key : facts.asked) {
    if (facts.read.contains(key)) continue;
    const auto& known = facts.known[key];
    run.silent.emplace(key, FailedRead{known.last_check_error, known.last_check_failure, known.polled_ago});
  }
  try {
    auto made = run.operation.plan(run.input(facts.topology()));
    made.operation = run.operation.name;
    made.is_forced = run.request.force && run.operation.may_be_forced;
    made.asked_as = run.request.asked_as;
    if (!other_master.empty())
      made.caution += fmt::format("{}{}; there will be two", made.caution.empty() ? "" : "; ", other_master);
    note_filters(facts.topology(), made);
    if (run.operation.complete != nullptr)
      run.operation.complete(*run.servers, made, facts.read, run.request.account);
    if (run.request.check_plan) run.request.check_plan(made);
    return {std::move(made), std::move(facts)};
  } catch (const Error& error) {
    if (error.code() == Code::refused && own_locks.empty()) throw_if_locked(facts, error);
    throw;
  }
}

void Refactoring::report_progress(const Run& run, Progress::State state, std::string text) const {
  if (watcher_) watcher_({std::string(run.operation.name), run.arguments.instance, state, std::move(text)});
}

void Refactoring::report_step_end(const Run& run, const StepReport& step) const {
  if (!watcher_ || step.result == StepReport::Result::skipped) return;
  const auto state = step.result == StepReport::Result::done     ? Progress::State::step_done
                     : step.result == StepReport::Result::failed ? Progress::State::step_failed
                                                                 : Progress::State::step_undone;
  watcher_({std::string(run.operation.name), run.arguments.instance, state, step.text, step.reason});
}

// What became of each step, where not all went as planned.
void Refactoring::log_steps(const OperationReport& report) const {
  const auto& steps = report.outcome.steps;
  if (std::ranges::all_of(steps,
                          [](const StepReport& step) { return step.result == StepReport::Result::done; }))
    return;
  // The error tells enough of what was undone.
  const bool is_in_order = report.outcome.leftovers.empty() && report.outcome.still_broken.empty() &&
                           report.outcome.shortcomings.size() == report.plan.shortcomings.size();
  const auto level = is_in_order ? spdlog::level::info : spdlog::level::warn;
  for (const auto& step : steps) {
    if (step.result == StepReport::Result::skipped) continue;
    context_.log().log(level, fmt::format("{}: {}{}{}", to_string(step.result), step.text,
                                          step.reason.empty() ? "" : ": ", step.reason));
  }
}

void Refactoring::record(OperationReport& report) {
  const auto& subject = report.plan.subject;
  const auto former_cluster = report.subject.cluster_name;
  if (report.plan.other_name && !report.outcome.moved.empty())
    note_other_name(*report.plan.other_name, report.outcome.now);
  for (const auto& instance : report.outcome.now) {
    if (instance.key != subject) continue;
    const auto uptime = report.subject.uptime;  // as of the last poll
    report.subject = instance;
    report.subject.uptime = uptime;
  }
  try {
    if (take_) {
      take_(report.outcome.now);
      // Includes the columns that only a poll reads.
      if (const auto taken = context_.store().instances().read(subject)) report.subject = taken->instance;
    }
  } catch (const std::exception& error) {
    context_.log().error(
        fmt::format("{}: the changes are not in the backend yet: {}", report.plan.operation, error.what()));
  }
  settle_former_masters(report);
  if (!report.plan.promotes || !report.plan.candidate) return;
  for (const auto& instance : report.outcome.now) {
    if (instance.key != report.plan.candidate || instance.is_replica()) continue;
    const auto& replaced = subject == instance.key ? report.former_master : std::optional(subject);
    if (replaced) note_former_master(*replaced, instance.key);
    // The cluster may be named after the former master by now, and not yet where its replicas are stored.
    std::set<std::string> names{former_cluster, subject.display()};
    if (report.former_master) names.insert(report.former_master->display());
    names.erase(instance.key.display());
    for (const auto& name : names) pass_alias(name, instance.key);
  }
}

void Refactoring::conclude(Run& run, OperationReport& report) {
  const auto& outcome = report.outcome;
  log_steps(report);
  if (!outcome.moved.empty() || outcome.failed.empty() || outcome.is_promoted) {
    report.audit_problem = audit(report, "", run.patience);
    report_progress(run, Progress::State::done, describe(report));
    return;
  }
  const auto& first = report.outcome.failed.front();
  const auto message = fmt::format("{} {}: {}{}", report.plan.operation, report.plan.subject.display(),
                                   without_stop(first.reason), what_was_undone(report));
  (void)audit(report, message, run.patience);
  report_progress(run, Progress::State::failed, message);
  throw OperationFailed(first.code, message, report.outcome.steps, first.result);
}

// The replica reports the alias as its master: store the known instance instead, so that no second one
// appears.
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
                        fmt::format("{} was proven to be the same server", alias.display()));
  } catch (const std::exception& error) {
    context_.log().error(fmt::format("The alias {} of {} is not in the backend: {}", alias.display(),
                                     instance.display(), error.what()));
  }
}

void Refactoring::execute_plan(Run& run, OperationReport& report) {
  Locks locks(context_, report.plan.locks, run.request.owner, run.patience);
  auto [again, facts] = plan(run, locks.ids());
  std::unordered_set<InstanceKey> held;
  for (const auto& lock : report.plan.locks) held.insert(lock.server);
  for (const auto& lock : again.locks) {
    if (!held.contains(lock.server)) {
      throw Error(Code::refused,
                  fmt::format("{} {}: servers have just changed, and the operation would also involve "
                              "{}; nothing was changed, try again",
                              again.operation, again.subject.display(), lock.server.display()));
    }
  }
  require_no_loop(*run.servers, facts, again, locks.ids());
  report.plan = std::move(again);
  report.subject = facts.known[report.plan.subject].instance;
  report.former_master = report.subject.master_key();
  execute_locked(run, report, locks, facts);
}

void Refactoring::execute_locked(Run& run, OperationReport& report, Locks& locks, const Facts& facts) {
  Journal journal(context_, report.plan, run.arguments, run.request.owner, locks.own_ids());
  const Renewal renewal(context_, [&] {
    locks.renew();
    journal.renew();
  });
  auto options = execution_options();
  options.allow_errant = run.request.allow_errant;
  options.require_held = [&locks](const InstanceKey& server, const InstanceKey& master) {
    locks.require_held({server, master});
  };
  options.was_taken = [&locks](const InstanceKey& server) { return locks.was_taken(server); };
  options.note = [&journal](const OperationServer& server) { journal.note(server); };
  options.on_decided = [&](const Plan& plan) {
    if (run.request.check_plan) run.request.check_plan(plan);
    require_no_loop(*run.servers, facts, plan, locks.ids());
    journal.decided(plan);
    if (run.request.on_candidate && plan.candidate) run.request.on_candidate(*plan.candidate);
  };
  options.before_promotion = [&](const Plan& plan) {
    const auto dead_master = run.dead_master(facts.topology());
    if (dead_master && !run.request.force) require_still_dead(*run.servers, *dead_master);
    note_replacement(plan, report);
  };
  options.on_step = [&](const std::string& step) {
    report_progress(run, Progress::State::step, step);
    if (on_step_) on_step_(step);
  };
  options.on_step_end = [&](const StepReport& step) { report_step_end(run, step); };
  options.account = run.request.account;
  try {
    report.outcome = execute(*run.servers, report.plan, facts.read, options, context_.log());
  } catch (const std::exception&) {
    withdraw_replacement(report);
    throw;
  }
  if (!report.outcome.is_promoted) withdraw_replacement(report);
  // Another operation that has locked a server since then has read it later.
  if (!locks.are_held())
    std::erase_if(report.outcome.now, [&](const auto& read) { return locks.was_taken(read.key); });
  journal.close(report.outcome, run.patience);
}

ExecutionOptions Refactoring::execution_options() const {
  ExecutionOptions options;
  const auto& configured = context_.configuration();
  options.start_wait = configured.slave_start_post_wait;
  options.connect_wait = configured.instance_bulk_operations_wait_timeout;
  options.match_wait = options.connect_wait;
  if (!configured.pseudo_gtid_pattern.empty())
    options.pseudo_gtid = std::make_shared<const pgtid::Pattern>(configured.pseudo_gtid_pattern);
  options.is_injected = changes_of_injection(configured.detect_pseudo_gtid_query);
  options.known_coordinates = [this](const InstanceKey& key, LogType type) {
    return known_coordinates(context_, key, type);
  };
  options.on_step = on_step_;
  return options;
}

std::string Refactoring::audit(const OperationReport& report, const std::string& failure,
                               Patience& patience) const {
  const auto& operation = operation_named(report.plan.operation);
  const auto type = operation.audit_type.empty() ? operation.name : operation.audit_type;
  const auto message = failure.empty() ? describe(report) : "failed: " + failure;
  AuditWrite write(context_, type, report.plan.subject, message);
  auto what = write.describe();
  return patience.write_now_or_late(std::move(what), std::move(write));
}

}  // namespace topo::refactor
