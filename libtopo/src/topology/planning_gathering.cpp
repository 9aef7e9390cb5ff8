// Plans that gather replicas below one of them, by what each has executed when stopped.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "topo/topology/candidate.h"
#include "topo/topology/planning.h"
#include "topo/topology/received.h"
#include "topology/gathering.h"
#include "topology/requirements.h"
#include "topology/semi_sync.h"

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

}  // namespace

const KnownInstance* only_delayed_with_most(const std::vector<const KnownInstance*>& replicas) {
  const KnownInstance* most = nullptr;
  const auto received = [](const KnownInstance& known) -> const BinlogCoordinates& {
    return known.instance.replication()->read;
  };
  const auto is_delayed = [](const KnownInstance& known) {
    return known.instance.replication()->sql_delay.count() > 0;
  };
  for (const bool delayed : {false, true}) {
    for (const auto* replica : replicas) {
      const auto* channel = replica->instance.replication();
      if (channel == nullptr || !replica->last_check_valid || is_delayed(*replica) != delayed) continue;
      const bool is_broken = !channel->last_sql_error.empty();
      if (!is_broken && (most == nullptr || received(*most) < received(*replica))) most = replica;
    }
  }
  return most != nullptr && is_delayed(*most) && !why_not_lift_delay(most->instance) ? most : nullptr;
}

namespace {

// It becomes a master, and executes all that it has received.
DrainRelayLog drain_successor(const Instance& replica) {
  const bool is_delayed = replica.replication()->sql_delay.count() > 0;
  if (is_delayed) require(why_not_lift_delay(replica));
  return {replica.key, false, is_delayed, 1};
}

}  // namespace

void add_strands(const Topology& topology, const std::vector<const KnownInstance*>& replicas,
                 const RuleLimits& limits, const std::string& reason, Plan& plan, const KnownInstance* lifted,
                 const std::vector<unsigned>& standings) {
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    const auto* replica = replicas[i];
    const auto standing = standings.empty() ? 0 : standings[i];
    const auto& key = replica->instance.key;
    auto refusal = why_not_by_large_ring(topology, key, replica->instance.master_key());
    if (!refusal) refusal = why_not_match(*replica, limits);
    if (refusal) {
      plan.refused.emplace_back(key, std::move(*refusal));
      continue;
    }
    plan.replica_steps.push_back({key, {DrainRelayLog{key, true, replica == lifted, standing}}, {}});
    plan.locks.push_back({key, reason});
  }
}

void refuse_side_replicas(const Topology& topology, const KnownInstance& master, Plan& plan) {
  for (const auto* replica : topology.side_replicas_of(master)) {
    plan.refused.emplace_back(replica->instance.key, why_not_beside(replica->instance, master.instance.key));
  }
}

std::optional<Refusal> why_not_gather(const Instance& replica, const Succession& by,
                                      const RuleLimits& limits) {
  const auto& successor = *by.successor;
  if (const auto held = held_events(replica); held && !has_executed_to(*by.holder, replica, held->to)) {
    return Refusal{fmt::format("{}; {} lacks them, so that {} keeps its master and its relay log",
                               held->sentence, successor.key.display(), replica.key.display())};
  }
  const auto compared = compare_replicas(replica, *by.holder);
  if (compared.order == Order::ahead && compared.by_coordinates) {
    return Refusal{fmt::format("{} is ahead of {}: it has executed events up to {} that the other lacks",
                               replica.key.display(), successor.key.display(), executed(replica).display())};
  }
  if (compared.order != Order::equal && compared.order != Order::behind) {
    return Refusal{fmt::format("{} may have more than {}, or has: {}", replica.key.display(),
                               successor.key.display(), compared.reason)};
  }
  if (auto refusal = why_not_serve(replica, successor, limits)) return refusal;
  const bool is_equal = compared.order == Order::equal && compared.by_coordinates;
  if (!is_equal && !by_gtid(replica) && !limits.has_pseudo_gtid) {
    return Refusal{
        fmt::format("{} is behind {}, and cannot be matched: PseudoGTIDPattern is not set in the "
                    "configuration",
                    replica.key.display(), successor.key.display())};
  }
  return std::nullopt;
}

namespace {

// A replica that has executed the same of the same master resumes where the successor's log ends.
std::vector<Step> steps_below(const Instance& replica, const Succession& by) {
  const auto& key = replica.key;
  const auto& to = by.successor->key;
  const auto compared = compare_replicas(replica, *by.holder);
  const auto kind = compared.order == Order::equal && compared.by_coordinates
                        ? PlanCoordinates::Kind::log_end
                        : PlanCoordinates::Kind::matched;
  ChangeMaster change{key, to, {kind, to}, by_gtid(replica)};
  change.drops_received = true;  // see why_not_gather
  return {change, StartReplication{key, true}};
}

// The successor gets what it lacks below the other one, and has executed the same then. Its relay log may go:
// the other one has executed all of it.
std::vector<Step> steps_to_catch_up(const Succession& by) {
  if (by.successor == by.holder) return {};
  const auto& key = by.successor->key;
  const auto& source = by.holder->key;
  ChangeMaster change{key, source, {PlanCoordinates::Kind::matched, source}, by_gtid(*by.successor)};
  change.drops_received = true;
  return {change, StartReplication{key, true}, CatchUpWithMaster{key, source}};
}

}  // namespace

