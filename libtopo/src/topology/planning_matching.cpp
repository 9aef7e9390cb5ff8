// Plans that find coordinates by Pseudo-GTID.
#include <fmt/format.h>

#include "topo/topology/planning.h"
#include "topology/requirements.h"

namespace topo {
namespace {

std::optional<Refusal> why_not_match_below(const Topology& topology, const KnownInstance& replica,
                                           const Instance& other, const RuleLimits& limits) {
  if (auto refusal = why_not_match(replica, limits)) return refusal;
  if (!limits.has_pseudo_gtid && !by_gtid(replica.instance)) {
    return Refusal{fmt::format("{} cannot be matched: PseudoGTIDPattern is not set in the configuration",
                               replica.instance.key.display())};
  }
  return why_not_below(topology, replica.instance, other, limits);
}

// `has_received`: whether `other` has what the replica has received, being the origin of it.
ChangeMaster change_to(const Instance& replica, const InstanceKey& other, bool has_received) {
  ChangeMaster change{replica.key, other, {PlanCoordinates::Kind::matched, other}, by_gtid(replica)};
  change.drops_received = has_received;
  return change;
}

Plan plan_one(const Topology& topology, const KnownInstance& replica, const InstanceKey& other,
              bool has_received, const RuleLimits& limits) {
  const auto& key = replica.instance.key;
  require(why_not_match_below(topology, replica, require_reachable(topology, other).instance, limits));
  Plan plan;
  plan.subject = key;
  plan.locks = {{key, fmt::format("match below {}", other.display())},
                {other, fmt::format("{} matches below this", key.display())}};
  // Replication starts even if an error had stopped it.
  plan.replica_steps = {{key,
                         {},
                         {has_received ? Step{StopReplication{key}} : stop_before_move(replica.instance),
                          change_to(replica.instance, other, has_received), StartReplication{key, true}}}};
  plan.result = {{key, other}};
  return require_unlocked(topology, std::move(plan));
}

Plan plan_several(const Topology& topology, const InstanceKey& subject, const InstanceKey& below,
                  bool has_received, const Filter& filter, const RuleLimits& limits) {
  Plan plan;
  plan.subject = subject;
  const Instance& destination = require_reachable(topology, below).instance;
  plan.locks = {{below, fmt::format("replicas of {} match below this", subject.display())}};
  for (const auto* replica : topology.replicas_of(require_known(topology, subject))) {
    const auto& key = replica->instance.key;
    if (key == below || !passes(filter, key)) continue;
    if (auto refusal = why_not_match_below(topology, *replica, destination, limits)) {
      plan.refused.emplace_back(key, std::move(*refusal));
      continue;
    }
    // Replicas that have received the same are then at the same coordinates, and are matched as one.
    plan.replica_steps.push_back(
        {key,
         {DrainRelayLog{key, true}},
         {change_to(replica->instance, below, has_received), StartReplication{key, true}}});
    plan.locks.push_back({key, fmt::format("match below {}", below.display())});
    plan.result.emplace_back(key, below);
  }
  return require_unlocked(topology, require_any_replica(std::move(plan)));
}

}  // namespace

Plan plan_match_below(const Topology& topology, const InstanceKey& key, const InstanceKey& other,
                      const RuleLimits& limits) {
  if (key == other) refuse_plan("{} cannot be matched below itself", key.display());
  return plan_one(topology, require_known(topology, key), other, false, limits);
}

Plan plan_match_up(const Topology& topology, const InstanceKey& key, const RuleLimits& limits) {
  const auto& replica = require_known(topology, key);
  const auto& known_master = master_of(topology, replica);
  const Instance& master = known_master.instance;
  if (!master.is_replica())
    refuse_plan("{}, the master of {}, is not a replica itself", master.key.display(), key.display());
  require(why_not_a_replica(master));
  if (master.master_key() == key) {
    refuse_plan("{} and {} are co-masters: there is nothing above them", key.display(), master.key.display());
  }
  const bool has_received = is_intermediate(topology, known_master);
  return plan_one(topology, replica, master.required_master(), has_received, limits);
}

Plan plan_rematch(const Topology& topology, const InstanceKey& key, const RuleLimits& limits) {
  const auto& replica = require_known(topology, key);
  return plan_one(topology, replica, master_of(topology, replica).instance.key, true, limits);
}

Plan plan_multi_match(const Topology& topology, const InstanceKey& master, const InstanceKey& below,
                      const Filter& filter, const RuleLimits& limits) {
  if (master == below) refuse_plan("the replicas of {} are below it already", master.display());
  return plan_several(topology, master, below, false, filter, limits);
}

Plan plan_match_up_replicas(const Topology& topology, const InstanceKey& key, const Filter& filter,
                            const RuleLimits& limits) {
  const auto& master = require_known(topology, key);
  require(why_not_a_replica(master.instance));
  return plan_several(topology, key, master.instance.required_master(), is_intermediate(topology, master),
                      filter, limits);
}

}  // namespace topo
