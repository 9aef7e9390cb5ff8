#include "topo/recovery/recovery.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <map>
#include <utility>

#include "base/process.h"
#include "recovery/hooks.h"
#include "recovery/reading.h"
#include "store/begin_or_withdraw.h"
#include "store/late_writes.h"
#include "topo/audit.h"
#include "topo/base/error.h"
#include "topo/context.h"
#include "topo/topology/candidate.h"
#include "topo/topology/rules.h"

namespace topo::recovery {
namespace {

std::string_view audit_type(const Analysis& analysis) {
  if (recovery_method(analysis.failure) == RecoveryMethod::regroup) return "recover-dead-master";
  return analysis.is_co_master ? "recover-dead-co-master" : "recover-dead-intermediate-master";
}

// Of two co-masters there is one decision, about the replicas and the master.
RecoveryMethod method_for(const Analysis& analysis, bool has_co_master) {
  const auto method = recovery_method(analysis.failure);
  if (has_co_master && method != RecoveryMethod::none) return RecoveryMethod::regroup;
  return method;
}

// RecoveryIgnoreHostnameFilters: match the host name, without the port.
std::vector<Filter> ignored_hosts(const Configuration& configuration) {
  std::vector<Filter> filters;
  for (const auto& pattern : configuration.recovery_ignore_hostname_filters)
    if (!pattern.empty()) filters.push_back(refactor::matching_host(pattern));
  return filters;
}

std::string alias_of(Context& context, const std::string& cluster_name) {
  for (auto& info : context.store().clusters().infos())
    if (info.cluster_name == cluster_name) return std::move(info.cluster_alias);
  return {};
}

// A backend that misses the end of a recovery does not make the recovery fail.
void close_recovery(Context& context, std::int64_t id, const EndedRecovery& ended) {
  try {
    context.store().recoveries().end(id, ended);
  } catch (const std::exception& error) {
    context.log().error(
        fmt::format("The end of a recovery is not stored in the backend yet: {}", error.what()));
    context.late_writes().add("the end of a recovery",
                              [&context, id, ended] { context.store().recoveries().end(id, ended); });
  }
}

}  // namespace

std::vector<Analysis> analyse_all(Context& context) {
  const auto ignored = ignored_hosts(context.configuration());
  std::vector<InstanceKey> in_maintenance;
  for (auto& held : context.store().maintenance().active()) in_maintenance.push_back(std::move(held.key));
  std::ranges::sort(in_maintenance);
  return analyse(Topology(context.store().instances().read_all()), [&](const InstanceKey& key) {
    return std::ranges::binary_search(in_maintenance, key) ||
           std::ranges::any_of(ignored, [&](const Filter& filter) { return filter(key); });
  });
}

// One recovery under way.
struct Recovery::RecoveryRun {
  const Analysis& analysis;
  const RecoveryRequest& request;
  const Topology& topology;
  RecoveryMethod method = RecoveryMethod::none;
  bool promotes = false;  // the successor becomes a master
  std::vector<refactor::StepReport> steps{};
  std::string caution{};                // why the failed instance may be alive; "": nothing says that it is
  std::vector<InstanceKey> replicas{};  // to move
  std::optional<InstanceKey> co_master{};  // of the failed instance; not among `replicas`
  std::optional<InstanceKey> successor{};  // the new master of the last strategy that moved a replica
  bool has_moved = false;
  std::map<InstanceKey, std::string> not_moved{};  // not moved by the last strategy, and why
  std::vector<std::string> not_in_order{}, warnings{};
  std::optional<Error> error{};  // of the last strategy, if it moved no replica
  std::string plan{};            // of a dry run
  std::vector<std::string> done{};
  refactor::GoodReads just_read{};