Decision gather(const std::vector<Instance>& prepared, const Succession& by, const RuleLimits& limits) {
  Decision decision;
  const auto& to = by.successor->key;
  decision.candidate = to;
  decision.catch_up = steps_to_catch_up(by);
  for (const auto& replica : prepared) {
    if (replica.key == to || replica.replication() == nullptr) continue;
    if (auto refusal = why_not_gather(replica, by, limits))
      decision.refused.emplace_back(replica.key, std::move(*refusal));
    else
      decision.moves.push_back({replica.key, to, steps_below(replica, by)});
  }
  return decision;
}

namespace {

void refuse_if_superseded(const std::vector<Instance>& prepared, const Instance& candidate) {
  for (const auto& sibling : prepared) {
    if (sibling.replication() == nullptr || sibling.key == candidate.key) continue;
    const auto compared = compare_replicas(sibling, candidate);
    if (compared.order == Order::equal || compared.order == Order::behind) continue;
    if (compared.order != Order::ahead) {
      refuse_plan("{} may have executed more than {}, or has: {}", sibling.key.display(),
                  candidate.key.display(), compared.reason);
    }
    if (!compared.by_coordinates) {
      refuse_plan("{} has executed more than {}: {}; regroup-slaves picks the most advanced replica",
                  sibling.key.display(), candidate.key.display(), compared.reason);
    }
    refuse_plan("{} has executed more than {}, up to {}; regroup-slaves picks the most advanced replica",
                sibling.key.display(), candidate.key.display(), executed(sibling).display());
  }
}

}  // namespace

const Instance& must_be_prepared(const std::vector<Instance>& prepared, const InstanceKey& key) {
  if (const auto* found = find(prepared, key)) return *found;
  refuse_plan("{} could not be stopped", key.display());
}

std::vector<LeftReplica> left_replicas(const Topology& topology, const InstanceKey& master,
                                       const Plan& plan) {
  std::vector<LeftReplica> left;
  for (const auto& [key, refusal] : plan.refused) {
    const auto* known = topology.find(key);
    if (known == nullptr || !known->last_check_valid) continue;
    left.push_back({known->instance, refusal.reason});
    // What it has of other masters' logs says nothing here.
    auto& instance = left.back().replica;
    if (instance.is_side_replica_of(master))
      std::erase_if(instance.channels, [&](const auto& channel) { return channel.master != master; });
  }
  return left;
}

void refuse_to_lose(const Candidate& chosen, const Succession& by) {
  if (chosen.lost.empty()) return;
  const auto then = by.holder == by.successor
                        ? fmt::format("{} has", chosen.key.display())
                        : fmt::format("{}, where it can catch up first, has", by.holder->key.display());
  refuse_plan(
      "{0}, the successor, would lack events: {1}, and {2} executed up to {3}; nothing is lost if a "
      "replica that holds them executes them first (start-slave, after the cause of an error is removed, or "
      "skip-query), or one that has executed them becomes the master (make-master); with -allow-loss such "
      "replicas are left as they are",
      chosen.key.display(), fmt::join(chosen.lost, "; "), then, executed(*by.holder).display());
}

std::vector<KnownInstance> with_rules(const std::vector<Instance>& prepared, const Rules& rules) {
  std::vector<KnownInstance> known;
  for (const auto& instance : prepared) {
    known.emplace_back();
    known.back().instance = instance;
    const auto rule = rules.find(instance.key);
    if (rule != rules.end()) known.back().promotion_rule = rule->second;
  }
  return known;
}

Rules rules_of(const Topology& topology, const KnownInstance& master) {
  Rules rules;
  for (const auto* replica : topology.replicas_of(master))
    rules.emplace(replica->instance.key, replica->promotion_rule);
  return rules;
}

std::vector<LeftReplica> joined(std::vector<LeftReplica> refused,
                                const std::vector<LeftReplica>& unprepared) {
  refused.insert(refused.end(), unprepared.begin(), unprepared.end());
  return refused;
}

// The replicas of a dead master as last known, for what they had received.
std::vector<KnownInstance> copies_of(const std::vector<const KnownInstance*>& replicas) {
  std::vector<KnownInstance> copies;
  for (const auto* replica : replicas) copies.push_back(*replica);
  return copies;
}

