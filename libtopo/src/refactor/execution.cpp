#include "topo/refactor/execution.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "base/parallel.h"
#include "topo/base/error.h"

namespace topo::refactor {
namespace {

// What the plan has done to a server so far, and what was there before.
struct Track {
  Instance then;
  Stand stand;              // as it last said
  bool stopped = false;     // by the plan; from before the attempt on
  bool wants_both = false;  // threads, whatever ran before
  bool is_forgotten = false;
  bool started = false;  // by the plan, or by undoing it
  bool changed = false;  // its master, by the plan; from before the attempt on
  // Where it stood in its former master's log when that was changed, and where it begins in the new one's.
  BinlogCoordinates former_place, new_place;
  std::optional<std::chrono::milliseconds> heartbeat;  // as it was before the plan
  Wanted wanted;                                       // what the plan needs to know of it

  [[nodiscard]] const ReplicationChannel* channel_then() const { return then.replication(); }
  [[nodiscard]] bool ran() const {
    const auto* channel = channel_then();
    return channel != nullptr &&
           (channel->io_thread != ThreadState::stopped || channel->sql_thread != ThreadState::stopped);
  }
  // What is to run again.
  [[nodiscard]] mysql::Threads threads() const {
    const auto* channel = channel_then();
    if (channel == nullptr || wants_both) return mysql::Threads::both;
    if (channel->io_thread == ThreadState::stopped) return mysql::Threads::sql;
    if (channel->sql_thread == ThreadState::stopped) return mysql::Threads::io;
    return mysql::Threads::both;
  }
};

class Execution {
 public:
  Execution(Servers& servers, const Plan& plan, const std::unordered_map<InstanceKey, Instance>& then,
            const ExecutionOptions& options, spdlog::logger& log)
      : servers_(servers), plan_(plan), options_(options), log_(log) {
    for (const auto& [key, instance] : then) tracks_[key].then = instance;
    strands_.resize(plan.strands.size());
    for_each_step(plan, [this](const Step& step) { note_wanted(step); });
  }

  Outcome run() {
    if (trunk(plan_.before)) {
      strands(&Strand::prepare);
      if (trunk(plan_.between)) strands(&Strand::move);
    }
    finish_trunk();
    verify();
    for (const auto& key : touched_by(plan_)) outcome_.now.push_back(as_now(track(key)));
    return std::move(outcome_);
  }

 private:
  struct StrandState {
    bool failed = false;
    std::vector<InstanceKey> touched;  // in order
  };

  Track& track(const InstanceKey& key) {
    const auto found = tracks_.find(key);
    if (found == tracks_.end())
      throw Error(Code::not_found, fmt::format("The plan does not say how {} was", key.display()));
    return found->second;
  }

  // A place that the plan speaks of has to be asked for, and so has what a change of the master would lose.
  void note_wanted(const Step& step) {
    const auto note = [this](const Place& place) {
      const auto found = tracks_.find(place.of);
      if (found != tracks_.end() && place.kind == Place::Kind::log_end) found->second.wanted.log_end = true;
    };
    if (const auto* run = std::get_if<RunUntil>(&step)) note(run->until);
    const auto want_heartbeat = [this](const InstanceKey& key) {
      if (const auto found = tracks_.find(key); found != tracks_.end()) found->second.wanted.heartbeat = true;
    };
    if (const auto* detach = std::get_if<Detach>(&step)) want_heartbeat(detach->server);
    if (const auto* reattach = std::get_if<Reattach>(&step)) want_heartbeat(reattach->server);
    if (const auto* change = std::get_if<ChangeMaster>(&step)) {
      if (!change->by_gtid) note(change->from);
      want_heartbeat(change->server);
    }
  }

  void say(const std::string& what) {
    log_.debug("{}", what);
    if (options_.on_step) options_.on_step(what);
  }

  static Instance as_now(const Track& server) {
    Instance now = server.then;
    const auto& stand = server.stand;
    const bool was_heard = stand.channel || server.channel_then() == nullptr || server.is_forgotten;
    if (!stand.log_end.empty()) now.self_coordinates = stand.log_end;
    if (!was_heard) return now;
    const auto name = server.channel_then() == nullptr ? "" : server.channel_then()->name;
    std::erase_if(now.channels, [&](const auto& channel) { return channel.name == name; });
    if (stand.channel) now.channels.push_back(*stand.channel);
    if (const auto* channel = now.replication()) now.slave_lag = channel->seconds_behind_master;
    return now;
  }

  // --- Steps

  void carry_out(const Step& step, std::vector<InstanceKey>& touched) {
    say(describe(step));
    std::visit(
        [&](const auto& one) {
          if (std::find(touched.begin(), touched.end(), one.server) == touched.end())
            touched.push_back(one.server);
          this->act(one);
        },
        step);
  }

  void act(const StopReplication& step) {
    auto& server = track(step.server);
    if (server.channel_then() == nullptr) {
      take(server, servers_.look(server.then, server.wanted));
      return;
    }
    server.stopped = server.ran();
    take(server, servers_.stop(server.then, server.wanted));
  }

  // Somebody else may have moved it since it was read.
  static void take(Track& server, Stand stand) {
    const auto* then = server.channel_then();
    const bool is_same =
        then == nullptr ? !stand.channel : stand.channel && stand.channel->master == then->master;
    if (!is_same) {
      throw Error(
          Code::refused,
          fmt::format("{} was moved by somebody else meanwhile: it replicates from {}, no longer from {}",
                      server.then.key.display(), stand.channel ? stand.channel->master.display() : "nobody",
                      then == nullptr ? "nobody" : then->master.display()));
    }
    if (!server.heartbeat) server.heartbeat = stand.heartbeat;
    server.stand = std::move(stand);
  }

