#include "topo/refactor/execution.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "base/parallel.h"
#include "refactor/steps.h"
#include "refactor/undo.h"
#include "topo/base/error.h"

namespace topo::refactor {
namespace {

class Execution {
 public:
  Execution(Servers& servers, Plan& plan, const std::unordered_map<InstanceKey, Instance>& then,
            const ExecutionOptions& options, spdlog::logger& log)
      : plan_(plan),
        options_(options),
        log_(log),
        undo_(servers, plan.operation, options, log),
        steps_(servers, plan, then, options, log) {
    strands_.resize(plan.strands.size());
  }

  Outcome run() {
    bool is_whole = trunk(plan_.before);
    if (is_whole) {
      strands(&Strand::prepare);
      is_whole = decide() && trunk(plan_.between);
      if (is_whole) strands(&Strand::move);
    }
    finish_trunk(is_whole);
    verify();
    for (const auto& key : touched_by(plan_)) outcome_.now.push_back(track(key).now());
    outcome_.left = undo_.take_left();
    return std::move(outcome_);
  }

 private:
  struct StrandState {
    bool failed = false;
    std::vector<InstanceKey> touched;  // in order
  };

  void carry_out(const Step& step, std::vector<InstanceKey>& touched) {
    undo_.say(describe(step));
    const auto& server = server_of(step);
    if (std::find(touched.begin(), touched.end(), server) == touched.end()) touched.push_back(server);
    if (std::holds_alternative<StartReplication>(step))
      undo_.until_answered([&] { steps_.carry_out(step); });  // all other steps are done
    else
      steps_.carry_out(step);
  }
  Track& track(const InstanceKey& key) { return steps_.track(key); }

  // --- Parts

  // False: everything was rolled back.
  template <typename Work>
  bool or_take_back(const Work& work) {
    try {
      work();
      return true;
    } catch (const std::exception& error) {
      const auto code = code_of(error);
      for (std::size_t i = 0; i < strands_.size(); ++i) {
        if (!strands_[i].failed) fail(i, error.what(), code);
      }
      return false;
    }
  }

  bool trunk(const std::vector<Step>& steps) {
    return or_take_back([&] {
      for (const auto& step : steps) carry_out(step, trunk_touched_);
    });
  }

  // Uses the state that the servers have just reported.
  bool decide() {
    if (!plan_.decide) return true;
    return or_take_back([this] {
      std::vector<Instance> prepared;
      for (std::size_t i = 0; i < strands_.size(); ++i) {
        if (!strands_[i].failed) prepared.push_back(track(plan_.strands[i].replica).now());
      }
      auto decision = plan_.decide(prepared);
      std::unordered_set<InstanceKey> refused;
      for (const auto& [key, refusal] : decision.refused) refused.insert(key);
      apply(std::move(decision), plan_);
      undo_.say(describe(plan_));
      if (options_.on_decided) options_.on_decided(plan_);
      steps_.learn(plan_);
      let_go(refused);
    });
  }

