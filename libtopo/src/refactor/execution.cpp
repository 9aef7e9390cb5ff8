#include "topo/refactor/execution.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "base/parallel.h"
#include "refactor/logged_twins.h"
#include "refactor/steps.h"
#include "refactor/undo.h"
#include "topo/base/error.h"
#include "topo/mysql/dialect.h"

namespace topo::refactor {
namespace {

class Execution {
 public:
  Execution(Servers& servers, Plan& plan, const std::unordered_map<InstanceKey, Instance>& former,
            const ExecutionOptions& options, spdlog::logger& log)
      : servers_(servers),
        plan_(plan),
        options_(options),
        log_(log),
        undo_(servers, plan.operation, options, log),
        steps_(servers, plan, former, options, log) {
    progress_.resize(plan.replica_steps.size());
  }

  Outcome run() {
    bool is_whole = run_shared_steps(plan_.before);
    if (is_whole) {
      replica_steps(&ReplicaSteps::prepare, false);
      is_whole = decide() && run_shared_steps(plan_.between) && promote();
      if (is_whole) {
        replica_steps(&ReplicaSteps::move, false);
        replica_steps(&ReplicaSteps::move, true);
      }
    }
    finish_shared_steps(is_whole);
    verify();
    for (const auto& key : touched_by(plan_)) outcome_.now.push_back(state_of(key).now());
    for_each_step(plan_, [this](const Step& step) {
      const auto found = ended_.find(&step);
      outcome_.steps.push_back(found == ended_.end() ? StepReport{describe(step)} : std::move(found->second));
    });
    outcome_.leftovers = undo_.take_leftovers();
    std::ranges::move(steps_.take_shortcomings(), std::back_inserter(outcome_.shortcomings));
    outcome_.shortcomings.insert(outcome_.shortcomings.begin(), plan_.shortcomings.begin(),
                                 plan_.shortcomings.end());
    if (plan_.promotes && plan_.candidate && state_of(*plan_.candidate).is_forgotten)
      outcome_.promoted_at = state_of(*plan_.candidate).former_coordinates;
    return std::move(outcome_);
  }

 private:
  struct ReplicaProgress {
    bool failed = false;
    std::vector<InstanceKey> touched;  // in order
  };

  void carry_out(const Step& step, std::vector<InstanceKey>& touched) {
    undo_.log_step(describe(step));
    const auto& server = server_of(step);
    if (std::find(touched.begin(), touched.end(), server) == touched.end()) touched.push_back(server);
    try {
      const bool is_repeatable = std::holds_alternative<StartReplication>(step) ||
                                 std::holds_alternative<InjectEmpty>(step) ||
                                 std::holds_alternative<ForgetTransactions>(step);
      if (is_repeatable)
        undo_.retry_while_unreachable([&] { steps_.carry_out(step); });  // all other steps are done
      else
        steps_.carry_out(step);
    } catch (const std::exception& error) {
      end(step, StepReport::Result::failed, error.what());
      if (!may_fail(step)) throw;
      const std::lock_guard lock(mutex_);
      outcome_.shortcomings.push_back(fmt::format("the step {} failed: {}", describe(step), error.what()));
      return;
    }
    end(step, StepReport::Result::done);
  }

  void end(const Step& step, StepReport::Result result, std::string reason = "") {
    StepReport report{describe(step), result, std::move(reason)};
    if (options_.on_step_end) options_.on_step_end(report);
    const std::lock_guard lock(mutex_);
    ended_.insert_or_assign(&step, std::move(report));
  }

  // Its server is as it was before.
  void note_undone(const std::vector<Step>& steps, const InstanceKey& server) {
    if (undo_.has_left(server)) return;
    for (const auto& step : steps) {
      const bool stays = std::holds_alternative<SetReadOnly>(step) && state_of(server).former_read_only;
      if (server_of(step) != server || stays) continue;
      {
        const std::lock_guard lock(mutex_);
        const auto found = ended_.find(&step);
        if (found == ended_.end() || found->second.result != StepReport::Result::done) continue;
      }
      end(step, StepReport::Result::undone);
    }
  }
  ServerState& state_of(const InstanceKey& key) { return steps_.state_of(key); }

