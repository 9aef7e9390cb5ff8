#include "topo/refactor/execution.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "base/parallel.h"
#include "refactor/steps.h"
#include "topo/base/error.h"

namespace topo::refactor {
namespace {

class Execution {
 public:
  Execution(Servers& servers, const Plan& plan, const std::unordered_map<InstanceKey, Instance>& then,
            const ExecutionOptions& options, spdlog::logger& log)
      : servers_(servers), plan_(plan), options_(options), log_(log), steps_(servers, plan, then) {
    strands_.resize(plan.strands.size());
  }

  Outcome run() {
    bool is_whole = trunk(plan_.before);
    if (is_whole) {
      strands(&Strand::prepare);
      is_whole = trunk(plan_.between);
      if (is_whole) strands(&Strand::move);
    }
    finish_trunk(is_whole);
    verify();
    for (const auto& key : touched_by(plan_)) outcome_.now.push_back(track(key).now());
    return std::move(outcome_);
  }

 private:
  struct StrandState {
    bool failed = false;
    std::vector<InstanceKey> touched;  // in order
  };

  void say(const std::string& what) {
    log_.debug("{}", what);
    if (options_.on_step) options_.on_step(what);
  }

  void carry_out(const Step& step, std::vector<InstanceKey>& touched) {
    say(describe(step));
    const auto& server = server_of(step);
    if (std::find(touched.begin(), touched.end(), server) == touched.end()) touched.push_back(server);
    steps_.carry_out(step);
  }
  Track& track(const InstanceKey& key) { return steps_.track(key); }

  // --- Parts

  // False: everything was taken back.
  bool trunk(const std::vector<Step>& steps) {
    try {
      for (const auto& step : steps) carry_out(step, trunk_touched_);
      return true;
    } catch (const std::exception& error) {
      const auto code = code_of(error);
      for (std::size_t i = 0; i < strands_.size(); ++i) {
        if (!strands_[i].failed) fail(i, error.what(), code);
      }
      return false;
    }
  }

  void strands(std::vector<Step> Strand::*part) {
    in_parallel(strands_.size(), options_.at_once, [&](std::size_t i) {
      if (strands_[i].failed) return;
      try {
        for (const auto& step : plan_.strands[i].*part) carry_out(step, strands_[i].touched);
      } catch (const std::exception& error) {
        fail(i, error.what(), code_of(error));
      }
    });
  }

  static Code code_of(const std::exception& error) {
    const auto* known = dynamic_cast<const Error*>(&error);
    return known == nullptr ? Code::refused : known->code();
  }

  void fail(std::size_t strand, const std::string& reason, Code code) {
    strands_[strand].failed = true;
    log_.warn("{} {}: {}", plan_.operation, plan_.strands[strand].replica.display(), reason);
    auto& touched = strands_[strand].touched;
    for (auto key = touched.rbegin(); key != touched.rend(); ++key) take_back(*key);
    const std::lock_guard lock(mutex_);
    outcome_.failed.push_back({plan_.strands[strand].replica, reason, code});
  }

  // The trunk's servers run again in any case.
  void finish_trunk(bool is_whole) {
    for (const auto& step : is_whole ? plan_.after : std::vector<Step>()) {
      try {
        carry_out(step, trunk_touched_);
      } catch (const std::exception& error) {
        log_.warn("{}", error.what());  // it is tried again
      }
    }
    trunk_over_ = true;
    for (const auto& key : trunk_touched_) {
      if (track(key).stopped) start_again(track(key));
    }
  }

  template <typename... Values>
  void is_left(fmt::format_string<Values...> text, Values&&... values) {
    auto sentence = fmt::format(text, std::forward<Values>(values)...);
    log_.error("{}: {}", plan_.operation, sentence);
    const std::lock_guard lock(mutex_);
    outcome_.left.push_back(std::move(sentence));
  }

  // --- Undoing

  // Repeatable: only what was done is undone.
  void take_back(const InstanceKey& key) {
    auto& server = track(key);
    const bool is_trunk =
        std::find(trunk_touched_.begin(), trunk_touched_.end(), key) != trunk_touched_.end();
    if (server.changed) take_master_back(server);
    // Whoever the trunk stopped it starts, at the end.
    if (server.stopped && (!is_trunk || trunk_over_)) start_again(server);
  }

  // Repeats what may fail for reasons that pass. Throws what the last try did.
  template <typename Duty>
  void persistently(const Duty& duty) {
    constexpr int tries = 3;
    auto pause = options_.undo_pause;
    for (int left = tries - 1;; --left) {
      try {
        duty();
        return;
      } catch (const std::exception& error) {
        if (left == 0) throw;
        log_.warn("{}; it is tried again", error.what());
      }
      std::this_thread::sleep_for(pause);
      pause *= 4;
    }
  }

  void take_master_back(Track& server) {
    const auto* then = server.channel_then();
    try {
      persistently([&] { point_back(server); });
    } catch (const std::exception& error) {
      is_left("{} may be left replicating from another server than {}, where it stood at {}: {}",
              server.then.key.display(), then == nullptr ? "nobody" : then->master.display(),
              server.former_place.display(), error.what());
      server.stopped = false;  // as it is now it must not be started
    }
  }

  void point_back(Track& server) {
    say(fmt::format("{}: undo: replicate as before", server.then.key.display()));
    const auto* then = server.channel_then();
    auto now = servers_.look(server.then);
    const bool has_none_now = !now.channel || !now.channel->master.valid();
    // Of one and the same master only the place may have been changed.
    const bool is_back = then == nullptr
                             ? has_none_now
                             : now.channel && now.channel->master == then->master &&
                                   (server.former_place.empty() || now.channel->exec == server.former_place);
    if (!is_back) {
      if (is_running(now)) {
        server.stopped = true;
        servers_.stop(server.then);
      }
      if (then == nullptr) {
        servers_.forget_master(server.then);
        server.is_forgotten = true;
      } else {
        mysql::MasterChange change;
        change.master = then->master;
        change.heartbeat = server.heartbeat;
        if (!then->using_oracle_gtid && !then->using_mariadb_gtid) change.from = server.former_place;
        servers_.change_master(server.then, change);
      }
    }
    server.stand = servers_.look(server.then);
    server.changed = false;
  }

