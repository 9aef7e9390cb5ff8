#include "topo/topology/status.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/shown_text.h"
#include "topo/base/one_line.h"
#include "topo/config/configuration.h"
#include "topo/topology/former_master.h"
#include "topo/topology/gtids.h"
#include "topo/topology/received.h"
#include "topo/topology/rules.h"

namespace topo {

StatusLimits status_limits(const Configuration& configuration) {
  return {configuration.instance_poll, configuration.reasonable_replication_lag,
          configuration.reasonable_maintenance_replication_lag};
}

std::string_view status_of(const KnownInstance& known, const StatusLimits& limits) {
  const Instance& instance = known.instance;
  if (!known.last_check_valid) return "last check invalid";
  if (!known.is_recently_checked(limits.poll_interval)) return "not recently checked";
  if (!instance.is_replica()) return "OK";
  if (instance.never_connected()) return "never connected";
  if (!instance.replica_running()) return "not replicating";
  const auto behind = instance.replication()->seconds_behind_master;
  if (!behind) return "cannot determine slave lag";
  // Uses the lag that SlaveLagQuery measured, too.
  if (std::max(behind, instance.slave_lag) > limits.reasonable_maintenance_lag) return "lags too much";
  return "OK";
}

std::string describe(const KnownInstance& known, const StatusLimits& limits, std::string_view ring) {
  const Instance& instance = known.instance;
  std::string text = fmt::format("[{},{},{}", status_of(known, limits), one_line(instance.version),
                                 one_line(instance.binlog_format));
  if (instance.log_slave_updates) text += ",>>";
  if (instance.is_multi_source()) text += fmt::format(",multi-source:{}", instance.channels_in_use());
  if (!ring.empty()) text.append(",").append(ring);
  if (!instance.errant_gtids.empty()) text += ",GTID:errant";
  if (instance.semi_sync && instance.semi_sync->source_works) text += ",semi:master";
  if (instance.semi_sync && instance.semi_sync->replica_works) text += ",semi:replica";
  if (is_returned(known)) text += ",returned";
  if (known.writable_co_master) text += ",co-master:writable";
  if (!known.unfinished_operation.empty()) text += ",unfinished";
  if (!instance.warnings.empty()) text += fmt::format(",warnings:{}", instance.warnings.size());
  return text + "]";
}

namespace {

// A problem, and the sentence that describes it.
struct StatusFinding {
  Problem problem;
  std::string text;
};

std::string with_reason(std::string text, std::string_view reason) {
  return reason.empty() ? text : fmt::format("{}: {}", text, reason);
}

void add_replication_findings(const Instance& instance, const StatusLimits& limits,
                              std::vector<StatusFinding>& findings) {
  if (const auto* channel = instance.replication(); channel != nullptr && is_detached(instance)) {
    findings.push_back({Problem::not_replicating, fmt::format("It is detached, at {} of {}",
                                                              attached_coordinates(channel->exec)->display(),
                                                              display_of(channel->master))});
  }
  for (const auto& channel : instance.channels) {
    if (!instance.is_in_use(channel)) continue;
    const std::string where = channel.name.empty() ? "" : fmt::format(" (channel {})", channel.name);
    const bool was_connected = !channel.read.empty() || channel.io_thread == ThreadState::running;
    if (!was_connected) {
      const auto master = channel.master ? channel.master->display() : shown_text(channel.unusable_master);
      findings.push_back(
          {Problem::never_connected,
           with_reason(
               fmt::format("It has never connected to its master, {}, since that master was configured{}",
                           master, where),
               channel.last_io_error)});
    }
    if (channel.sql_thread != ThreadState::running) {
      findings.push_back(
          {Problem::not_replicating,
           with_reason(fmt::format("The SQL thread is not running{}", where), channel.last_sql_error)});
    }
    if (was_connected && channel.io_thread != ThreadState::running) {
      findings.push_back(
          {Problem::not_replicating,
           with_reason(fmt::format("The IO thread is not running{}", where), channel.last_io_error)});
    }
    if (channel.seconds_behind_master > limits.reasonable_lag) {
      findings.push_back(
          {Problem::replication_lag,
           fmt::format("Lags {} s behind its master{}", channel.seconds_behind_master->count(), where)});
    }
  }
  const auto* channel = instance.replication();
  const bool measured_apart = channel != nullptr && instance.slave_lag != channel->seconds_behind_master;
  if (measured_apart && instance.slave_lag > limits.reasonable_lag) {
    findings.push_back(
        {Problem::replication_lag, fmt::format("Lags {} s by SlaveLagQuery", instance.slave_lag->count())});
  }
}

// While it is connected, it receives them again.
void add_lost_received(const Instance& instance, std::vector<StatusFinding>& findings) {
  const auto* channel = instance.replication();
  if (channel == nullptr || channel->io_thread == ThreadState::running) return;
  if (auto sentence = describe_lost_received(instance, "It", "its master"); !sentence.empty())
    findings.push_back({Problem::other, std::move(sentence)});
}

std::vector<StatusFinding> findings_of(const KnownInstance& known, const StatusLimits& limits) {
  std::vector<StatusFinding> findings;
  if (!known.last_check_valid) {
    findings.push_back(
        {Problem::last_check_invalid, with_reason("It could not be read", known.last_check_error)});
  } else if (!known.is_recently_checked(limits.poll_interval)) {
    findings.push_back(
        {Problem::not_recently_checked, "It has not been checked for more than five poll intervals"});
  }
  if (is_returned(known)) {
    findings.push_back(
        {Problem::returned, fmt::format("It is a former master that answers again, and {}; {}",
                                        describe_returned(known), describe_replacement(known))});
  }
  if (auto sentence = describe_other_server(known); !sentence.empty())
    findings.push_back({Problem::another_server, std::move(sentence)});
  if (known.writable_co_master) {
    findings.push_back(
        {Problem::writable_co_masters,
         fmt::format("It and its co-master {} both take writes, which may contradict each other",
                     known.writable_co_master->display())});
  }
  if (!known.unfinished_operation.empty()) findings.push_back({Problem::other, known.unfinished_operation});
  add_replication_findings(known.instance, limits, findings);
  add_lost_received(known.instance, findings);
  if (const auto& errant = known.instance.errant_gtids; !errant.empty()) {
    findings.push_back(
        {Problem::errant_gtid, fmt::format("It has errant transactions, which its master does not have: {}",
                                           shortened_gtids(errant))});
  }
  return findings;
}

// Takes the digits at the start of the text, without leading zeros.
std::string_view take_number(std::string_view& text) {
  const auto end = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  auto number = text.substr(0, end);
  text.remove_prefix(end);
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

bool comes_before(const InstanceKey& a, const InstanceKey& b) {
  std::string_view left = a.hostname();
  std::string_view right = b.hostname();
  while (!left.empty() && !right.empty()) {
    if (is_digit(left.front()) && is_digit(right.front())) {
      const auto one = take_number(left);
      const auto other = take_number(right);
      if (one.size() != other.size()) return one.size() < other.size();
      if (one != other) return one < other;
    } else {
      if (left.front() != right.front()) return left.front() < right.front();
      left.remove_prefix(1);
      right.remove_prefix(1);
    }
  }
  if (left.empty() != right.empty()) return left.empty();
  return a.port() != b.port() ? a.port() < b.port() : a.hostname() < b.hostname();
}

}  // namespace

std::vector<std::string> problems_of(const KnownInstance& known, const StatusLimits& limits) {
  std::vector<std::string> problems;
  for (auto& finding : findings_of(known, limits)) problems.push_back(std::move(finding.text));
  return problems;
}

Problem problem_of(const KnownInstance& known, const StatusLimits& limits) {
  const auto findings = findings_of(known, limits);
  return findings.empty() ? Problem::none : std::ranges::min(findings, {}, &StatusFinding::problem).problem;
}

std::string_view remedy_of(const KnownInstance& known, const StatusLimits& limits) {
  const auto problem = problem_of(known, limits);
  if (problem == Problem::not_replicating && is_detached(known.instance))
    return "Let it replicate again where it was detached (reattach-slave)";
  if (problem == Problem::returned && is_successor_unknown(known)) {
    return "Find the present master (discover), and make it a replica of that (rejoin); or let it be a "
           "master "
           "of its own (set-writeable), or forget it (forget)";
  }
  if (problem == Problem::returned && why_settled(known)) {
    return "Find out what it has that its master lacks (which-gtid-errant), and restore it from a copy of "
           "that if need be; "
           "then "
           "forget it (forget): it is discovered again as a replica";
  }
  return remedy_of(problem);
}

std::string_view remedy_of(Problem problem) {
  switch (problem) {
    case Problem::none: return "";
    case Problem::last_check_invalid:
      return "Check that the server runs and that orchestrator's account can connect to it, then refresh the "
             "instance (refresh); forget an instance that no longer exists (forget)";
    case Problem::not_recently_checked:
      return "Check that one of the nodes is active (nodes), then refresh the instance (refresh)";
    case Problem::returned:
      return "Make it a replica of the master that took its place (rejoin), which says what it has that "
             "the master lacks; or let it be a master of its own (set-writeable), or forget it (forget)";
    case Problem::writable_co_masters:
      return "Let only one of the two co-masters take writes (set-read-only on the other)";
    case Problem::another_server:
      return "If it was rebuilt from the former master, make it read-only (set-read-only) and a replica of "
             "the "
             "master that took its place (rejoin); if it belongs elsewhere, let it be a master of its own "
             "(set-writeable), or forget it (forget)";
    case Problem::never_connected:
      return "Check that the master runs and that the replication account can connect to it from this "
             "instance, then restart replication (restart-slave)";
    case Problem::not_replicating:
      return "Remove the cause of the error, if there is one, then start replication (start-slave), or skip "
             "the transaction that failed (skip-query)";
    case Problem::replication_lag:
      return "Wait until the replica has caught up; if the lag grows, check the load of the replica and the "
             "queries that run on it (long-queries)";
    case Problem::errant_gtid:
      return "Find out what they changed (locate-gtid-errant names the binary logs), then let the whole "
             "cluster "
             "have them as empty transactions (gtid-errant-inject-empty), or let the replica forget them "
             "(gtid-errant-reset-master)";
    case Problem::other:
      return "Finish the interrupted operation (finish-unfinished), or undo it (undo-unfinished)";
  }
  return "";
}

void sort_by_problem(std::vector<KnownInstance>& instances, const StatusLimits& limits) {
  struct Ranked {
    Problem problem;
    KnownInstance known;
  };
  std::vector<Ranked> ranked;
  ranked.reserve(instances.size());
  for (auto& known : instances) {
    const auto problem = problem_of(known, limits);
    ranked.push_back({problem, std::move(known)});
  }
  std::ranges::sort(ranked, [](const Ranked& a, const Ranked& b) {
    const auto& one = a.known.instance;
    const auto& other = b.known.instance;
    if (a.problem != b.problem)
      return a.problem != Problem::none && (b.problem == Problem::none || a.problem < b.problem);
    if (one.slave_lag != other.slave_lag) return one.slave_lag > other.slave_lag;
    return comes_before(one.key, other.key);
  });
  std::ranges::transform(ranked, instances.begin(), [](Ranked& one) { return std::move(one.known); });
}

}  // namespace topo