  // --- Parts

  // False: everything was rolled back.
  template <typename Work>
  bool or_roll_back(const Work& work) {
    try {
      work();
      return true;
    } catch (const std::exception& error) {
      const auto code = code_of(error);
      for (std::size_t i = 0; i < progress_.size(); ++i) {
        if (!progress_[i].failed) fail(i, error.what(), code);
      }
      return false;
    }
  }

  bool run_shared_steps(const std::vector<Step>& steps) {
    return or_roll_back([&] {
      for (const auto& step : steps) carry_out(step, shared_touched_);
    });
  }

  // The first step that may not fail is the point of no return.
  bool promote() {
    const auto prepare = [&] { options_.before_promotion(plan_); };
    if (!plan_.promotion.empty() && options_.before_promotion && !or_roll_back(prepare)) return false;
    for (const auto& step : plan_.promotion) {
      const auto act = [&] { undo_.retry_while_unreachable([&] { carry_out(step, shared_touched_); }); };
      if (!outcome_.is_promoted) {
        if (!or_roll_back(act)) return false;
        outcome_.is_promoted = !may_fail(step);
        continue;
      }
      try {
        act();
      } catch (const std::exception& error) {
        report_failed_step(step, error);
      }
    }
    if (outcome_.is_promoted && plan_.candidate) steps_.note_disabled_events(*plan_.candidate);
    return true;
  }

  void report_failed_step(const Step& step, const std::exception& error) {
    undo_.report_leftover(server_of(step),
                          fmt::format("the step {} failed: {}", describe(step), error.what()));
  }

  // Uses the state that the servers have just reported.
  bool decide() {
    if (!plan_.decide) return true;
    return or_roll_back([this] {
      std::vector<Instance> prepared;
      for (std::size_t i = 0; i < progress_.size(); ++i) {
        if (!progress_[i].failed) prepared.push_back(state_of(plan_.replica_steps[i].replica).now());
      }
      note_errant_by_logs(servers_, prepared);
      std::vector<LeftReplica> unprepared;
      for (const auto& failure : outcome_.failed) {
        if (failure.code != Code::unreachable)
          unprepared.push_back({state_of(failure.replica).now(), failure.reason});
      }
      auto decision = plan_.decide(prepared, unprepared);
      std::unordered_set<InstanceKey> refused;
      for (const auto& [key, refusal] : decision.refused) refused.insert(key);
      apply(std::move(decision), plan_);
      undo_.log_step(describe(plan_));
      if (options_.on_decided) options_.on_decided(plan_);
      steps_.note_requirements(plan_);
      exclude(refused);
    });
  }

  // These replicas take no further part, and run again.
  void exclude(const std::unordered_set<InstanceKey>& replicas) {
    for (std::size_t i = 0; i < progress_.size(); ++i) {
      if (!replicas.contains(plan_.replica_steps[i].replica) || progress_[i].failed) continue;
      progress_[i].failed = true;
      for (const auto& key : progress_[i].touched) roll_back(i, key);
    }
  }

  void replica_steps(std::vector<Step> ReplicaSteps::*part, bool last_ones) {
    in_parallel(progress_.size(), options_.at_once, [&](std::size_t i) {
      if (progress_[i].failed || plan_.replica_steps[i].is_last != last_ones) return;
      try {
        for (const auto& step : plan_.replica_steps[i].*part) carry_out(step, progress_[i].touched);
      } catch (const std::exception& error) {
        fail(i, error.what(), code_of(error));
      }
    });
  }

  // What a failure is called.
  struct Named {
    Code code = Code::refused;
    std::string_view result{};
  };
  static Named code_of(const std::exception& error) {
    const auto* known = dynamic_cast<const Error*>(&error);
    return known == nullptr ? Named{} : Named{known->code(), known->result()};
  }

