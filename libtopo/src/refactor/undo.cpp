#include "refactor/undo.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "topo/base/error.h"
#include "topo/model/gtid_set.h"
#include "topo/mysql/connection.h"
#include "topo/topology/gtids.h"
#include "topo/topology/repairs.h"

namespace topo::refactor {
namespace {

bool is_running(const ReplicationState& replication) {
  return replication.channel && (replication.channel->io_thread != ThreadState::stopped ||
                                 replication.channel->sql_thread != ThreadState::stopped);
}

bool is_unanswered(const std::exception& error) {
  const auto* known = dynamic_cast<const Error*>(&error);
  return known != nullptr && (known->code() == Code::unreachable || known->code() == Code::timeout);
}

// The SQL thread had already ended with an error, and may meet the same error again at once.
bool was_broken(const ServerState& server) {
  const auto* former = server.former_channel();
  return former != nullptr && former->sql_thread == ThreadState::stopped && !former->last_sql_error.empty();
}

const std::string& error_of(const ReplicationChannel& channel) {
  return channel.last_io_error.empty() ? channel.last_sql_error : channel.last_io_error;
}

// MariaDB by GTID: the master still lacks transactions that the replica has executed from another master. The
// IO thread does not wait but ends, at once or a moment later. If the logs diverged, the message says so.
bool is_ahead_of_master(const ReplicationChannel& channel) {
  const auto& error = channel.last_io_error;
  return channel.using_mariadb_gtid &&
         error.find("which is not in the master's binlog") != std::string::npos &&
         error.find("diverged") == std::string::npos;
}

// Uses the same name for the master as before.
mysql::MasterChange change_to_former(const ReplicationChannel& former) {
  mysql::MasterChange change;
  change.as_reported = former.reported_master.has_value();
  const auto& name = change.as_reported ? former.reported_master : former.master;
  if (!name) throw Error(Code::refused, "the name of its former master is not usable");
  change.master = *name;
  return change;
}

}  // namespace

Undo::Undo(Servers& servers, std::string operation, const ExecutionOptions& options, spdlog::logger& log)
    : servers_(servers), operation_(std::move(operation)), options_(options), log_(log) {}

void Undo::log_step(const std::string& what) {
  log_.debug(what);
  if (options_.on_step) options_.on_step(what);
}

void Undo::report_leftover(const InstanceKey& server, std::string sentence) {
  log_.info(fmt::format("{}: {}", operation_, sentence));
  const std::lock_guard lock(mutex_);
  leftovers_.push_back({server, std::move(sentence)});
}

bool Undo::has_left(const InstanceKey& server) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(leftovers_, [&](const Leftover& left) { return left.key == server; });
}

std::vector<Leftover> Undo::take_leftovers() {
  const std::lock_guard lock(mutex_);
  return std::exchange(leftovers_, {});
}

// Retries errors that may be transient. Throws the last error.
void Undo::retry(const std::function<void()>& action, bool even_if_refused) {
  constexpr int tries = 3;
  auto pause = options_.undo_pause;
  for (int left = tries - 1;; --left) {
    try {
      action();
      return;
    } catch (const std::exception& error) {
      if (left == 0 || !(even_if_refused || is_unanswered(error))) throw;
      log_.warn(fmt::format("{}; retrying", error.what()));
    }
    std::this_thread::sleep_for(pause);
    pause *= 4;
  }
}

void Undo::carry_out(const std::string& what, const std::function<void()>& action) {
  const auto end = [&](StepReport::Result result, std::string reason) {
    if (options_.on_step_end) options_.on_step_end({what, result, std::move(reason)});
  };
  try {
    retry([&] {
      log_step(what);
      action();
    });
  } catch (const std::exception& error) {
    end(StepReport::Result::failed, error.what());
    throw;
  }
  end(StepReport::Result::done, "");
}

void Undo::retry_while_unreachable(const std::function<void()>& action) {
  retry(action, false);
}

// Another owner that has locked the server since this operation's lock ended may want it as it is now. False:
// do not touch it.
bool Undo::is_still_locked(ServerState& server) {
  if (!options_.was_taken || !options_.was_taken(server.former.key)) return true;
  report_leftover(
      server.former.key,
      fmt::format(
          "{0} is left as it is: the lock of this operation has ended, and another owner has locked {0} "
          "since",
          server.former.key.display()));
  server.stopped = server.changed = false;
  return false;
}