  [[nodiscard]] const BinlogCoordinates& executed(const InstanceKey& key) {
    const auto& server = track(key);
    const auto& channel = server.stand.channel ? server.stand.channel : throw_no_replica(key);
    return channel->exec;
  }
  [[noreturn]] static const std::optional<ReplicationChannel>& throw_no_replica(const InstanceKey& key) {
    throw Error(Code::refused, fmt::format("{} does not replicate", key.display()));
  }

  BinlogCoordinates place(const Place& place) {
    if (place.kind == Place::Kind::executed) return executed(place.of);
    auto& server = track(place.of);
    // A server that the plan does not stop has not said anything yet.
    if (server.stand.log_end.empty()) server.stand = servers_.look(server.then, server.wanted);
    if (server.stand.log_end.empty())
      throw Error(Code::refused, fmt::format("{} has no binary log", place.of.display()));
    return server.stand.log_end;
  }

  void act(const RunUntil& step) { run_until(step.server, place(step.until)); }

  void act(const CatchUp& step) {
    auto target = executed(step.server);
    for (const auto& other : step.others) {
      // One that could not be stopped does not count any more.
      if (const auto& stand = track(other).stand; stand.channel)
        target = std::max(target, stand.channel->exec);
    }
    run_until(step.server, target);
  }

  void run_until(const InstanceKey& key, const BinlogCoordinates& target) {
    auto& server = track(key);
    const auto& now = executed(key);
    if (now == target) return;
    if (target < now) {
      throw Error(Code::refused, fmt::format("{} is at {} already, beyond {}", key.display(), now.display(),
                                             target.display()));
    }
    server.stopped = true;
    server.stand = servers_.run_until(server.then, target, {.log_end = server.wanted.log_end});
  }

  void act(const ChangeMaster& step) {
    auto& server = track(step.server);
    mysql::MasterChange change;
    change.master = step.master;
    change.heartbeat = server.heartbeat;
    if (!step.by_gtid) change.from = server.new_place = place(step.from);
    if (server.stand.channel) server.former_place = server.stand.channel->exec;
    server.changed = true;
    servers_.change_master(server.then, change);
  }

  void act(const DrainRelayLog& step) {
    auto& server = track(step.server);
    server.stopped = server.ran();
    server.stand = servers_.drain(server.then);
  }

  void act(const ForgetMaster& step) {
    auto& server = track(step.server);
    servers_.forget_master(server.then);
    server.stand.channel.reset();
    server.is_forgotten = true;
  }

  void act(const Detach& step) { change_place(step.server, detached_coordinates(executed(step.server))); }
  void act(const Reattach& step) {
    const auto& now = executed(step.server);
    change_place(step.server, attached_coordinates(now).value_or(now));
  }
  void change_place(const InstanceKey& key, const BinlogCoordinates& place) {
    auto& server = track(key);
    server.former_place = executed(key);
    server.new_place = place;
    server.changed = true;
    servers_.change_place(server.then, place, server.heartbeat);
  }

  void act(const SkipTransaction& step) { servers_.skip_transaction(track(step.server).then); }

  void act(const SetReadOnly& step) {
    auto& server = track(step.server);
    servers_.set_read_only(server.then, step.read_only);
    server.then.read_only = step.read_only;
  }

  void act(const KillQuery& step) { servers_.kill_query(track(step.server).then, step.process); }

  void act(const StartReplication& step) {
    auto& server = track(step.server);
    const bool was_none = server.channel_then() == nullptr;
    if (!step.both && !server.stopped && !was_none) return;  // the plan found it like that
    server.wants_both = step.both;
    server.stand = servers_.start(server.then, server.threads());
    server.started = true;
    server.stopped = false;
  }

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
  void finish_trunk() {
    for (const auto& step : plan_.after) {
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
      } else {
        mysql::MasterChange change;
        change.master = then->master;
        change.heartbeat = server.heartbeat;
        if (!then->using_oracle_gtid && !then->using_mariadb_gtid) change.from = server.former_place;
        servers_.change_master(server.then, change);
      }
    }
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
    // Those that only stood still for a while: that they run again is to be seen, too.
    for (const auto& key : trunk_touched_) {
      auto& server = track(key);
      if (!server.started) continue;
      try {
        await_running(server, true);
      } catch (const std::exception& error) {
        is_left("{} does not replicate any more: {}", key.display(), error.what());
      }
    }
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
      const auto& channel = server.stand.channel ? server.stand.channel : throw_no_replica(server.then.key);
      const bool io_wanted = server.threads() != mysql::Threads::sql || server.channel_then() == nullptr;
      const bool sql_wanted = server.threads() != mysql::Threads::io;
      const bool io_ended = io_wanted && channel->io_thread == ThreadState::stopped;
      const bool sql_ended = sql_wanted && channel->sql_thread == ThreadState::stopped;
      if (io_ended || sql_ended) {
        throw Error(Code::sql, fmt::format("its {} thread has ended{}{}", io_ended ? "IO" : "SQL",
                                           error_of(*channel).empty() ? "" : ": ", error_of(*channel)));
      }
      // A thread is said to run when it asks the master for its log; that it gets it is seen when the first
      // events are in the relay log.
      constexpr std::uint64_t empty_relay_log = 4;
      const bool has_fetched = !sql_wanted || channel->relay.position > empty_relay_log;
      if (!io_wanted || (channel->io_thread == ThreadState::running && has_fetched)) return;
      if (!channel->last_io_error.empty()) {
        if (master_may_be_down) return;
        throw Error(Code::sql, channel->last_io_error);
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
  std::unordered_map<InstanceKey, Track> tracks_;  // each used by one thread at a time
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