  void fail(std::size_t index, const std::string& reason, const Named& named) {
    progress_[index].failed = true;
    log_.info(
        fmt::format("{} {}: {}", plan_.operation, plan_.replica_steps[index].replica.display(), reason));
    auto& touched = progress_[index].touched;
    for (auto key = touched.rbegin(); key != touched.rend(); ++key) roll_back(index, *key);
    const std::lock_guard lock(mutex_);
    outcome_.failed.push_back({plan_.replica_steps[index].replica, reason, named.code, named.result});
  }

  // The servers of the shared steps run again in any case.
  void finish_shared_steps(bool is_whole) {
    for (const auto& step : plan_.after) {
      if (!is_whole) break;
      const bool is_start = std::holds_alternative<StartReplication>(step);  // carry_out() retries it
      const auto act = [&] { carry_out(step, shared_touched_); };
      try {
        // The plan is carried out otherwise: a promotion must not remain half done.
        is_start ? act() : undo_.retry_while_unreachable(act);
        if (plan_.promotes && !is_start) outcome_.is_promoted = true;
      } catch (const std::exception& error) {
        if (is_start) {
          log_.warn(error.what());  // restart retries it below
          continue;
        }
        report_failed_step(step, error);
        break;
      }
    }
    if (!is_whole) restore_read_only();
    shared_steps_ended_ = true;
    for (const auto& key : shared_touched_) {
      if (!is_whole) undo_.restore_semi_sync(state_of(key));
      if (state_of(key).stopped) undo_.restart(state_of(key));
      if (is_whole) continue;
      for (const auto* steps : {&plan_.before, &plan_.between, &plan_.promotion}) note_undone(*steps, key);
    }
  }

  // --- Rollback

  // Newest first: a server must not become writable while another one may be.
  void restore_read_only() {
    std::optional<InstanceKey> unsure;
    for (auto key = shared_touched_.rbegin(); key != shared_touched_.rend(); ++key) {
      auto& server = state_of(*key);
      if (!server.former_read_only) continue;
      if (unsure) {
        undo_.report_leftover(*key,
                              fmt::format("{0} is left read-only, as {1} may be writable: set-writeable "
                                          "{0} once {1} is known not to be",
                                          key->display(), unsure->display()));
      } else if (!undo_.restore_read_only(server)) {
        undo_.report_leftover(*key, fmt::format("read_only of {} could not be set {} again", key->display(),
                                                *server.former_read_only ? "on" : "off"));
        if (*server.former_read_only) unsure = *key;
      }
    }
  }

  void roll_back(std::size_t index, const InstanceKey& key) {
    roll_back(key);
    const auto& steps = plan_.replica_steps[index];
    note_undone(steps.prepare, key);
    note_undone(steps.move, key);
  }

  // Repeatable: undoes only what was done.
  void roll_back(const InstanceKey& key) {
    auto& server = state_of(key);
    if (!server.interference.empty()) {
      if (std::exchange(server.stopped, false)) undo_.report_leftover(key, server.interference);
      return;
    }
    const bool is_shared =
        std::find(shared_touched_.begin(), shared_touched_.end(), key) != shared_touched_.end();
    if (server.changed) undo_.restore_master(server);
    undo_.restore_semi_sync(server);
    // Servers stopped by the shared steps are started at the end.
    if (server.stopped && (!is_shared || shared_steps_ended_)) undo_.restart(server);
  }

  // --- Verification

  [[nodiscard]] bool may_be_down(std::size_t index) const {
    const auto& steps = plan_.replica_steps[index].move;
    return std::any_of(steps.begin(), steps.end(), [](const Step& step) {
      const auto* change = std::get_if<ChangeMaster>(&step);
      return change != nullptr && change->master_may_be_down;
    });
  }