void Undo::restore_master(ServerState& server) {
  if (!is_still_locked(server)) return;
  const auto* former = server.former_channel();
  const auto& key = server.former.key;
  try {
    bool is_restored = false;
    carry_out(fmt::format("{}: undo: replicate as before", key.display()),
              [&] { is_restored = restore_former_master(server); });
    if (is_restored) return;
    report_leftover(key, fmt::format("{} stays below {}, where it has already executed transactions",
                                     key.display(), display_of(server.replication.channel->master)));
    server.changed = false;
    restart(server);
  } catch (const std::exception& error) {
    report_leftover(
        key, fmt::format(
                 "{} may be left replicating from another server than {}, where it had executed up to {}: {}",
                 key.display(), former == nullptr ? "nobody" : display_of(former->master),
                 server.former_coordinates.display(), error.what()));
    server.stopped = false;  // in its present state it must not be started
  }
}

// False: the server has executed events at its new master, and is stopped there.
bool Undo::restore_former_master(ServerState& server) {
  const auto* former = server.former_channel();
  auto now = servers_.look(server.former);
  const bool has_no_master = !now.channel || !now.channel->master.has_value();
  // The master may be the same, with only the coordinates changed.
  const bool is_restored = former == nullptr ? has_no_master
                                             : now.channel && now.channel->master == former->master &&
                                                   (server.former_coordinates.empty() ||
                                                    now.channel->exec == server.former_coordinates);
  if (!is_restored) {
    if (is_running(now)) {
      server.stopped = true;
      now = servers_.stop(server.former);
    }
    server.replication = now;
    const bool needs_coordinates =
        former != nullptr && !former->using_oracle_gtid && !former->using_mariadb_gtid;
    if (server.meeting && now.channel && now.channel->exec == server.meeting->there) {
      server.new_coordinates = server.meeting->there;
      server.former_coordinates = server.meeting->before;
    }
    if (needs_coordinates && has_executed_there(server)) return false;
    if (former == nullptr) {
      servers_.forget_master(server.former);
      server.is_forgotten = true;
    } else {
      auto change = change_to_former(*former);
      change.heartbeat = server.heartbeat;
      if (needs_coordinates) change.from = server.former_coordinates;
      servers_.change_master(server.former, change);
    }
  }
  server.replication = servers_.look(server.former);
  server.changed = false;
  server.wants_both = false;  // at its former master it runs the threads that it had running
  return true;
}

bool Undo::restore_read_only(ServerState& server) {
  if (!server.former_read_only || !is_still_locked(server)) return true;
  const bool read_only = *server.former_read_only;
  try {
    carry_out(
        fmt::format("{}: undo: set read_only {}", server.former.key.display(), read_only ? "on" : "off"),
        [&] {
          servers_.set_read_only(server.former, read_only, false);
          if (server.stopped_events) servers_.start_events(server.former);
        });
    server.stopped_events = false;
    server.former.read_only = read_only;
    server.former_read_only.reset();
    return true;
  } catch (const std::exception& error) {
    log_.warn(error.what());
    return false;
  }
}

void Undo::restore_semi_sync(ServerState& server) {
  if (!server.semi_sync_undo || !is_still_locked(server)) return;
  const auto& key = server.former.key;
  const auto name = key.display();
  try {
    carry_out(fmt::format("{}: undo: set semi-sync as it was", name),
              [&] { servers_.set_semi_sync(server.former, *server.semi_sync_undo); });
    server.former.semi_sync = server.former_semi_sync;
    server.semi_sync_undo.reset();
  } catch (const std::exception& error) {
    report_leftover(
        key, fmt::format("the semi-sync settings of {} could not be restored: {}", name, error.what()));
  }
}

