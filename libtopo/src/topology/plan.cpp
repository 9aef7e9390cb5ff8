#include "topo/topology/plan.h"

#include <fmt/format.h>

#include <iterator>
#include <unordered_map>
#include <unordered_set>

#include "topo/topology/gtids.h"

namespace topo {
namespace {

std::string describe(const PlanCoordinates& coordinates) {
  switch (coordinates.kind) {
    case PlanCoordinates::Kind::executed:
      return fmt::format("what {} has executed", coordinates.of.display());
    case PlanCoordinates::Kind::log_end:
      return fmt::format("the end of {}'s binary log", coordinates.of.display());
    case PlanCoordinates::Kind::matched:
      return fmt::format("its position in {}'s binary log by Pseudo-GTID", coordinates.of.display());
  }
  return {};
}

std::string in_brackets(const std::string& gtids) {
  return gtids.empty() ? "" : fmt::format(" ({})", shortened_gtids(gtids));
}

struct Describe {
  std::string operator()(const StopReplication& step) const {
    return fmt::format("{}: stop replication", step.server.display());
  }
  std::string operator()(const StartReplication& step) const {
    return fmt::format("{}: start replication{}", step.server.display(),
                       step.both ? "" : ", with the threads it had running");
  }
  std::string operator()(const DrainRelayLog& step) const {
    return fmt::format("{}: {}execute all that was received{}, then stop replication", step.server.display(),
                       step.lifts_delay ? "lift its delay, " : "",
                       step.as_far_as_it_goes ? ", if it can" : "");
  }
  std::string operator()(const ForgetMaster& step) const {
    return fmt::format("{}: remove the master and the replication account", step.server.display());
  }
  std::string operator()(const Detach& step) const {
    return fmt::format("{}: set impossible coordinates that encode the real ones", step.server.display());
  }
  std::string operator()(const Reattach& step) const {
    return fmt::format("{}: restore the real coordinates", step.server.display());
  }
  std::string operator()(const SkipTransaction& step) const {
    return fmt::format("{}: skip one transaction", step.server.display());
  }
  std::string operator()(const StayStopped& step) const {
    return fmt::format("{}: leave replication stopped", step.server.display());
  }
  std::string operator()(const SetReadOnly& step) const {
    return fmt::format("{}: set read_only {}{}{}", step.server.display(), step.read_only ? "on" : "off",
                       step.for_all ? ", and super_read_only where there is one; stop its events" : "",
                       step.ends_clients ? "; end the connections of clients" : "");
  }
  std::string operator()(const StartEvents& step) const {
    return fmt::format(
        "{}: start the event scheduler if that of {} ran; its events stay disabled until ALTER EVENT … "
        "ENABLE",
        step.server.display(), step.as.display());
  }
  std::string operator()(const SetSemiSync& step) const {
    const auto& change = step.change;
    std::string text;
    const auto add = [&](const std::string& part) { text.append(text.empty() ? "" : ", ").append(part); };
    if (change.source) add(fmt::format("{} as a source", *change.source ? "on" : "off"));
    if (change.replica) add(fmt::format("{} as a replica", *change.replica ? "on" : "off"));
    if (change.timeout) add(fmt::format("timeout {} ms", change.timeout->count()));
    if (change.wait_count) add(fmt::format("commits wait for {}", *change.wait_count));
    return fmt::format("{}: set semi-sync {}{}", step.server.display(), text,
                       step.may_fail ? "; if this fails, the rest goes on" : "");
  }
  std::string operator()(const KillQuery& step) const {
    return fmt::format("{}: kill the statement of process {}", step.server.display(), step.process);
  }
  std::string operator()(const InjectEmpty& step) const {
    return fmt::format("{}: commit an empty transaction for each errant one of {}{}; this cannot be undone",
                       step.server.display(), step.origin.display(), in_brackets(step.gtids));
  }
  std::string operator()(const ForgetTransactions& step) const {
    return fmt::format(
        "{}: forget its errant transactions{}, and delete its binary logs; this cannot be undone",
        step.server.display(), in_brackets(step.errant));
  }
  std::string operator()(const RunUntil& step) const {
    return fmt::format("{}: replicate until {}, then stop", step.server.display(), describe(step.until));
  }
  std::string operator()(const CatchUp& step) const {
    std::string others;
    for (const auto& other : step.others) others.append(others.empty() ? "" : ", ").append(other.display());
    return fmt::format("{}: if behind, replicate until the most advanced of {} is reached, then stop",
                       step.server.display(), others);
  }
  std::string operator()(const WaitUntil& step) const {
    return fmt::format("{}: wait until it reaches {}", step.server.display(), describe(step.until));
  }
  std::string operator()(const CatchUpWithMaster& step) const {
    return fmt::format("{}: execute all that {} has logged, then stop replication", step.server.display(),
                       step.master.display());
  }
  std::string operator()(const CompareGtids& step) const {
    return fmt::format("{}: check by GTID that it has executed nothing that {} has not",
                       step.server.display(), step.other.display());
  }
  std::string operator()(const CheckPrepared& step) const {
    return fmt::format("{}: check that no transaction is prepared or open that could still be committed",
                       step.server.display());
  }
  std::string operator()(const ChangeMaster& step) const {
    return fmt::format("{}: replicate from {}{}, {}", step.server.display(), step.master.display(),
                       step.with_account ? " with the account given" : "",
                       step.by_gtid ? "by GTID" : "beginning at " + describe(step.from));
  }
};

}  // namespace

const InstanceKey& server_of(const Step& step) {
  return std::visit([](const auto& one) -> const InstanceKey& { return one.server; }, step);
}

bool may_fail(const Step& step) {
  const auto* change = std::get_if<SetSemiSync>(&step);
  return change != nullptr && change->may_fail;
}

std::string describe(const Step& step) {
  return std::visit(Describe{}, step);
}

std::string describe(const Plan& plan) {
  std::string text;
  const auto add = [&](std::string_view line) { text.append(text.empty() ? "" : "\n").append(line); };
  if (!plan.caution.empty()) add(fmt::format("careful: {}", plan.caution));
  for (const auto& [key, refusal] : plan.refused)
    add(fmt::format("{}: not moved: {}", key.display(), refusal.reason));
  const auto add_choice = [&] {
    if (plan.candidate) add(fmt::format("chosen: {}", plan.candidate->display()));
    for (const auto& reason : plan.reasons) add(fmt::format("not chosen: {}", reason));
  };
  if (plan.is_chosen) add_choice();
  for (const auto& step : plan.before) add(describe(step));
  for (const auto& steps : plan.replica_steps)
    for (const auto& step : steps.prepare) add(describe(step));
  if (!plan.decision.empty()) {
    add(plan.decision);
    add_choice();
  }
  for (const auto& shortcoming : plan.shortcomings) add(fmt::format("careful: {}", shortcoming));
  for (const auto& step : plan.between) add(describe(step));
  bool can_be_undone = true;
  for (const auto& step : plan.promotion) {
    add(describe(step));
    if (can_be_undone && !may_fail(step))
      add("from here on nothing is undone: what fails is said, the rest is done");
    can_be_undone = can_be_undone && may_fail(step);
  }
  for (const auto& steps : plan.replica_steps)
    for (const auto& step : steps.move) add(describe(step));
  for (const auto& step : plan.after) add(describe(step));
  for (const auto& note : plan.notes) add(note);
  for (const auto& refusal : plan.refusals) add(fmt::format("this will be refused: {}", refusal));
  return text;
}

void apply(Decision decision, Plan& plan) {
  plan.candidate = decision.candidate;
  plan.reasons = std::move(decision.reasons);
  if (!decision.outcome.empty()) plan.notes.push_back(std::move(decision.outcome));
  std::unordered_map<InstanceKey, ReplicaSteps*> replica_steps;
  for (auto& steps : plan.replica_steps) replica_steps[steps.replica] = &steps;
  for (auto& move : decision.moves) {
    replica_steps.at(move.replica)->move = std::move(move.steps);
    if (move.master) plan.result.emplace_back(move.replica, *move.master);
  }
  std::move(decision.refused.begin(), decision.refused.end(), std::back_inserter(plan.refused));
  std::move(decision.catch_up.begin(), decision.catch_up.end(), std::back_inserter(plan.between));
  std::move(decision.promotion.begin(), decision.promotion.end(), std::back_inserter(plan.promotion));
  std::move(decision.shortcomings.begin(), decision.shortcomings.end(),
            std::back_inserter(plan.shortcomings));
  std::move(decision.after.begin(), decision.after.end(), std::back_inserter(plan.after));
}

std::vector<InstanceKey> touched_by(const Plan& plan) {
  std::vector<InstanceKey> servers;
  std::unordered_set<InstanceKey> passed;
  for_each_step(plan, [&](const Step& step) {
    const auto& server = server_of(step);
    if (passed.insert(server).second) servers.push_back(server);
  });
  return servers;
}

}  // namespace topo
