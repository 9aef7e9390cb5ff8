// What plans share that gather the replicas of one server below another one, by what each has executed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "topo/topology/candidate.h"
#include "topo/topology/planning.h"

namespace topo {

// The successor, and the replica that has what the successor will have: itself, or the one below which it
// catches up first.
struct Succession {
  const Instance* successor;
  const Instance* holder;
};
using Rules = std::map<InstanceKey, PromotionRule>;

// The replica that has received more than all others that execute at once; nullptr: it is one of those. Only
// what it has received decides whether its delay matters: the others are brought up to it or to more.
[[nodiscard]] const KnownInstance* only_delayed_with_most(const std::vector<const KnownInstance*>& replicas);

// Adds a strand for each replica that may take part, in which it executes what it can; `lifted`: without its
// delay. `standings`: of the replicas; empty: none of them may become the master.
void add_strands(const Topology& topology, const std::vector<const KnownInstance*>& replicas,
                 const RuleLimits& limits, const std::string& reason, Plan& plan,
                 const KnownInstance* lifted = nullptr, const std::vector<unsigned>& standings = {});

// Replicas of another master that also replicate from this one, and may have received more of its log than
// the others, are refused: only a replica with one channel can be moved.
void refuse_side_replicas(const Topology& topology, const KnownInstance& master, Plan& plan);

[[nodiscard]] std::optional<Refusal> why_not_gather(const Instance& replica, const Succession& by,
                                                    const RuleLimits& limits);
// All prepared replicas go below the successor, but for those that why_not_gather() refuses.
[[nodiscard]] Decision gather(const std::vector<Instance>& prepared, const Succession& by,
                              const RuleLimits& limits);
// Throws Error{refused} if the replica could not be prepared.
[[nodiscard]] const Instance& must_be_prepared(const std::vector<Instance>& prepared, const InstanceKey& key);
// The replicas of `master` that the plan refuses and that can be read.
[[nodiscard]] std::vector<LeftReplica> left_replicas(const Topology& topology, const InstanceKey& master,
                                                     const Plan& plan);
[[nodiscard]] std::vector<LeftReplica> joined(std::vector<LeftReplica> refused,
                                              const std::vector<LeftReplica>& unprepared);
// The replicas of a dead master have the only copies of what it wrote last.
void refuse_to_lose(const Candidate& chosen, const Succession& by);
// The prepared replicas, with the rules that were known for them.
[[nodiscard]] std::vector<KnownInstance> with_rules(const std::vector<Instance>& prepared,
                                                    const Rules& rules);
[[nodiscard]] Rules rules_of(const Topology& topology, const KnownInstance& master);
// The replicas of instances.
using OwnReplicas = std::map<InstanceKey, std::vector<Instance>>;
// How the successor becomes the master in the place of `former`, when the moves are decided; `own`: what was
// below it and the other replicas before.
void promote(const Instance& former, const Instance& successor, const std::vector<Instance>& prepared,
             const OwnReplicas& own, Promotion promotion, Decision& decision);

}  // namespace topo