void Undo::restore_delay(ServerState& server) {
  const auto delay = server.lifted_delay;
  if (delay.count() == 0 || !is_still_locked(server)) return;
  const auto& key = server.former.key;
  try {
    carry_out(fmt::format("{}: undo: delay replication by {} s", key.display(), delay.count()),
              [&] { servers_.set_delay(server.former, delay); });
  } catch (const std::exception& error) {
    report_leftover(
        key, fmt::format("{} has lost its delay of {} s: {}", key.display(), delay.count(), error.what()));
  }
  server.lifted_delay = {};
}

void Undo::forget_master(ServerState& server) {
  const auto& key = server.former.key;
  if (!is_still_locked(server)) return;
  try {
    carry_out(fmt::format("{}: remove the master", key.display()), [&] {
      if (!servers_.look(server.former).channel) return;
      servers_.stop(server.former);
      servers_.forget_master(server.former);
    });
    server.is_forgotten = true;
    server.replication.channel.reset();
  } catch (const std::exception& error) {
    report_leftover(key, fmt::format("{} is a master, and its replication is not reset: {}", key.display(),
                                     error.what()));
  }
}

void Undo::restart(ServerState& server) {
  const auto& key = server.former.key;
  restore_delay(server);
  if (!server.ran()) {
    server.stopped = false;
    return;
  }
  if (!is_still_locked(server)) return;
  try {
    carry_out(fmt::format("{}: undo: start replication", key.display()), [&] {
      // If the connection was lost during START SLAVE UNTIL, that limit would still apply.
      servers_.stop(server.former);
      complete_reset(server);
      server.replication = start_with_fresh_relay_logs_if_needed(server);
      server.started = true;
    });
  } catch (const std::exception& error) {
    report_leftover(key, fmt::format("{} is left stopped: {}", key.display(), error.what()));
  }
  server.stopped = false;
}

// A server whose gtid_executed was emptied would execute everything again.
void Undo::complete_reset(const ServerState& server) {
  if (server.gtids.empty()) return;
  const auto executed = servers_.read(server.former.key).executed_gtid_set;
  if (!executed.empty()) {
    if (GtidSet::parse(server.gtids).minus(GtidSet::parse(executed)).empty()) return;
    throw Error(
        Code::refused,
        fmt::format("its gtid_executed is {}, and lacks what it had executed, {}: clients have written "
                    "there meanwhile, and replication would execute everything again",
                    shortened_gtids(executed), shortened_gtids(server.gtids)));
  }
  log_step(fmt::format("{}: undo: set gtid_purged", server.former.key.display()));
  try {
    servers_.reset_gtids(server.former, "", server.gtids);
  } catch (const std::exception& error) {
    const auto* known = dynamic_cast<const Error*>(&error);
    throw Error(known == nullptr ? Code::refused : known->code(),
                fmt::format("{}; its gtid_executed is empty: before replication is started there, SET GLOBAL "
                            "gtid_purged = '{}'",
                            error.what(), server.gtids));
  }
}

// A server that went down while its master was changed may not be able to read its relay logs. It can do
// without them if the coordinates to fetch from are certain.
ReplicationState Undo::start_with_fresh_relay_logs_if_needed(const ServerState& server) {
  std::string reason;
  try {
    return servers_.start(server.former, server.threads());
  } catch (const mysql::SqlError& error) {
    if (error.number() != relay_logs_are_broken) throw;
    reason = error.what();
  }
  const auto* former = server.former_channel();
  const auto now = servers_.look(server.former).channel;
  const bool by_gtid = now && now->using_oracle_gtid;
  if (!by_gtid && server.former_coordinates.empty())
    throw Error(Code::sql, reason);  // no coordinates were noted
  const bool is_at_former_coordinates = now && now->exec == server.former_coordinates;
  if (former != nullptr && now && now->master == former->master && (by_gtid || is_at_former_coordinates)) {
    auto change = change_to_former(*former);
    if (!by_gtid) change.from = server.former_coordinates;
    change.heartbeat = server.heartbeat;
    change.delay = now->sql_delay;
    log_step(fmt::format("{}: undo: restart with fresh relay logs", server.former.key.display()));
    try {
      servers_.renew_relay_logs(server.former, change);
      return servers_.start(server.former, server.threads());
    } catch (const mysql::SqlError& error) {
      if (error.connection_lost()) throw;
    }
  }
  const auto delay = now ? now->sql_delay.count() : 0;
  throw Error(
      Code::sql,
      fmt::format("{}. Shut that server down, delete its relay logs and their index, start it, and "
                  "undo again{}",
                  reason, delay == 0 ? "" : fmt::format("; its MASTER_DELAY was {} and may be lost", delay)));
}

