#include "topo/topology/status.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/shown_text.h"
#include "topo/base/one_line.h"
#include "topo/config/configuration.h"

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
  if (!known.unfinished_operation.empty()) text += ",unfinished";
  if (!instance.warnings.empty()) text += fmt::format(",warnings:{}", instance.warnings.size());
  return text + "]";
}

namespace {

void add_replication_problems(const Instance& instance, const StatusLimits& limits,
                              std::vector<std::string>& problems) {
  for (const auto& channel : instance.channels) {
    if (!channel.has_master() || instance.is_leftover(channel)) continue;
    const auto master =
        channel.master.has_value() ? display_of(channel.master) : shown_text(channel.unusable_master);
    const std::string where = channel.name.empty() ? "" : fmt::format(" (channel {})", channel.name);
    const bool was_connected = !channel.read.empty() || channel.io_thread == ThreadState::running;
    if (!was_connected) {
      problems.push_back(
          fmt::format("It has never connected to its master, {}, since that master was configured{}{}{}",
                      master, where, channel.last_io_error.empty() ? "" : ": ", channel.last_io_error));
    }
    if (channel.sql_thread != ThreadState::running) {
      problems.push_back(fmt::format("The SQL thread is not running{}{}{}", where,
                                     channel.last_sql_error.empty() ? "" : ": ", channel.last_sql_error));
    }
    if (was_connected && channel.io_thread != ThreadState::running) {
      problems.push_back(fmt::format("The IO thread is not running{}{}{}", where,
                                     channel.last_io_error.empty() ? "" : ": ", channel.last_io_error));
    }
    if (channel.seconds_behind_master > limits.reasonable_lag) {
      problems.push_back(
          fmt::format("Lags {} s behind its master{}", channel.seconds_behind_master->count(), where));
    }
  }
  const auto* channel = instance.replication();
  const bool measured_apart = channel != nullptr && instance.slave_lag != channel->seconds_behind_master;
  if (measured_apart && instance.slave_lag > limits.reasonable_lag) {
    problems.push_back(fmt::format("Lags {} s by SlaveLagQuery", instance.slave_lag->count()));
  }
}

}  // namespace

std::vector<std::string> problems_of(const KnownInstance& known, const StatusLimits& limits) {
  std::vector<std::string> problems;
  if (!known.last_check_valid) {
    problems.push_back(known.last_check_error.empty()
                           ? "It could not be read"
                           : fmt::format("It could not be read: {}", known.last_check_error));
  } else if (!known.is_recently_checked(limits.poll_interval)) {
    problems.emplace_back("It has not been checked for more than five poll intervals");
  }
  if (!known.unfinished_operation.empty()) problems.push_back(known.unfinished_operation);
  add_replication_problems(known.instance, limits, problems);
  return problems;
}

}  // namespace topo
