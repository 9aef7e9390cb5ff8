// Plans that gather replicas below one of them, by what each has executed when stopped.
#include <fmt/format.h>

#include <algorithm>

#include "topo/topology/candidate.h"
#include "topo/topology/planning.h"
#include "topology/requirements.h"

namespace topo {
namespace {

const BinlogCoordinates& executed(const Instance& replica) {
  return replica.replication()->exec;
}

// The prepared replica `key`; nullptr: it could not be prepared.
const Instance* find(const std::vector<Instance>& prepared, const InstanceKey& key) {
  const auto found =
      std::find_if(prepared.begin(), prepared.end(), [&](const auto& one) { return one.key == key; });
  return found == prepared.end() || found->replication() == nullptr ? nullptr : &*found;
}

// Adds a strand for each replica that may take part, in which it executes what it can.
void add_strands(const Topology& topology, const std::vector<const KnownInstance*>& replicas,
                 const RuleLimits& limits, const std::string& reason, Plan& plan) {
  for (const auto* replica : replicas) {
    const auto& key = replica->instance.key;
    auto refusal = why_not_by_large_ring(topology, key, replica->instance.master_key());
    if (!refusal) refusal = why_not_match(*replica, limits);
    if (refusal) {
      plan.refused.emplace_back(key, std::move(*refusal));
      continue;
    }
    plan.replica_steps.push_back({key, {DrainRelayLog{key, true}}, {}});
    plan.locks.push_back({key, reason});
  }
}

std::optional<Refusal> why_not_gather(const Instance& replica, const Instance& candidate,
                                      const RuleLimits& limits) {
  if (const auto held = held_events(replica); held && executed(candidate) < held->to) {
    return Refusal{fmt::format("{}; {} lacks them, so that {} keeps its master and its relay log",
                               held->sentence, candidate.key.display(), replica.key.display())};
  }
  if (executed(candidate) < executed(replica)) {
    return Refusal{fmt::format("{} is ahead of {}: it has executed events up to {} that the other lacks",
                               replica.key.display(), candidate.key.display(), executed(replica).display())};
  }
  if (auto refusal = why_not_replicate(replica, candidate, limits)) return refusal;
  const bool needs_match = executed(replica) != executed(candidate) && !by_gtid(replica);
  if (needs_match && !limits.has_pseudo_gtid) {
    return Refusal{
        fmt::format("{} is behind {}, and cannot be matched: PseudoGTIDPattern is not set in the "
                    "configuration",
                    replica.key.display(), candidate.key.display())};
  }
  return std::nullopt;
}

// A replica that has executed the same of the same master resumes where the candidate's log ends.
std::vector<Step> steps_below(const Instance& replica, const Instance& candidate) {
  const auto& key = replica.key;
  const auto kind = executed(replica) == executed(candidate) ? PlanCoordinates::Kind::log_end
                                                             : PlanCoordinates::Kind::matched;
  ChangeMaster change{key, candidate.key, {kind, candidate.key}, by_gtid(replica)};
  change.drops_received = true;  // see why_not_gather
  return {change, StartReplication{key, true}};
}

Decision gather(const std::vector<Instance>& prepared, const Instance& candidate, const RuleLimits& limits) {
  Decision decision;
  decision.candidate = candidate.key;
  for (const auto& replica : prepared) {
    if (replica.key == candidate.key || replica.replication() == nullptr) continue;
    if (auto refusal = why_not_gather(replica, candidate, limits))
      decision.refused.emplace_back(replica.key, std::move(*refusal));
    else
      decision.moves.push_back({replica.key, candidate.key, steps_below(replica, candidate)});
  }
  return decision;
}

void refuse_if_superseded(const std::vector<Instance>& prepared, const Instance& candidate) {
  for (const auto& sibling : prepared) {
    if (sibling.replication() == nullptr || executed(sibling) <= executed(candidate)) continue;
    refuse_plan("{} has executed more than {}, up to {}; regroup-slaves picks the most advanced replica",
                sibling.key.display(), candidate.key.display(), executed(sibling).display());
  }
}

const Instance& must_be_prepared(const std::vector<Instance>& prepared, const InstanceKey& key) {
  if (const auto* found = find(prepared, key)) return *found;
  refuse_plan("{} could not be stopped", key.display());
}

// What the replica has of its master's log and the successor lacks, as a sentence; "": nothing.
std::string only_copy(const Instance& replica, const Instance& successor) {
  const auto& there = executed(successor);
  if (const auto held = held_events(replica); held && there < held->to) return held->sentence;
  if (executed(replica) <= there) return "";
  return fmt::format("{} has executed events of {} up to {}", replica.key.display(),
                     display_of(replica.replication()->master), executed(replica).display());
}

// The replicas that the plan refuses and that can be read.
std::vector<LeftReplica> left_replicas(const Topology& topology, const Plan& plan) {
  std::vector<LeftReplica> left;
  for (const auto& [key, refusal] : plan.refused) {
    const auto* known = topology.find(key);
    if (known != nullptr && known->last_check_valid) left.push_back({known->instance, refusal.reason});
  }
  return left;
}

// The replicas of a dead master have the only copies of what it wrote last.
void refuse_to_lose(const std::vector<Instance>& prepared, const std::vector<LeftReplica>& refused,
                    const std::vector<LeftReplica>& unprepared, const Instance& successor) {
  std::string copies;
  const auto add = [&](std::string_view copy) { copies.append(copies.empty() ? "" : "; ").append(copy); };
  for (const auto& replica : prepared) {
    if (replica.key == successor.key || replica.replication() == nullptr) continue;
    if (const auto copy = only_copy(replica, successor); !copy.empty()) add(copy);
  }
  for (const auto* left : {&refused, &unprepared}) {
    for (const auto& [replica, reason] : *left) {
      const auto* channel = replica.replication();
      if (channel == nullptr || channel->read <= executed(successor)) continue;
      add(fmt::format("{} has received events of {} up to {}, and is not moved ({})", replica.key.display(),
                      display_of(channel->master), channel->read.display(), reason));
    }
  }
  if (copies.empty()) return;
  refuse_plan(
      "{0}, the successor, would lack events: {1}, and {0} has executed up to {2}; nothing is lost if a "
      "replica that has them becomes the master (make-master), or executes them first (start-slave); "
      "with -allow-loss such replicas are left as they are",
      successor.key.display(), copies, executed(successor).display());
}

// Before its siblings move, so that a slow one does not keep it from taking writes: where its log ends was
// noted before. Without a master first: a writable server must not execute what another one writes.
std::vector<Step> promotion_steps(const InstanceKey& successor, Promotion promotion) {
  switch (promotion) {
    case Promotion::none: return {};
    case Promotion::stopped: return {SetReadOnly{successor, false}, StayStopped{successor}};
    case Promotion::reset: return {ForgetMaster{successor}, SetReadOnly{successor, false}};
  }
  return {};
}

std::vector<const KnownInstance*> without(std::vector<const KnownInstance*> replicas,
                                          const InstanceKey& key) {
  std::erase_if(replicas, [&](const auto* one) { return one->instance.key == key; });
  return replicas;
}

// The replicas of `master`, except `key` and a co-master of `master`.
std::vector<const KnownInstance*> siblings_of(const Topology& topology, const KnownInstance& master,
                                              const InstanceKey& key) {
  auto siblings = without(topology.replicas_of(master), key);
  std::erase(siblings, topology.co_master_of(master));
  return siblings;
}

// Without a promotion, a master that can be read keeps its place: the replica that is chosen goes on
// replicating from it. A master that cannot be read, but may be alive, is most likely taken for dead by the
// user.
std::string caution_of_regrouping(const Topology& topology, const KnownInstance& master,
                                  const Replacement& how) {
  if (how.promotion != Promotion::none || !master.last_check_valid)
    return require_dead(topology, master, how.evidence);
  return fmt::format("{} is alive, and remains the master of the replica that the others go below",
                     master.instance.key.display());
}

}  // namespace

Plan plan_regroup_replicas(const Topology& topology, const InstanceKey& key, const Replacement& how,
                           const RuleLimits& limits) {
  Plan plan;
  plan.subject = key;
  plan.promotes = how.promotion != Promotion::none;
  const auto& master = require_known(topology, key);
  plan.caution = caution_of_regrouping(topology, master, how);
  if (master.last_check_valid) require(why_not_by_large_ring(topology, key, {}));
  auto replicas = topology.replicas_of(master);
  if (replicas.empty()) refuse_plan("No replicas found for {}", key.display());
  std::erase(replicas, topology.co_master_of(master));
  add_strands(topology, replicas, limits, fmt::format("regroup replicas of {}", key.display()), plan);
  // An intermediate master has its events from above, where they still are.
  const bool may_lose = how.loss == Loss::accept || is_intermediate(topology, master);
  plan.decision = fmt::format(
      "then, the most advanced replica that can serve the others is chosen as their new master: replicas "
      "that have executed the same resume at the end of its binary log, replicas that have executed less "
      "find their position by GTID or Pseudo-GTID, and {}",
      may_lose ? "replicas that have more are not moved" : "nothing is moved if one of them has more");
  if (plan.promotes) plan.decision += "; it becomes writable and has no master any more";
  plan.decide = [master = master.instance, how, may_lose, refused = left_replicas(topology, plan), limits](
                    const std::vector<Instance>& prepared, const std::vector<LeftReplica>& unprepared) {
    std::vector<KnownInstance> known;
    for (const auto& instance : prepared) {
      known.emplace_back();
      known.back().instance = instance;
    }
    auto ranked = rank_candidates(known, master, how.denied, limits, ReplicaProgress::executed);
    const auto chosen = best_of(ranked, master.key);
    const auto& successor = must_be_prepared(prepared, chosen);
    if (!may_lose) refuse_to_lose(prepared, refused, unprepared, successor);
    auto decision = gather(prepared, successor, limits);
    for (auto& one : ranked) {
      if (one.key != chosen) decision.reasons.push_back(std::move(one.why_not));
    }
    decision.promotion = promotion_steps(chosen, how.promotion);
    if (decision.promotion.empty()) decision.after = {StartReplication{chosen}};
    return decision;
  };
  return require_unlocked(topology, require_any_replica(std::move(plan)));
}

Plan plan_make_master(const Topology& topology, const InstanceKey& key, const Replacement& how,
                      const RuleLimits& limits) {
  const auto& replica = require_known(topology, key);
  const auto& master = master_of(topology, replica);
  const auto& master_key = master.instance.key;
  require(why_not_by_large_ring(topology, key, master_key));
  require(why_not_match(replica, limits));
  Plan plan;
  plan.subject = key;
  plan.caution = require_dead(topology, master, how.evidence);
  plan.promotes = true;
  plan.replica_steps = {{key, {DrainRelayLog{key}}, {}}};
  plan.locks = {
      {key, fmt::format("siblings match below this, which takes the place of {}", master_key.display())}};
  add_strands(topology, siblings_of(topology, master, key), limits,
              fmt::format("match below {}", key.display()), plan);
  plan.decision =
      how.loss == Loss::accept
          ? fmt::format("its siblings move below {}, but for those that have more", key.display())
          : fmt::format("if none of its siblings has more than {}, they move below it", key.display());
  plan.decide = [key, how, refused = left_replicas(topology, plan), limits](
                    const std::vector<Instance>& prepared, const std::vector<LeftReplica>& unprepared) {
    const auto& candidate = must_be_prepared(prepared, key);
    if (how.loss == Loss::refuse) {
      refuse_if_superseded(prepared, candidate);
      refuse_to_lose(prepared, refused, unprepared, candidate);
    }
    auto decision = gather(prepared, candidate, limits);
    decision.promotion =
        promotion_steps(key, how.promotion == Promotion::reset ? Promotion::reset : Promotion::stopped);
    return decision;
  };
  return require_unlocked(topology, std::move(plan));
}

Plan plan_make_local_master(const Topology& topology, const InstanceKey& key, const RuleLimits& limits) {
  const auto& replica = require_known(topology, key);
  const auto& master = master_of(topology, replica);
  if (!master.instance.is_replica()) {
    refuse_plan(
        "{}, the master of {}, is not a replica itself; make-master takes the place of one that is dead",
        master.instance.key.display(), key.display());
  }
  require(why_not_a_replica(master.instance));
  const auto top = master.instance.required_master();
  if (top == key) refuse_plan("{} and {} are co-masters", key.display(), master.instance.key.display());
  require(why_not_by_large_ring(topology, key, top));
  require(why_not_match(replica, limits));
  const auto& grandparent = require_reachable(topology, top).instance;
  if (!limits.has_pseudo_gtid && !by_gtid(replica.instance))
    refuse_plan("{} cannot be matched: PseudoGTIDPattern is not set in the configuration", key.display());
  require(why_not_below(topology, replica.instance, grandparent, limits));
  Plan plan;
  plan.subject = key;
  plan.replica_steps = {{key, {DrainRelayLog{key}}, {}}};
  plan.locks = {{key, fmt::format("take the place of {}", master.instance.key.display())},
                {top, fmt::format("{} matches below this", key.display())}};
  add_strands(topology, siblings_of(topology, master, key), limits,
              fmt::format("match below {}", key.display()), plan);
  plan.decision = fmt::format("if none of its siblings is ahead of {}, they move below it", key.display());
  plan.decide = [key, top, limits](const std::vector<Instance>& prepared, const std::vector<LeftReplica>&) {
    const auto& candidate = must_be_prepared(prepared, key);
    refuse_if_superseded(prepared, candidate);
    auto decision = gather(prepared, candidate, limits);
    decision.moves.push_back(
        {key,
         top,
         {ChangeMaster{key, top, {PlanCoordinates::Kind::matched, top}, by_gtid(candidate)},
          StartReplication{key, true}}});
    return decision;
  };
  return require_unlocked(topology, std::move(plan));
}

}  // namespace topo