  [[nodiscard]] refactor::OperationRequest refactoring() {
    refactor::OperationRequest one;
    one.owner = request.owner;
    one.dry_run = request.dry_run;
    one.loss = request.loss;
    one.allow_errant = request.allow_errant;
    one.force = request.force;
    // Read just now; before a second attempt, all is read again.
    one.just_read = std::exchange(just_read, {});
    auto asked = replicas;
    if (co_master) asked.push_back(*co_master);
    for (const auto& key : asked) {
      const auto* known = topology.find(key);
      if (known != nullptr && !known->last_check_valid) {
        one.silent.emplace(
            key, refactor::FailedRead{known->last_check_error, known->last_check_failure, known->polled_ago});
      }
    }
    return one;
  }

  // Tries one strategy; true when it moved all remaining replicas.
  bool try_strategy(
      const std::function<refactor::OperationReport(const refactor::OperationRequest&)>& strategy,
      spdlog::logger& log) {
    try {
      const auto report = strategy(refactoring());
      if (report.was_dry_run) {
        plan = describe(report.plan);
        return true;
      }
      take(report);
      return not_moved.empty();
    } catch (const refactor::OperationFailed& failed) {
      log.info(failed.what());
      std::ranges::copy(failed.steps(), std::back_inserter(steps));
      error = failed;
      return false;
    } catch (const Error& failed) {
      log.info(failed.what());
      error = failed;
      return false;
    }
  }

  void take(const refactor::OperationReport& report) {
    not_moved.clear();
    for (const auto& failure : report.outcome.failed) not_moved[failure.replica] = failure.reason;
    for (const auto& [key, refusal] : report.plan.refused) not_moved[key] = refusal.reason;
    std::ranges::copy(report.outcome.still_broken, std::back_inserter(not_in_order));
    for (const auto& left : report.outcome.leftovers) not_in_order.push_back(left.sentence);
    std::ranges::copy(report.outcome.shortcomings, std::back_inserter(warnings));
    std::ranges::copy(report.outcome.steps, std::back_inserter(steps));
    done.push_back(describe_done(report));
    if (report.outcome.moved.empty() && !report.plan.candidate) return;
    has_moved = true;
    error.reset();
    successor = report.plan.candidate;
    if (!successor && !report.plan.result.empty()) successor = report.plan.result.front().second;
  }

  // "; forced, although db1:3306 may be alive: …", for the audit.
  [[nodiscard]] std::string forced() const {
    if (!request.force) return {};
    return caution.empty() ? "; forced" : fmt::format("; forced, although {}", caution);
  }