void say_received_by_none(const std::vector<KnownInstance>& known, const std::vector<Instance>& prepared,
                          const std::vector<LeftReplica>& left, Decision& decision) {
  auto readable = prepared;
  for (const auto& one : left) readable.push_back(one.replica);
  std::ranges::move(received_by_none(known, readable), std::back_inserter(decision.shortcomings));
}

// Before its siblings move, so that a slow one does not keep it from taking writes: where its log ends was
// noted before. Without a master first: a writable server must not execute what another one writes.
namespace {

std::vector<Step> promotion_steps(const InstanceKey& successor, Promotion promotion,
                                  const std::vector<Step>& before_writable) {
  std::vector<Step> steps;
  if (promotion == Promotion::none) return steps;
  if (promotion == Promotion::reset) steps.emplace_back(ForgetMaster{successor});
  steps.insert(steps.end(), before_writable.begin(), before_writable.end());
  steps.emplace_back(SetReadOnly{successor, false});
  if (promotion == Promotion::stopped) steps.emplace_back(StayStopped{successor});
  return steps;
}

// The replicas of each replica of `master`, as known before.
OwnReplicas own_replicas(const Topology& topology, const KnownInstance& master) {
  OwnReplicas own;
  for (const auto* replica : topology.replicas_of(master)) {
    for (const auto* one : topology.replicas_of(*replica))
      if (one != &master && receives(*one)) own[replica->instance.key].push_back(one->instance);
  }
  return own;
}

}  // namespace

void promote(const Instance& former, const Instance& successor, const std::vector<Instance>& prepared,
             const OwnReplicas& own, Promotion promotion, Decision& decision) {
  if (promotion == Promotion::none) return;
  std::vector<const Instance*> below;
  for (const auto& move : decision.moves) {
    const auto* moved = find(prepared, move.replica);
    if (moved != nullptr && move.master == successor.key) below.push_back(moved);
  }
  if (const auto found = own.find(successor.key); found != own.end())
    for (const auto& replica : found->second) below.push_back(&replica);
  auto passed = pass_semi_sync(former, successor, below);
  decision.promotion = promotion_steps(successor.key, promotion, passed.steps);
  decision.shortcomings = std::move(passed.shortcomings);
}

namespace {

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
  if (plan.promotes && topology.co_master_of(master) != nullptr)
    return plan_recover_co_master(topology, key, how, limits);
  plan.caution = caution_of_regrouping(topology, master, how);
  if (master.last_check_valid) require(why_not_by_large_ring(topology, key, {}));
  auto replicas = topology.replicas_of(master);
  if (replicas.empty()) refuse_plan("No replicas found for {}", key.display());
  std::erase(replicas, topology.co_master_of(master));
  add_strands(topology, replicas, limits, fmt::format("regroup replicas of {}", key.display()), plan,
              only_delayed_with_most(replicas), standings(replicas, master.instance, how.denied, limits));
  refuse_side_replicas(topology, master, plan);
  // An intermediate master has its events from above, where they still are.
  const bool may_lose = how.loss == Loss::accept || is_intermediate(topology, master);
  plan.decision = fmt::format(
      "then, the most advanced replica that can serve the others is chosen as their new master: replicas "
      "that have executed the same resume at the end of its binary log, replicas that have executed less "
      "find their position by GTID or Pseudo-GTID, and {}",
      may_lose ? "replicas that have more are not moved" : "nothing is moved if one of them has more");
  if (how.promotion == Promotion::reset)
    plan.decision += "; one that is preferred to it first goes below it, and gets what it lacks there";
  if (plan.promotes) plan.decision += "; it becomes writable and has no master any more";
  plan.decide = [master = master.instance, how, may_lose, rules = rules_of(topology, master),
                 own = own_replicas(topology, master), promotes = plan.promotes,
                 refused = left_replicas(topology, key, plan), limits, known = copies_of(replicas)](
                    const std::vector<Instance>& prepared, const std::vector<LeftReplica>& unprepared) {
    Choosing choosing{how.denied, limits};
    if (!promotes) choosing.completeness = Completeness::after_serving;
    // Below one that then goes below it, it needs to be a master.
    choosing.may_catch_up = how.promotion == Promotion::reset;
    choosing.left = joined(refused, unprepared);
    auto ranked = rank_candidates(with_rules(prepared, rules), master, choosing);
    const auto chosen = best_of(ranked, master.key);
    const auto& best = ranked.front();
    const auto& successor = must_be_prepared(prepared, chosen);
    const Succession by{&successor, best.source ? &must_be_prepared(prepared, *best.source) : &successor};
    if (!may_lose) refuse_to_lose(best, by);
    auto decision = gather(prepared, by, limits);
    for (auto& one : ranked) {
      if (one.key != chosen) decision.reasons.push_back(std::move(one.why_not));
    }
    promote(master, successor, prepared, own, how.promotion, decision);
    if (decision.promotion.empty()) decision.after = {StartReplication{chosen}};
    if (promotes) say_received_by_none(known, prepared, choosing.left, decision);
    return decision;
  };
  return require_unlocked(topology, require_any_replica(std::move(plan)));
}

