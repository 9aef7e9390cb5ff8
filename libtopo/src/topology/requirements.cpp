#include "topology/requirements.h"

#include <fmt/format.h>

#include <algorithm>

#include "topo/topology/gtids.h"

namespace topo {

const KnownInstance& require_known(const Topology& topology, const InstanceKey& key) {
  if (const auto* known = topology.find(key)) return *known;
  throw Error(Code::not_found, fmt::format("Instance not found: {}", key.display()));
}

const KnownInstance& require_reachable(const Topology& topology, const InstanceKey& key) {
  const auto& known = require_known(topology, key);
  if (known.last_check_valid) return known;
  const auto& error = known.last_check_error;
  refuse_plan("{} could not be read{}{}", key.display(), error.empty() ? "" : ": ", error);
}

void require(const std::optional<Refusal>& refusal) {
  if (refusal) throw Error(refusal->code, refusal->reason, refusal->result);
}

std::string require_dead(const Topology& topology, const KnownInstance& master, Evidence evidence) {
  auto alive = why_not_dead(topology, master);
  if (!alive) return "";
  if (master.last_check_valid) {
    refuse_plan("{}; graceful-master-takeover replaces a living master, which becomes read-only first",
                alive->reason);
  }
  if (evidence == Evidence::required)
    refuse_plan("{}; -force is for a master that is dead in spite of that", alive->reason);
  return std::move(alive->reason);
}

Plan require_unlocked(const Topology& topology, Plan plan) {
  for (const auto& lock : plan.locks) {
    if (const auto* known = topology.find(lock.server)) require(why_not_unlocked(*known));
  }
  return plan;
}

Plan locked_beside(const Topology& topology, Plan plan, std::string reason) {
  const auto* known = topology.find(plan.subject);
  if (known != nullptr && known->is_locked_by_operation) require(why_not_unlocked(*known));
  plan.locks = {{plan.subject, std::move(reason), true}};
  return plan;
}

const KnownInstance& master_of(const Topology& topology, const KnownInstance& replica) {
  const auto name = replica.instance.key.display();
  require(why_not_a_replica(replica.instance));
  if (const auto* master = topology.master_of(replica)) return *master;
  refuse_plan("the master of {}, {}, is not known", name, display_of(replica.instance.master_key()));
}

bool by_gtid(const Instance& replica) {
  const auto* channel = replica.replication();
  return channel != nullptr && (channel->using_oracle_gtid || channel->using_mariadb_gtid);
}

std::optional<Refusal> why_never_master(const KnownInstance& instance) {
  if (instance.promotion_rule != PromotionRule::must_not) return std::nullopt;
  const auto name = instance.instance.key.display();
  return Refusal{
      fmt::format("{0} is registered as must_not, and is never made a master; `register-candidate -i "
                  "{0} -promotion-rule neutral` ends that",
                  name)};
}

std::optional<Refusal> why_not_below(const Topology& topology, const Instance& replica,
                                     const Instance& master, const RuleLimits& limits) {
  if (auto refusal = why_not_by_large_ring(topology, replica.key, master.key)) return refusal;
  if (is_descendant(topology, master.key, replica.key)) {
    return Refusal{
        fmt::format("{} replicates from {}, directly or through others: moving it there would create a loop",
                    master.key.display(), replica.key.display())};
  }
  return why_not_serve(replica, master, limits);
}

std::optional<Refusal> why_not_serve(const Instance& replica, const Instance& master,
                                     const RuleLimits& limits) {
  if (auto refusal = why_not_replicate(replica, master, limits)) return refusal;
  return by_gtid(replica) ? why_not_by_purged_gtids(replica, master) : std::nullopt;
}

bool is_intermediate(const Topology& topology, const KnownInstance& master) {
  return master.instance.is_replica() && topology.co_master_of(master) == nullptr;
}

Plan require_any_replica(Plan plan) {
  if (!plan.replica_steps.empty()) return plan;
  if (plan.refused.empty()) {
    Plan nothing;
    nothing.subject = std::move(plan.subject);
    return nothing;
  }
  std::string reasons;
  for (const auto& [key, refusal] : plan.refused)
    reasons.append(reasons.empty() ? "" : "; ").append(refusal.reason);
  const bool all_locked = std::all_of(plan.refused.begin(), plan.refused.end(),
                                      [](const auto& one) { return one.second.code == Code::locked; });
  throw Error(all_locked ? Code::locked : Code::refused, reasons);
}

}  // namespace topo
