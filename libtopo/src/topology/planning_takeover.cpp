// The plan of a takeover: a replica and its living master change places.
//
// The order keeps the time in which no server takes writes short, and independent of the number of replicas:
// only what the successor lacks is waited for. Until the successor is writable, nothing but read_only and its
// own replication was changed, so that all can be undone. The other replicas follow after that: the former
// master writes nothing any more, so that where its log ends is where the successor's log began.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_set>

#include "topo/topology/candidate.h"
#include "topo/topology/errant.h"
#include "topo/topology/gtids.h"
#include "topo/topology/planning.h"
#include "topology/requirements.h"
#include "topology/semi_sync.h"

namespace topo {
namespace {

// Replicas that are left behind would lack nothing: the former master goes on as an intermediate one.
bool is_left_behind(const KnownInstance& replica) {
  return !replica.locked.empty() || !replica.last_check_valid;
}

std::optional<Refusal> why_left_behind(const KnownInstance& replica) {
  if (auto refusal = why_not_unlocked(replica)) return refusal;
  if (replica.last_check_valid) return std::nullopt;
  return Refusal{fmt::format("{} cannot be read, and stays below its master: {}",
                             replica.instance.key.display(), replica.last_check_error)};
}

std::optional<Refusal> why_not_successor(const KnownInstance& successor, const KnownInstance& master,
                                         const RuleLimits& limits) {
  const auto& instance = successor.instance;
  if (auto refusal = why_not_move(successor, limits)) return refusal;
  if (auto refusal = why_not_replicate(master.instance, instance, limits)) return refusal;
  if (const auto filters = why_filtered(instance); !filters.empty()) {
    return Refusal{fmt::format("{} {}: as the master, it or its replicas would lack data of {}",
                               instance.key.display(), filters, master.instance.key.display())};
  }
  return std::nullopt;
}

// The best of the replicas that can take over now.
InstanceKey choose_successor(const KnownInstance& master, const std::vector<const KnownInstance*>& replicas,
                             const Takeover& how, const RuleLimits& limits,
                             std::vector<std::string>& reasons) {
  std::vector<KnownInstance> able;
  Choosing choosing{how.denied, limits, ReplicaProgress::available};
  for (const auto* replica : replicas) {
    auto refusal =
        is_left_behind(*replica) ? why_left_behind(*replica) : why_not_successor(*replica, master, limits);
    if (refusal)
      reasons.push_back(std::move(refusal->reason));
    else
      able.push_back(*replica);
    if (refusal && !is_left_behind(*replica)) choosing.served.push_back(&replica->instance);
  }
  choosing.completeness = Completeness::irrelevant;
  const auto ranked = rank_candidates(able, master.instance, choosing);
  if (ranked.empty() || !ranked.front().why_not.empty()) {
    for (const auto& one : ranked) reasons.push_back(one.why_not);
    refuse_plan("No replica of {} can take its place: {}", master.instance.key.display(),
                fmt::join(reasons, "; "));
  }
  for (const auto& one : ranked)
    if (!one.why_not.empty()) reasons.push_back(one.why_not);
  return ranked.front().key;
}

ReplicaSteps steps_of_sibling(const Instance& replica, const InstanceKey& master,
                              const InstanceKey& successor) {
  const auto& key = replica.key;
  const bool is_by_gtid = by_gtid(replica);
  ReplicaSteps steps{key, {}, {StopReplication{key}}};
  if (!is_by_gtid) steps.move.emplace_back(RunUntil{key, {PlanCoordinates::Kind::log_end, master}});
  ChangeMaster change{key, successor, {PlanCoordinates::Kind::log_end, successor}, is_by_gtid};
  change.drops_received = true;  // all of it comes from the former master, which has nothing more
  steps.move.emplace_back(std::move(change));
  steps.move.emplace_back(StartReplication{key});
  return steps;
}

// The replicas that the successor will have, as they will be.
std::vector<Instance> replicas_below(const Topology& topology, const KnownInstance& successor,
                                     const KnownInstance& master, const Plan& plan, bool starts_demoted) {
  std::vector<Instance> below;
  for (const auto* replica : topology.replicas_of(successor))
    if (receives(*replica)) below.push_back(replica->instance);
  for (const auto& [key, above] : plan.result) {
    const auto& replica = require_known(topology, key);
    if (&replica == &master ? starts_demoted : receives(replica)) below.push_back(replica.instance);
    if (&replica != &master || !starts_demoted) continue;
    for (const auto& step : demote_semi_sync(master.instance, acknowledges(successor.instance)))
      if (std::get<SetSemiSync>(step).change.replica) below.back().semi_sync->replica_enabled = true;
  }
  return below;
}

// Before the successor becomes writable.
void add_semi_sync(const Topology& topology, const KnownInstance& successor, const KnownInstance& master,
                   bool starts_demoted, Plan& plan) {
  const auto below = replicas_below(topology, successor, master, plan, starts_demoted);
  std::vector<const Instance*> pointers;
  for (const auto& one : below) pointers.push_back(&one);
  auto passed = pass_semi_sync(master.instance, successor.instance, pointers);
  plan.promotion.insert(plan.promotion.begin(), passed.steps.begin(), passed.steps.end());
  std::ranges::move(passed.shortcomings, std::back_inserter(plan.shortcomings));
}

ReplicaSteps steps_of_former_master(const Instance& master, const Instance& successor, bool starts) {
  const auto& key = master.key;
  ChangeMaster change{
      key, successor.key, {PlanCoordinates::Kind::log_end, successor.key}, by_gtid(successor)};
  change.demotes = true;
  // Its log would get transactions of the successor, and replicas that still read it would go beyond the
  // place that is known in both logs.
  // First: what it executes must not wait for its former replicas.
  ReplicaSteps steps{key, {}, demote_semi_sync(master, acknowledges(successor)), true};
  steps.move.emplace_back(std::move(change));
  if (starts) steps.move.emplace_back(StartReplication{key});
  return steps;
}

bool has_gtids(const Instance& instance) {
  return !why_no_gtids(instance);
}

// A copy of a former master with another server_uuid lacks what that one committed later under the old one,
// and skips it if its server id is the same.
std::optional<Refusal> why_older_copy(const KnownInstance& former, const Instance& master) {
  const auto& instance = former.instance;
  if (!former.replaced || is_mariadb(instance.version) || is_mariadb(master.version)) return std::nullopt;
  const auto& replaced = *former.replaced;
  if (replaced.server_uuid.empty() || replaced.server_uuid == instance.server_uuid ||
      replaced.server_id != instance.server_id)
    return std::nullopt;
  auto before = instance;
  before.server_uuid = replaced.server_uuid;
  const auto lost = lost_by_itself(before, master);
  if (!lost) return std::nullopt;
  return Refusal{describe_lost(instance, *lost, master, "as the server " + replaced.server_uuid),
                 Code::refused, results::errant_transactions};
}

}  // namespace

const KnownInstance& master_of_cluster(const Topology& topology, const InstanceKey& instance) {
  const auto* known = &require_known(topology, instance);
  std::unordered_set<const KnownInstance*> passed;
  while (passed.insert(known).second) {
    if (!known->instance.is_replica()) return *known;
    const auto* above = topology.master_of(*known);
    if (above == nullptr) {
      refuse_plan("{}, the master of {}, is not known: `discover` it",
                  display_of(known->instance.master_key()), known->instance.key.display());
    }
    const auto* other = topology.co_master_of(*known);
    if (other != nullptr) {
      if (known->instance.read_only == other->instance.read_only) {
        refuse_plan(
            "{} and {} are co-masters, and {} of them {} writable: which one is the master is not "
            "known; set-read-only on the other one tells",
            known->instance.key.display(), other->instance.key.display(),
            known->instance.read_only ? "none" : "both", known->instance.read_only ? "is" : "are");
      }
      return known->instance.read_only ? *other : *known;
    }
    known = above;
  }
  refuse_plan("{} is in a ring of masters", instance.display());
}

Plan plan_rejoin(const Topology& topology, const InstanceKey& key, const InstanceKey& to,
                 const RuleLimits& limits) {
  const auto& former = require_known(topology, key);
  const auto& master = require_known(topology, to);
  for (const auto* known : {&former, &master}) {
    if (known->last_check_valid) continue;
    throw Error(Code::refused,
                fmt::format("{} could not be read{}{}", known->instance.key.display(),
                            known->last_check_error.empty() ? "" : ": ", known->last_check_error),
                results::unreachable);
  }
  const auto& instance = former.instance;
  if (key == to) refuse_plan("{} cannot replicate from itself", key.display());
  if (instance.is_replica()) {
    if (const auto doubt = why_in_doubt(instance, &master); doubt && is_returned(former)) {
      throw Error(Code::refused,
                  fmt::format("{} is a replica already, of {}, and shown as a former master because {}: "
                              "which-gtid-errant -i {} prints what it has; then gtid-errant-inject-empty or "
                              "gtid-errant-reset-master mends it (GTIDs), or forget ends the record, and it "
                              "is discovered again as a replica",
                              key.display(), display_of(instance.master_key()), *doubt, key.display()),
                  why_no_gtids(instance) ? results::cannot_be_compared : results::errant_transactions);
    }
    if (instance.master_key() == to)
      refuse_plan("{} is a replica of {} already{}", key.display(), to.display(),
                  instance.replica_running()
                      ? ""
                      : fmt::format("; start-slave -i {} starts its replication", key.display()));
    refuse_plan("{} is a replica, of {}; match-below and repoint move replicas", key.display(),
                display_of(instance.master_key()));
  }
  if (is_descendant(topology, to, key)) {
    refuse_plan("{} replicates from {}: graceful-master-takeover makes them change places", to.display(),
                key.display());
  }
  require(why_not_replicate(instance, master.instance, limits));
  require(why_older_copy(former, master.instance));
  const auto siblings = topology.replicas_of(master);
  const bool uses_gtid =
      has_gtids(instance) && has_gtids(master.instance) &&
      (siblings.empty()
           ? !is_mariadb(instance.version) || !limits.has_pseudo_gtid
           : std::ranges::any_of(siblings, [](const auto* one) { return by_gtid(one->instance); }));
  if (!uses_gtid && !limits.has_pseudo_gtid) {
    throw Error(Code::refused,
                fmt::format("{} and {} cannot be compared: they have no GTIDs that replication uses, and "
                            "PseudoGTIDPattern is not set in the configuration",
                            key.display(), to.display()),
                results::cannot_be_compared);
  }
  ChangeMaster change{key, to, {PlanCoordinates::Kind::matched, to}, uses_gtid};
  change.demotes = true;
  Plan plan;
  plan.subject = key;
  plan.locks = {{key, fmt::format("rejoins below {}", to.display())},
                {to, fmt::format("{} rejoins below this", key.display())}};
  plan.replica_steps = {{key, {}, {SetReadOnly{key, true, true}, StopReplication{key}}}};
  auto& move = plan.replica_steps.front().move;
  const auto& above = master.instance.semi_sync;
  for (auto& step : demote_semi_sync(instance, above && above->source_enabled))
    move.push_back(std::move(step));
  move.insert(move.end(), {std::move(change), StartReplication{key, true}});
  plan.result = {{key, to}};
  if (master.instance.is_replica()) {
    plan.notes.push_back(fmt::format("{} is not the master of its cluster: it replicates from {}",
                                     to.display(), display_of(master.instance.master_key())));
  }
  return require_unlocked(topology, std::move(plan));
}

Plan plan_takeover(const Topology& topology, const InstanceKey& key, const std::optional<InstanceKey>& named,
                   const Takeover& how, const RuleLimits& limits) {
  const auto& master = require_reachable(topology, key);
  const auto& real = master_of_cluster(topology, key);
  if (&real != &master) {
    refuse_plan("{} is not the master of its cluster, {} is", key.display(), real.instance.key.display());
  }
  if (master.instance.read_only) {
    refuse_plan(
        "{} is read-only already: there are no writes to take over; move its replicas with other "
        "commands, or set-writeable first",
        key.display());
  }
  const auto* co_master = topology.co_master_of(master);
  auto replicas = topology.replicas_of(master);
  if (replicas.empty()) refuse_plan("{} has no replica that could take its place", key.display());

  Plan plan;
  plan.subject = key;
  plan.promotes = true;
  plan.is_chosen = !named;
  if (named) {
    const auto& given = require_known(topology, *named);
    if (std::find(replicas.begin(), replicas.end(), &given) == replicas.end()) {
      refuse_plan("{} does not replicate from {} directly; move it there first, or name one that does",
                  named->display(), key.display());
    }
    plan.candidate = *named;
  } else if (co_master != nullptr) {
    plan.candidate = co_master->instance.key;
  } else {
    plan.candidate = choose_successor(master, replicas, how, limits, plan.reasons);
  }
  const auto& successor = require_known(topology, *plan.candidate);
  const auto& to = successor.instance.key;
  if (co_master != nullptr && &successor != co_master) {
    refuse_plan("{} is a co-master of {}: only that one can take its place", key.display(),
                co_master->instance.key.display());
  }
  require(why_not_by_large_ring(topology, to, key));
  require(why_not_successor(successor, master, limits));
  require(why_never_master(successor));

  if (has_gtids(successor.instance) && has_gtids(master.instance) && co_master == nullptr &&
      !how.accepts_errant)
    plan.before.emplace_back(CompareGtids{to, key});
  plan.before.emplace_back(SetReadOnly{key, true, true, how.ends_clients, true});
  plan.before.emplace_back(CatchUpWithMaster{to, key});
  plan.before.emplace_back(CheckPrepared{key});  // what was prepared until now has reached the successor
  plan.promotion = {SetReadOnly{to, false}, StartEvents{to, key}};
  plan.locks = {{key, fmt::format("{} takes its place", to.display())},
                {to, fmt::format("takes the place of {}", key.display())}};
  if (co_master != nullptr) {
    plan.replica_steps.push_back({key, {}, {}});
    const auto demotion = demote_semi_sync(master.instance, false);
    plan.promotion.insert(plan.promotion.end(), demotion.begin(), demotion.end());
    add_semi_sync(topology, successor, master, true, plan);
    return require_unlocked(topology, std::move(plan));
  }
  if (by_gtid(successor.instance)) require(why_not_by_purged_gtids(master.instance, successor.instance));
  plan.promotion.insert(plan.promotion.end(), {StayStopped{to}, ForgetMaster{to}});
  for (const auto* replica : replicas) {
    const auto& sibling = replica->instance.key;
    if (replica == &successor) continue;
    if (is_left_behind(*replica)) {
      plan.refused.emplace_back(sibling, *why_left_behind(*replica));
      continue;
    }
    if (auto refusal = why_not_match(*replica, limits)) {
      refuse_plan("{}; begin-maintenance on it leaves it where it is", refusal->reason);
    }
    if (auto refusal = why_not_serve(replica->instance, successor.instance, limits)) {
      refuse_plan("{}; another successor can serve it, or begin-maintenance on it leaves it below {}",
                  refusal->reason, key.display());
    }
    plan.replica_steps.push_back(steps_of_sibling(replica->instance, key, to));
    plan.locks.push_back({sibling, fmt::format("moves below {}", to.display())});
    plan.result.emplace_back(sibling, to);
  }
  plan.replica_steps.push_back(
      steps_of_former_master(master.instance, successor.instance, how.starts_demoted));
  plan.result.emplace_back(key, to);
  add_semi_sync(topology, successor, master, how.starts_demoted, plan);
  return require_unlocked(topology, std::move(plan));
}

}  // namespace topo
