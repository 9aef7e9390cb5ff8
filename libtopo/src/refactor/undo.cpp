#include "refactor/undo.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "topo/base/error.h"
#include "topo/mysql/connection.h"

namespace topo::refactor {
namespace {

bool is_running(const Stand& stand) {
  return stand.channel && (stand.channel->io_thread != ThreadState::stopped ||
                           stand.channel->sql_thread != ThreadState::stopped);
}

bool is_unanswered(const std::exception& error) {
  const auto* known = dynamic_cast<const Error*>(&error);
  return known != nullptr && (known->code() == Code::unreachable || known->code() == Code::timeout);
}

// The SQL thread had already ended with an error, and may meet the same error again at once.
bool was_broken(const Track& server) {
  const auto* then = server.channel_then();
  return then != nullptr && then->sql_thread == ThreadState::stopped && !then->last_sql_error.empty();
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
mysql::MasterChange change_to_former(const ReplicationChannel& then) {
  mysql::MasterChange change;
  change.as_told = then.told_master.valid();
  change.master = change.as_told ? then.told_master : then.master;
  return change;
}

}  // namespace

Undo::Undo(Servers& servers, std::string operation, const ExecutionOptions& options, spdlog::logger& log)
    : servers_(servers), operation_(std::move(operation)), options_(options), log_(log) {}

void Undo::say(const std::string& what) {
  log_.debug("{}", what);
  if (options_.on_step) options_.on_step(what);
}

void Undo::is_left(const InstanceKey& server, std::string sentence) {
  log_.info("{}: {}", operation_, sentence);
  const std::lock_guard lock(mutex_);
  left_.push_back({server, std::move(sentence)});
}

std::vector<LeftServer> Undo::take_left() {
  const std::lock_guard lock(mutex_);
  return std::exchange(left_, {});
}

// Retries errors that may be transient. Throws the last error.
void Undo::persistently(const std::function<void()>& duty, bool even_if_refused) {
  constexpr int tries = 3;
  auto pause = options_.undo_pause;
  for (int left = tries - 1;; --left) {
    try {
      duty();
      return;
    } catch (const std::exception& error) {
      if (left == 0 || !(even_if_refused || is_unanswered(error))) throw;
      log_.warn("{}; retrying", error.what());
    }
    std::this_thread::sleep_for(pause);
    pause *= 4;
  }
}

void Undo::until_answered(const std::function<void()>& deed) {
  persistently(deed, false);
}

// Another owner that has locked the server since this operation's lock ended may want it as it is now. False:
// do not touch it.
bool Undo::is_ours(Track& server) {
  if (!options_.was_taken || !options_.was_taken(server.then.key)) return true;
  is_left(server.then.key,
          fmt::format(
              "{0} is left as it is: the lock of this operation has ended, and another owner has locked {0} "
              "since",
              server.then.key.display()));
  server.stopped = server.changed = false;
  return false;
}

void Undo::take_master_back(Track& server) {
  if (!is_ours(server)) return;
  const auto* then = server.channel_then();
  const auto& key = server.then.key;
  try {
    bool is_back = false;
    persistently([&] { is_back = point_back(server); });
    if (is_back) return;
    is_left(key, fmt::format("{} stays below {}, where it has already executed transactions", key.display(),
                             server.stand.channel->master.display()));
    server.changed = false;
    start_again(server);
  } catch (const std::exception& error) {
    is_left(key,
            fmt::format(
                "{} may be left replicating from another server than {}, where it had executed up to {}: {}",
                key.display(), then == nullptr ? "nobody" : then->master.display(),
                server.former_place.display(), error.what()));
    server.stopped = false;  // in its present state it must not be started
  }
}

// False: the server has executed events at its new master, and is stopped there.
bool Undo::point_back(Track& server) {
  say(fmt::format("{}: undo: replicate as before", server.then.key.display()));
  const auto* then = server.channel_then();
  auto now = servers_.look(server.then);
  const bool has_none_now = !now.channel || !now.channel->master.valid();
  // The master may be the same, with only the coordinates changed.
  const bool is_back = then == nullptr
                           ? has_none_now
                           : now.channel && now.channel->master == then->master &&
                                 (server.former_place.empty() || now.channel->exec == server.former_place);
  if (!is_back) {
    if (is_running(now)) {
      server.stopped = true;
      now = servers_.stop(server.then);
    }
    server.stand = now;
    const bool needs_place = then != nullptr && !then->using_oracle_gtid && !then->using_mariadb_gtid;
    if (needs_place && has_gone_on(server)) return false;
    if (then == nullptr) {
      servers_.forget_master(server.then);
      server.is_forgotten = true;
    } else {
      auto change = change_to_former(*then);
      change.heartbeat = server.heartbeat;
      if (needs_place) change.from = server.former_place;
      servers_.change_master(server.then, change);
    }
  }
  server.stand = servers_.look(server.then);
  server.changed = false;
  server.wants_both = false;  // at its former master it runs the threads that it had running
  return true;
}

void Undo::start_again(Track& server) {
  const auto& key = server.then.key;
  if (!server.ran()) {
    server.stopped = false;
    return;
  }
  if (!is_ours(server)) return;
  try {
    persistently([&] {
      say(fmt::format("{}: undo: start replication", key.display()));
      // If the connection was lost during START SLAVE UNTIL, that limit would still apply.
      servers_.stop(server.then);
      server.stand = start_mended(server);
      server.started = true;
    });
  } catch (const std::exception& error) {
    is_left(key, fmt::format("{} is left stopped: {}", key.display(), error.what()));
  }
  server.stopped = false;
}

// A server that went down while its master was changed may not be able to read its relay logs. It can do
// without them if the coordinates to fetch from are certain.
Stand Undo::start_mended(const Track& server) {
  std::string reason;
  try {
    return servers_.start(server.then, server.threads());
  } catch (const mysql::SqlError& error) {
    if (error.number() != relay_logs_are_broken) throw;
    reason = error.what();
  }
  const auto* then = server.channel_then();
  const auto now = servers_.look(server.then).channel;
  const bool by_gtid = now && now->using_oracle_gtid;
  if (!by_gtid && server.former_place.empty()) throw Error(Code::sql, reason);  // no coordinates were noted
  const bool is_at_place = now && now->exec == server.former_place;
  if (then != nullptr && now && now->master == then->master && (by_gtid || is_at_place)) {
    auto change = change_to_former(*then);
    if (!by_gtid) change.from = server.former_place;
    change.heartbeat = server.heartbeat;
    change.delay = now->sql_delay;
    say(fmt::format("{}: undo: restart with fresh relay logs", server.then.key.display()));
    try {
      servers_.renew_relay_logs(server.then, change);
      return servers_.start(server.then, server.threads());
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

void Undo::await_running(Track& server, bool master_may_be_down) {
  using std::chrono::milliseconds;
  constexpr milliseconds first_pause{3}, longest_pause{250};
  const auto begin = std::chrono::steady_clock::now();
  const auto connected_by = begin + std::max(options_.start_wait, options_.connect_wait);
  for (auto pause = first_pause;; pause = std::min(pause * 3 / 2, longest_pause)) {
    const auto& channel = server.replicating();
    const bool io_wanted = server.threads() != mysql::Threads::sql || server.channel_then() == nullptr;
    const bool sql_wanted = server.threads() != mysql::Threads::io && !was_broken(server);
    const bool io_ended = io_wanted && channel.io_thread == ThreadState::stopped;
    const bool sql_ended = sql_wanted && channel.sql_thread == ThreadState::stopped;
    const auto now = std::chrono::steady_clock::now();
    const bool is_early = !sql_ended && is_ahead_of_master(channel) && now < connected_by;
    const bool is_to_start_again = io_ended && is_early;
    if ((io_ended || sql_ended) && !is_to_start_again) {
      throw Error(Code::sql, fmt::format("the {} thread of {} has ended{}{}", io_ended ? "IO" : "SQL",
                                         server.then.key.display(), error_of(channel).empty() ? "" : ": ",
                                         error_of(channel)));
    }
    // The IO thread counts as running once it requests the master's log; events in the relay log prove that
    // it receives it.
    constexpr std::uint64_t empty_relay_log = 4;
    const bool has_fetched = !sql_wanted || channel.relay.position > empty_relay_log;
    if (!io_wanted || (channel.io_thread == ThreadState::running && has_fetched)) return;
    if (!channel.last_io_error.empty() && !is_early) {
      if (master_may_be_down) return;
      throw Error(Code::sql, channel.last_io_error);
    }
    if (master_may_be_down && !is_early && now >= begin + options_.start_wait) return;
    if (now >= connected_by) {
      throw Error(Code::timeout, fmt::format("{} still connects to {}", server.then.key.display(),
                                             channel.master.display()));
    }
    std::this_thread::sleep_for(std::min(pause, std::chrono::ceil<milliseconds>(connected_by - now)));
    until_answered([&] {
      server.stand =
          is_to_start_again ? servers_.start(server.then, server.threads()) : servers_.look(server.then);
    });
  }
}

bool has_gone_on(const Track& server) {
  if (server.new_place.empty()) return false;  // by GTID any coordinates are right
  const auto& channel = server.stand.channel;
  if (!channel || channel->exec.empty() || channel->exec == server.new_place) return false;
  return !(server.change_unanswered && is_torn(*channel, server.former_place));
}

bool is_torn(const ReplicationChannel& channel, const BinlogCoordinates& former_place) {
  return !former_place.empty() && channel.exec == former_place;
}

}  // namespace topo::refactor