  [[nodiscard]] std::vector<InstanceKey> replicas_to_move() const;
};

// Replicas still below the failed instance. The successor of a master stays there until it is reset.
std::vector<InstanceKey> Recovery::lost_replicas(const RecoveryRun& current) const {
  std::vector<InstanceKey> keys;
  for (const auto& replica : context_.store().instances().read_replicas(current.analysis.key)) {
    const auto& key = replica.instance.key;
    const bool is_left = key != current.co_master || current.not_moved.contains(key);
    if (is_left && key != current.successor) keys.push_back(key);
  }
  return keys;
}

RecoveryRequest recovery_request(const refactor::OperationRequest& asked) {
  return {.owner = asked.owner,
          .dry_run = asked.dry_run,
          .loss = asked.loss,
          .allow_errant = asked.allow_errant,
          .force = asked.force};
}

Recovery::Recovery(Context& context, refactor::Refactoring& refactoring, NodeIdentity node, Refresh refresh)
    : context_(context), refactoring_(refactoring), node_(std::move(node)), refresh_(std::move(refresh)) {}

RecoveryReport Recovery::recover(const InstanceKey& failed, const RecoveryRequest& request) {
  if (!request.dry_run)
    context_.configuration().throw_if_read_only(fmt::format("Recovering {}", failed.display()));
  RecoveryReport report;
  const auto before = require_known(context_, failed);
  report.outcome = why_not_recovered(failed, request);
  report.was_refused = !report.outcome.empty();
  if (report.was_refused) return report;
  const auto just_read = read_again(before);
  auto known = require_known(context_, failed);
  just_read.apply_to(known);
  const auto topology = just_read.around(context_.store().instances(), known);
  for (auto& analysis : analyse(topology, {}))
    if (analysis.key == failed) report.analysis = std::move(analysis);
  const auto caution = caution_of(topology, known, request, report);
  if (!known.last_check_valid) refactor::require_none_unfinished(context_.store(), failed);
  if (!report.analysis) {
    report.was_refused = !known.last_check_valid;
    report.outcome =
        known.last_check_valid
            ? fmt::format("{} has not failed: it was read just now", failed.display())
            : fmt::format("{} cannot be reached, but it has no replicas to recover", failed.display());
    return report;
  }
  const auto& analysis = *report.analysis;
  const bool resets = context_.configuration().apply_mysql_promotion_after_master_failover;
  const auto* other = topology.co_master_of(*topology.find(failed));
  const auto method = method_for(analysis, other != nullptr);
  // Whatever the configuration says, the other co-master or a replica becomes the only master.
  const bool promotes =
      method == RecoveryMethod::regroup && (request.must_promote || resets || other != nullptr);
  if (promotes) refactor::require_not_replaced(context_.store(), known);
  if (auto reason = why_not_recoverable(analysis)) {
    report.was_refused = true;
    report.outcome = std::move(*reason);
    return report;
  }
  RecoveryRun current{.analysis = analysis,
                      .request = request,
                      .topology = topology,
                      .method = method,
                      .promotes = promotes,
                      .caution = caution};
  current.just_read.insert(just_read.read.begin(), just_read.read.end());
  if (other != nullptr) current.co_master = other->instance.key;
  current.replicas = current.replicas_to_move();
  if (current.replicas.empty() && other != nullptr && !other->instance.read_only && !resets) {
    report.outcome =
        fmt::format("{} has no replica except its co-master, which takes writes already", failed.display());
  } else if (const auto past = promotes ? std::nullopt : why_already_recovered(current)) {
    report.outcome = *past;
  } else if (request.dry_run) {
    carry_out(current);
    if (current.plan.empty() && current.error) throw Error(*current.error);
    report.plan = caution.empty() || current.plan.find(caution) != std::string::npos
                      ? std::move(current.plan)
                      : fmt::format("careful: {}\n{}", caution, current.plan);
    report.outcome = fmt::format("{} would be recovered: {}", failed.display(), describe(analysis.failure));
  } else {
    run(current, report);
  }
  return report;
}

// Returns "" if the instance may be recovered.
std::string Recovery::why_not_recovered(const InstanceKey& failed, const RecoveryRequest& request) const {
  if (const auto held = context_.store().maintenance().of(failed))
    return fmt::format("An instance in maintenance is not recovered: {}", describe(*held));
  const auto ignored = ignored_hosts(context_.configuration());
  if (!request.force && std::ranges::any_of(ignored, [&](const Filter& filter) { return filter(failed); }))
    return fmt::format("RecoveryIgnoreHostnameFilters excludes {} from recovery", failed.display());
  return {};
}

// Only the successor, and replicas that do not answer, are left below the failed instance: hooks must not run
// once more for nothing.
std::optional<std::string> Recovery::why_already_recovered(const RecoveryRun& current) const {
  std::vector<InstanceKey> living;
  std::ranges::copy_if(current.replicas, std::back_inserter(living), [&](const InstanceKey& key) {
    const auto* known = current.topology.find(key);
    return known != nullptr && known->last_check_valid;
  });
  if (living.size() != 1) return std::nullopt;
  const auto& failed = current.analysis.key;
  const auto past =
      context_.store().recoveries().last(failed, context_.configuration().recovery_period_block);
  if (!past || past->successor != living.front()) return std::nullopt;
  return fmt::format(
      "{} was recovered at {} UTC, and only the successor, {}, is left below it: make-master promotes "
      "it",
      failed.display(), past->begin, past->successor.display());
}

// Why the instance may be alive, though it counts as dead; "": nothing says that it is.
std::string Recovery::caution_of(const Topology& topology, const KnownInstance& failed,
                                 const RecoveryRequest& request, RecoveryReport& report) const {
  const auto alive = why_not_dead(topology, failed);
  if (!alive) return {};
  if (failed.last_check_valid) {
    if (!request.force) return {};  // the outcome is the analysis, or that it has not failed
    throw Error(Code::refused, fmt::format("{}; graceful-master-takeover replaces a living master, which "
                                           "becomes read-only first",
                                           alive->reason));
  }
  if (!request.force) {
    throw Error(
        Code::refused,
        fmt::format("{}{}; -force is for one that is dead in spite of that", alive->reason,
                    report.analysis ? fmt::format(" ({})", to_string(report.analysis->failure)) : ""));
  }
  if (report.analysis) report.analysis = presumed_dead(*report.analysis);
  return alive->reason;
}

// The replicas to move: all except the co-master.
std::vector<InstanceKey> Recovery::RecoveryRun::replicas_to_move() const {
  std::vector<InstanceKey> keys;
  for (const auto* replica : topology.replicas_of(*topology.find(analysis.key)))
    if (replica->instance.key != co_master) keys.push_back(replica->instance.key);
  return keys;
}

void Recovery::run(RecoveryRun& current, RecoveryReport& report) {
  const auto& analysis = current.analysis;
  const auto id = begin(current);
  report.action_taken = true;
  report_progress(analysis.key, refactor::Progress::State::begun, std::string(to_string(analysis.failure)));
  try {
    audit(analysis,
          fmt::format("problem found; will recover: {}{}", to_string(analysis.failure), current.forced()));
    const auto& hooks = context_.configuration().pre_failover_processes;
    const auto failures = run_hooks("PreFailoverProcesses", hooks, {analysis, {}}, context_.log());
    if (!failures.empty()) {
      throw Error(Code::refused,
                  fmt::format("{} is not recovered: {}", analysis.key.display(), fmt::join(failures, "; ")));
    }
    carry_out(current);
    if (!current.has_moved && current.error) throw Error(*current.error);
  } catch (const std::exception& error) {
    close_recovery(context_, id, {{}, false, current.replicas, error.what()});
    ++failed_;
    audit(analysis, fmt::format("failed: {}", error.what()));
    report_progress(analysis.key, refactor::Progress::State::failed, error.what());
    throw;
  }
  finish(current, id, report);
}

std::int64_t Recovery::begin(const RecoveryRun& current) {
  const auto& analysis = current.analysis;
  const NewRecovery recovery{.failed = analysis.key,
                             .analysis = std::string(to_string(analysis.failure)),
                             .cluster_name = analysis.cluster_name,
                             .cluster_alias = alias_of(context_, analysis.cluster_name),
                             .replicas = current.replicas,
                             .node_hostname = node_.hostname,
                             .node_token = node_.token,
                             .process = this_process()};
  auto& table = context_.store().recoveries();
  return store::begin_or_withdraw(
      context_.late_writes(), table, fmt::format("the recovery of {}", analysis.key.display()),
      [&](std::string_view token) {
        return table.begin(recovery, context_.configuration().recovery_period_block, token);
      });
}

// At least one replica was moved, perhaps not all.
void Recovery::finish(RecoveryRun& current, std::int64_t id, RecoveryReport& report) {
  const auto& analysis = current.analysis;
  report.successor = current.successor;
  report.steps = std::move(current.steps);
  report.warnings = std::move(current.warnings);
  for (const auto* replica : current.topology.side_replicas_of(*current.topology.find(analysis.key)))
    current.not_moved.emplace(replica->instance.key, why_not_beside(replica->instance, analysis.key).reason);
  for (const auto& [key, reason] : current.not_moved)
    report.errors.push_back(fmt::format("{} is not moved: {}", key.display(), reason));
  for (auto& sentence : current.not_in_order) report.errors.push_back(std::move(sentence));
  if (current.error) report.errors.emplace_back(current.error->what());
  report.outcome = fmt::format("{}", fmt::join(current.done, "; "));
  const bool is_successful = report.errors.empty();
  close_recovery(context_, id,
                 {report.successor, is_successful, lost_replicas(current),
                  fmt::format("{}", fmt::join(report.errors, "; "))});
  ++(is_successful ? successful_ : failed_);
  audit(analysis, fmt::format("{}; successor: {}{}{}", report.outcome, display_of(report.successor),
                              is_successful ? "" : "; but ", fmt::join(report.errors, "; ")));
  const auto& hooks = context_.configuration().post_failover_processes;
  for (auto& failure :
       run_hooks("PostFailoverProcesses", hooks, {analysis, report.successor}, context_.log())) {
    report.errors.push_back(std::move(failure));
  }
  if (report.errors.empty())
    report_progress(analysis.key, refactor::Progress::State::done, report.outcome);
  else
    report_progress(analysis.key, refactor::Progress::State::failed,
                    fmt::format("{}; but {}", report.outcome, fmt::join(report.errors, "; ")));
}

void Recovery::carry_out(RecoveryRun& current) {
  if (current.method == RecoveryMethod::regroup)
    regroup(current);
  else
    recover_intermediate_master(current);
}

void Recovery::regroup(RecoveryRun& current) {
  const auto& failed = current.analysis.key;
  log_step(current,
           current.co_master
               ? fmt::format("decide whether {} or a replica of {} is the master, and gather the replicas",
                             current.co_master->display(), failed.display())
               : fmt::format("regroup the replicas of {} below the most advanced of them", failed.display()));
  const auto strategy = [&](refactor::OperationRequest request) {
    request.promote = current.promotes;
    return refactoring_.run("regroup-slaves", {failed}, request);
  };
  current.try_strategy(strategy, context_.log());
}

void Recovery::recover_intermediate_master(RecoveryRun& current) {
  const auto& failed = current.analysis.key;
  if (const auto sibling = choose_sibling(current.topology, failed)) {
    log_step(current, fmt::format("match the replicas of {} below its sibling {}", failed.display(),
                                  sibling->display()));
    const auto match = [&](const auto& request) {
      return refactoring_.run("multi-match-slaves", {failed, *sibling}, request);
    };
    if (current.try_strategy(match, context_.log())) return;
  } else {
    context_.log().info(fmt::format("{} has no sibling that could take its replicas", failed.display()));
  }
  const auto master = display_of(current.topology.find(failed)->instance.master_key());
  if (current.replicas.size() > 1) regroup(current);
  if (!current.plan.empty()) {  // of a dry run
    current.plan += fmt::format("\nthen, what is left below {} goes below {}", failed.display(), master);
    return;
  }
  log_step(current, fmt::format("match the remaining replicas of {} below {}", failed.display(), master));
  current.try_strategy(
      [&](const auto& request) { return refactoring_.run("match-up-slaves", {failed}, request); },
      context_.log());
}

void Recovery::log_step(const RecoveryRun& current, std::string step) const {
  const auto& failed = current.analysis.key;
  context_.log().info(fmt::format("{}: {}", failed.display(), step));
  if (!current.request.dry_run) report_progress(failed, refactor::Progress::State::step, std::move(step));
}

void Recovery::report_progress(const InstanceKey& failed, refactor::Progress::State state,
                               std::string text) const {
  if (watcher_) watcher_({"recover", failed, state, std::move(text)});
}

void Recovery::audit(const Analysis& analysis, std::string_view message) const {
  (void)write_audit(context_, audit_type(analysis), analysis.key, message);
}

RecoveryCounts Recovery::counts() const noexcept {
  return {successful_.load(std::memory_order_relaxed), failed_.load(std::memory_order_relaxed)};
}

}  // namespace topo::recovery