  void verify() {
    in_parallel(progress_.size(), options_.at_once, [&](std::size_t i) {
      if (!progress_[i].failed && !plan_.replica_steps[i].move.empty()) verify(i);
    });
    // Servers that were only stopped for a while, or moved back, must run again, too.
    auto others = shared_touched_;
    for (const auto& index : progress_) {
      if (index.failed) others.insert(others.end(), index.touched.begin(), index.touched.end());
    }
    // A replica's steps may touch a server of the shared steps; one thread per server at a time.
    std::sort(others.begin(), others.end());
    others.erase(std::unique(others.begin(), others.end()), others.end());
    in_parallel(others.size(), options_.at_once, [&](std::size_t i) {
      auto& server = state_of(others[i]);
      if (!server.started || !server.ran()) return;
      try {
        undo_.await_running(server, true);
      } catch (const std::exception& error) {
        undo_.report_leftover(others[i],
                              fmt::format("{} no longer replicates: {}", others[i].display(), error.what()));
      }
    });
  }

  [[nodiscard]] std::string hint(const ServerState& server) const {
    if (server.former_channel() != nullptr) return {};
    if (options_.account) return " (the given account may not exist, or have another password)";
    return fmt::format(
        " (set the replication account of {} with CHANGE MASTER TO MASTER_USER = …, MASTER_PASSWORD "
        "= …)",
        server.former.key.display());
  }

  void verify(std::size_t index) {
    const auto& replica = plan_.replica_steps[index].replica;
    // A replica that was stopped before stays stopped.
    const bool is_to_run = std::holds_alternative<StartReplication>(plan_.replica_steps[index].move.back()) &&
                           state_of(replica).started;
    try {
      if (is_to_run) undo_.await_running(state_of(replica), may_be_down(index));
    } catch (const std::exception& error) {
      if (!has_executed_there(state_of(replica))) {
        auto named = code_of(error);
        if (mysql::is_log_purged(error.what())) named.result = results::purged;
        fail(index,
             error.what() + (mysql::is_log_refused(error.what()) ? std::string() : hint(state_of(replica))),
             named);
        return;
      }
      undo_.report_leftover(
          replica, fmt::format("{} was moved, and does not replicate: {}", replica.display(), error.what()));
    }
    note_if_broken(state_of(replica));
    const std::lock_guard lock(mutex_);
    outcome_.moved.push_back(replica);
  }

  void note_if_broken(ServerState& server) {
    if (!server.changed) return;
    std::string error;
    try {
      error = undo_.error_that_stays(server);
    } catch (const std::exception& failed) {
      error = fmt::format("it was, and whether it still is, is not known: {}", failed.what());
    }
    if (error.empty()) return;
    const auto name = server.former.key.display();
    log_.info(fmt::format("{} {}: {}", plan_.operation, name, error));
    const std::lock_guard lock(mutex_);
    outcome_.still_broken.push_back(fmt::format("{} is still broken: {}", name, error));
  }

  Servers& servers_;
  Plan& plan_;
  const ExecutionOptions& options_;
  spdlog::logger& log_;
  Undo undo_;
  Steps steps_;
  std::vector<ReplicaProgress> progress_;
  std::vector<InstanceKey> shared_touched_;
  bool shared_steps_ended_ = false;
  std::mutex mutex_;  // guards the members below
  std::unordered_map<const Step*, StepReport> ended_;
  Outcome outcome_;
};

}  // namespace

std::string_view to_string(StepReport::Result result) noexcept {
  switch (result) {
    case StepReport::Result::done: return "done";
    case StepReport::Result::failed: return "failed";
    case StepReport::Result::undone: return "undone";
    case StepReport::Result::skipped: return "skipped";
  }
  return "";
}

Outcome execute(Servers& servers, Plan& plan, const std::unordered_map<InstanceKey, Instance>& former_servers,
                const ExecutionOptions& options, spdlog::logger& log) {
  return Execution(servers, plan, former_servers, options, log).run();
}

}  // namespace topo::refactor