  // These replicas take no further part, and run again.
  void let_go(const std::unordered_set<InstanceKey>& replicas) {
    for (std::size_t i = 0; i < strands_.size(); ++i) {
      if (!replicas.contains(plan_.strands[i].replica) || strands_[i].failed) continue;
      strands_[i].failed = true;
      for (const auto& key : strands_[i].touched) take_back(key);
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
    log_.info("{} {}: {}", plan_.operation, plan_.strands[strand].replica.display(), reason);
    auto& touched = strands_[strand].touched;
    for (auto key = touched.rbegin(); key != touched.rend(); ++key) take_back(*key);
    const std::lock_guard lock(mutex_);
    outcome_.failed.push_back({plan_.strands[strand].replica, reason, code});
  }

  // The servers of the shared steps run again in any case.
  void finish_trunk(bool is_whole) {
    for (const auto& step : plan_.after) {
      if (!is_whole) break;
      try {
        carry_out(step, trunk_touched_);
      } catch (const std::exception& error) {
        if (std::holds_alternative<StartReplication>(step))
          log_.warn("{}", error.what());  // start_again retries it below
        else
          undo_.is_left(server_of(step),
                        fmt::format("the final step {} failed: {}", describe(step), error.what()));
      }
    }
    trunk_over_ = true;
    for (const auto& key : trunk_touched_) {
      if (track(key).stopped) undo_.start_again(track(key));
    }
  }

  // --- Rollback

  // Repeatable: undoes only what was done.
  void take_back(const InstanceKey& key) {
    auto& server = track(key);
    if (!server.interference.empty()) {
      if (std::exchange(server.stopped, false)) undo_.is_left(key, server.interference);
      return;
    }
    const bool is_trunk =
        std::find(trunk_touched_.begin(), trunk_touched_.end(), key) != trunk_touched_.end();
    if (server.changed) undo_.take_master_back(server);
    // Servers stopped by the shared steps are started at the end.
    if (server.stopped && (!is_trunk || trunk_over_)) undo_.start_again(server);
  }

  // --- Verification

  [[nodiscard]] bool may_be_down(std::size_t strand) const {
    const auto& steps = plan_.strands[strand].move;
    return std::any_of(steps.begin(), steps.end(), [](const Step& step) {
      const auto* change = std::get_if<ChangeMaster>(&step);
      return change != nullptr && change->master_may_be_down;
    });
  }

  void verify() {
    in_parallel(strands_.size(), options_.at_once, [&](std::size_t i) {
      if (!strands_[i].failed && !plan_.strands[i].move.empty()) verify(i);
    });
    // Servers that were only stopped for a while, or moved back, must run again, too.
    auto others = trunk_touched_;
    for (const auto& strand : strands_) {
      if (strand.failed) others.insert(others.end(), strand.touched.begin(), strand.touched.end());
    }
    // A replica's steps may touch a server of the shared steps; one thread per server at a time.
    std::sort(others.begin(), others.end());
    others.erase(std::unique(others.begin(), others.end()), others.end());
    in_parallel(others.size(), options_.at_once, [&](std::size_t i) {
      auto& server = track(others[i]);
      if (!server.started || !server.ran()) return;
      try {
        undo_.await_running(server, true);
      } catch (const std::exception& error) {
        undo_.is_left(others[i],
                      fmt::format("{} no longer replicates: {}", others[i].display(), error.what()));
      }
    });
  }

  [[nodiscard]] std::string hint(const Track& server) const {
    if (server.channel_then() != nullptr) return {};
    if (options_.account) return " (the given account may not exist, or have another password)";
    return fmt::format(
        " (set the replication account of {} with CHANGE MASTER TO MASTER_USER = …, MASTER_PASSWORD "
        "= …)",
        server.then.key.display());
  }

  void verify(std::size_t strand) {
    const auto& replica = plan_.strands[strand].replica;
    // A replica that was stopped before stays stopped.
    const bool is_to_run =
        std::holds_alternative<StartReplication>(plan_.strands[strand].move.back()) && track(replica).started;
    try {
      if (is_to_run) undo_.await_running(track(replica), may_be_down(strand));
    } catch (const std::exception& error) {
      if (!has_gone_on(track(replica))) {
        fail(strand, error.what() + hint(track(replica)), code_of(error));
        return;
      }
      undo_.is_left(replica,
                    fmt::format("{} was moved, and does not replicate: {}", replica.display(), error.what()));
    }
    const std::lock_guard lock(mutex_);
    outcome_.moved.push_back(replica);
  }

  Plan& plan_;
  const ExecutionOptions& options_;
  spdlog::logger& log_;
  Undo undo_;
  Steps steps_;
  std::vector<StrandState> strands_;
  std::vector<InstanceKey> trunk_touched_;
  bool trunk_over_ = false;
  std::mutex mutex_;  // of outcome_
  Outcome outcome_;
};

}  // namespace

Outcome execute(Servers& servers, Plan& plan, const std::unordered_map<InstanceKey, Instance>& servers_then,
                const ExecutionOptions& options, spdlog::logger& log) {
  return Execution(servers, plan, servers_then, options, log).run();
}

}  // namespace topo::refactor