void Undo::await_running(ServerState& server, bool master_may_be_down) {
  using std::chrono::milliseconds;
  constexpr milliseconds first_pause{3}, longest_pause{250};
  const auto begin = std::chrono::steady_clock::now();
  const auto connected_by = begin + std::max(options_.start_wait, options_.connect_wait);
  for (auto pause = first_pause;; pause = std::min(pause * 3 / 2, longest_pause)) {
    const auto& channel = server.replicating();
    const bool io_wanted = server.threads() != mysql::Threads::sql || server.former_channel() == nullptr;
    const bool sql_wanted = server.threads() != mysql::Threads::io && !was_broken(server);
    const bool io_ended = io_wanted && channel.io_thread == ThreadState::stopped;
    const bool sql_ended = sql_wanted && channel.sql_thread == ThreadState::stopped;
    const auto now = std::chrono::steady_clock::now();
    const bool is_early = !sql_ended && is_ahead_of_master(channel) && now < connected_by;
    const bool is_to_start_again = io_ended && is_early;
    if ((io_ended || sql_ended) && !is_to_start_again) {
      throw Error(Code::sql, fmt::format("the {} thread of {} has ended{}{}", io_ended ? "IO" : "SQL",
                                         server.former.key.display(), error_of(channel).empty() ? "" : ": ",
                                         error_of(channel)));
    }
    // The IO thread counts as running once it requests the master's log; events in the relay log prove that
    // it receives it.
    constexpr std::uint64_t empty_relay_log = 4;
    const bool has_fetched = !sql_wanted || channel.relay.position > empty_relay_log;
    if (!io_wanted || (channel.io_thread == ThreadState::running && has_fetched)) return;
    if (!channel.last_io_error.empty() && !is_early) {
      if (master_may_be_down) return;
      const bool executes = channel.sql_thread == ThreadState::running && !server.changed;
      throw Error(
          Code::sql,
          fmt::format("{} does not connect to {}: {}{}", server.former.key.display(),
                      display_of(channel.master), channel.last_io_error,
                      executes ? "; its SQL thread runs, and executes what it has received; its IO thread "
                                 "goes on trying (restart-slave tries at once)"
                               : ""));
    }
    if (master_may_be_down && !is_early && now >= begin + options_.start_wait) return;
    if (now >= connected_by) {
      throw Error(Code::timeout, fmt::format("{} still connects to {}", server.former.key.display(),
                                             display_of(channel.master)));
    }
    std::this_thread::sleep_for(std::min(pause, std::chrono::ceil<milliseconds>(connected_by - now)));
    retry_while_unreachable([&] {
      server.replication =
          is_to_start_again ? servers_.start(server.former, server.threads()) : servers_.look(server.former);
    });
  }
}

std::string Undo::error_that_stays(ServerState& server) {
  constexpr std::chrono::milliseconds pause{20};
  if (!was_broken(server)) return "";
  const auto until = std::chrono::steady_clock::now() + options_.start_wait;
  const auto runs_sql = [&] {
    return server.replication.channel && server.replication.channel->sql_thread != ThreadState::stopped;
  };
  while (runs_sql()) {
    const bool is_last_look = std::chrono::steady_clock::now() >= until;
    retry_while_unreachable([&] { server.replication = servers_.look(server.former); });
    if (is_last_look && runs_sql()) return "";
    if (runs_sql()) std::this_thread::sleep_for(pause);
  }
  const auto& now = server.replication.channel;
  return now && !now->last_sql_error.empty() ? now->last_sql_error : server.former_channel()->last_sql_error;
}

bool has_executed_there(const ServerState& server) {
  const auto& channel = server.replication.channel;
  return channel && has_executed_since(*channel, server.new_coordinates) &&
         !(server.change_unanswered && is_half_applied(*channel, server.former_coordinates));
}

}  // namespace topo::refactor