  static bool is_running(const Stand& stand) {
    return stand.channel && (stand.channel->io_thread != ThreadState::stopped ||
                             stand.channel->sql_thread != ThreadState::stopped);
  }

  void start_again(Track& server) {
    const auto& key = server.then.key;
    if (!server.ran()) {
      server.stopped = false;
      return;
    }
    try {
      persistently([&] {
        say(fmt::format("{}: undo: start replication", key.display()));
        // Where the connection was lost while it ran until a place, it would still end there.
        servers_.stop(server.then);
        server.stand = servers_.start(server.then, server.threads());
        server.started = true;
      });
    } catch (const std::exception& error) {
      is_left("{} is left stopped: {}", key.display(), error.what());
    }
    server.stopped = false;
  }

  // --- Whether it works

  [[nodiscard]] bool may_be_down(std::size_t strand) const {
    const auto& steps = plan_.strands[strand].move;
    return std::any_of(steps.begin(), steps.end(), [](const Step& step) {
      const auto* change = std::get_if<ChangeMaster>(&step);
      return change != nullptr && change->master_may_be_down;
    });
  }

  void verify() {
    in_parallel(strands_.size(), options_.at_once, [&](std::size_t i) {
      if (!strands_[i].failed) verify(i);
    });
    // Those that only stood still for a while, or went back: that they run again is to be seen, too.
    auto others = trunk_touched_;
    for (const auto& strand : strands_) {
      if (strand.failed) others.insert(others.end(), strand.touched.begin(), strand.touched.end());
    }
    in_parallel(others.size(), options_.at_once, [&](std::size_t i) {
      auto& server = track(others[i]);
      if (!server.started) return;
      try {
        await_running(server, true);
      } catch (const std::exception& error) {
        is_left("{} does not replicate any more: {}", others[i].display(), error.what());
      }
    });
  }

  void verify(std::size_t strand) {
    const auto& replica = plan_.strands[strand].replica;
    const bool is_to_run = std::holds_alternative<StartReplication>(plan_.strands[strand].move.back());
    try {
      if (is_to_run) await_running(track(replica), may_be_down(strand));
    } catch (const std::exception& error) {
      if (!has_gone_on(track(replica))) {
        fail(strand, error.what(), code_of(error));
        return;
      }
      is_left("{} was moved, and does not replicate: {}", replica.display(), error.what());
    }
    const std::lock_guard lock(mutex_);
    outcome_.moved.push_back(replica);
  }

  // Throws when a thread has ended, or its connection is refused for a reason that time will not mend.
  void await_running(Track& server, bool master_may_be_down) {
    constexpr std::chrono::milliseconds first_pause{10};
    const auto deadline = std::chrono::steady_clock::now() + options_.start_wait;
    for (auto pause = first_pause;; pause *= 2) {
      const auto& channel = server.replicating();
      const bool io_wanted = server.threads() != mysql::Threads::sql || server.channel_then() == nullptr;
      const bool sql_wanted = server.threads() != mysql::Threads::io;
      const bool io_ended = io_wanted && channel.io_thread == ThreadState::stopped;
      const bool sql_ended = sql_wanted && channel.sql_thread == ThreadState::stopped;
      if (io_ended || sql_ended) {
        throw Error(Code::sql, fmt::format("the {} thread of {} has ended{}{}", io_ended ? "IO" : "SQL",
                                           server.then.key.display(), error_of(channel).empty() ? "" : ": ",
                                           error_of(channel)));
      }
      // A thread is said to run when it asks the master for its log; that it gets it is seen when the first
      // events are in the relay log.
      constexpr std::uint64_t empty_relay_log = 4;
      const bool has_fetched = !sql_wanted || channel.relay.position > empty_relay_log;
      if (!io_wanted || (channel.io_thread == ThreadState::running && has_fetched)) return;
      if (!channel.last_io_error.empty()) {
        if (master_may_be_down) return;
        throw Error(Code::sql, channel.last_io_error);
      }
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) return;  // it is still connecting, and has nothing to complain of
      std::this_thread::sleep_for(std::min(pause, left));
      server.stand = servers_.look(server.then);
    }
  }

  static const std::string& error_of(const ReplicationChannel& channel) {
    return channel.last_io_error.empty() ? channel.last_sql_error : channel.last_io_error;
  }

  // It has executed something at its new master, so that its former place is the right one no more.
  static bool has_gone_on(const Track& server) {
    if (server.new_place.empty()) return false;  // by GTID any place is right
    const auto& channel = server.stand.channel;
    return channel && !channel->exec.empty() && channel->exec != server.new_place;
  }

  Servers& servers_;
  const Plan& plan_;
  const ExecutionOptions& options_;
  spdlog::logger& log_;
  Steps steps_;
  std::vector<StrandState> strands_;
  std::vector<InstanceKey> trunk_touched_;
  bool trunk_over_ = false;
  std::mutex mutex_;  // of outcome_
  Outcome outcome_;
};

}  // namespace

Outcome execute(Servers& servers, const Plan& plan,
                const std::unordered_map<InstanceKey, Instance>& servers_then,
                const ExecutionOptions& options, spdlog::logger& log) {
  return Execution(servers, plan, servers_then, options, log).run();
}

}  // namespace topo::refactor