namespace {

// The dead master may have had a master itself, or a co-master: where that can be read, a second master would
// take writes beside it. Returns what speaks against a forced promotion; "": nothing does.
std::string require_no_other_master(const Topology& topology, const KnownInstance& dead,
                                    const InstanceKey& replica, Evidence evidence) {
  const auto* above = topology.master_of(dead);
  if (above == nullptr || above->instance.key == replica || !above->last_check_valid ||
      is_detached(dead.instance))
    return "";
  const auto name = dead.instance.key.display();
  const auto other = above->instance.key.display();
  auto reason = topology.co_master_of(dead) == above
                    ? fmt::format("{} was a co-master of {}, which answers{}", name, other,
                                  above->instance.read_only ? "" : " and takes writes")
                    : fmt::format("{} was a replica of {}, which answers", name, other);
  if (evidence == Evidence::waived) return reason;
  refuse_plan(
      "{0}: {1} would be a second master; recover -i {2} decides what becomes of the replicas of {2}{3}",
      reason, replica.display(), name,
      topology.co_master_of(dead) == above
          ? ""
          : fmt::format(", and make-local-master -i {} puts that one in its place", replica.display()));
}

}  // namespace

Plan plan_make_master(const Topology& topology, const InstanceKey& key, const Replacement& how,
                      const RuleLimits& limits) {
  const auto& replica = require_known(topology, key);
  const auto& master = master_of(topology, replica);
  const auto& master_key = master.instance.key;
  require(why_not_by_large_ring(topology, key, master_key));
  require(why_not_match(replica, limits));
  require(why_never_master(replica));
  Plan plan;
  plan.subject = key;
  plan.caution = require_dead(topology, master, how.evidence);
  if (auto beside = require_no_other_master(topology, master, key, how.evidence); !beside.empty())
    plan.caution += (plan.caution.empty() ? "" : "; ") + beside;
  plan.promotes = true;
  plan.replica_steps = {{key, {drain_successor(replica.instance)}, {}}};
  plan.locks = {
      {key, fmt::format("siblings match below this, which takes the place of {}", master_key.display())}};
  add_strands(topology, siblings_of(topology, master, key), limits,
              fmt::format("match below {}", key.display()), plan);
  refuse_side_replicas(topology, master, plan);
  plan.decision =
      how.loss == Loss::accept
          ? fmt::format("its siblings move below {}, but for those that have more", key.display())
          : fmt::format("if none of its siblings has more than {}{}, they move below it", key.display(),
                        how.promotion == Promotion::reset ? ", or it can get that there first" : "");
  plan.decide = [key, how, former = master.instance, rules = rules_of(topology, master),
                 own = own_replicas(topology, master), refused = left_replicas(topology, master_key, plan),
                 limits, known = copies_of(topology.replicas_of(master))](
                    const std::vector<Instance>& prepared, const std::vector<LeftReplica>& unprepared) {
    const auto& successor = must_be_prepared(prepared, key);
    Choosing choosing{how.denied, limits};
    // With its replication only stopped, it would still have the other one as its master.
    choosing.may_catch_up = how.promotion == Promotion::reset;
    choosing.left = joined(refused, unprepared);
    const auto candidate = judge_candidate(key, with_rules(prepared, rules), choosing);
    const Succession by{&successor,
                        candidate.source ? &must_be_prepared(prepared, *candidate.source) : &successor};
    if (how.loss == Loss::refuse) {
      if (!candidate.source) refuse_if_superseded(prepared, successor);
      refuse_to_lose(candidate, by);
    }
    auto decision = gather(prepared, by, limits);
    const bool resets = how.promotion == Promotion::reset;
    promote(former, successor, prepared, own, resets ? Promotion::reset : Promotion::stopped, decision);
    say_received_by_none(known, prepared, choosing.left, decision);
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
  plan.replica_steps = {{key, {drain_successor(replica.instance)}, {}}};
  plan.locks = {{key, fmt::format("take the place of {}", master.instance.key.display())},
                {top, fmt::format("{} matches below this", key.display())}};
  add_strands(topology, siblings_of(topology, master, key), limits,
              fmt::format("match below {}", key.display()), plan);
  plan.decision = fmt::format("if none of its siblings is ahead of {}, they move below it", key.display());
  plan.decide = [key, top, limits](const std::vector<Instance>& prepared, const std::vector<LeftReplica>&) {
    const auto& candidate = must_be_prepared(prepared, key);
    refuse_if_superseded(prepared, candidate);
    auto decision = gather(prepared, {&candidate, &candidate}, limits);
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
