#include "topo/topology/move_targets.h"

#include <fmt/format.h>

#include <utility>

#include "topo/base/error.h"
#include "topology/requirements.h"

namespace topo {
namespace {

// The dragged instance, and how other instances relate to it.
struct Dragged {
  const Topology& topology;
  const RuleLimits& limits;
  const KnownInstance& known;
  const KnownInstance* master;       // nullptr: none, or not known
  const KnownInstance* grandparent;  // the same
  bool is_co_master;

  [[nodiscard]] const InstanceKey& key() const { return known.instance.key; }
  [[nodiscard]] bool is_sibling(const KnownInstance& other) const {
    const auto master_key = known.instance.master_key();
    return known.instance.is_replica() && other.instance.is_replica() &&
           other.instance.master_key() == master_key;
  }
  [[nodiscard]] bool is_replica_of_it(const KnownInstance& other) const {
    return other.instance.is_replica() && other.instance.master_key() == key();
  }
};

// The verdict of the rules on the plan.
template <typename MakePlan>
MoveVerdict judged(MoveVerdict verdict, MakePlan make_plan) {
  try {
    (void)make_plan();
    verdict.kind = MoveVerdict::Kind::yes;
  } catch (const Error& error) {
    verdict.kind = MoveVerdict::Kind::no;
    verdict.reason = error.what();
  }
  return verdict;
}

MoveVerdict refused(std::string reason) {
  return {MoveVerdict::Kind::no, {}, {}, {}, std::move(reason)};
}

MoveVerdict classic_verdict(const Dragged& dragged, const KnownInstance& target) {
  const auto& key = dragged.key();
  const auto& target_key = target.instance.key;
  if (dragged.is_co_master)
    return refused(fmt::format("{} is a co-master: it cannot be moved out of its ring", key.display()));
  if (dragged.is_sibling(target)) {
    return judged({MoveVerdict::Kind::no, "move-below", key, target_key, {}},
                  [&] { return plan_move_below(dragged.topology, key, target_key, dragged.limits); });
  }
  if (&target == dragged.grandparent) {
    return judged({MoveVerdict::Kind::no, "move-up", key, {}, {}},
                  [&] { return plan_move_up(dragged.topology, key, dragged.limits); });
  }
  if (dragged.is_replica_of_it(target) && !dragged.known.instance.is_replica()) {
    return judged({MoveVerdict::Kind::no, "make-co-master", target_key, {}, {}},
                  [&] { return plan_make_co_master(dragged.topology, target_key, dragged.limits); });
  }
  if (&target == dragged.master)
    return refused(fmt::format("{} replicates from {} already", key.display(), target_key.display()));
  return refused(fmt::format(
      "{} can move below a sibling, or below the master of its master, one step at a time; {} is neither",
      key.display(), target_key.display()));
}

// `other` is behind `than` in the log of their master, and stays so. A running replica is waited for instead.
bool stays_behind(const KnownInstance& other, const KnownInstance& than) {
  if (other.instance.replica_running()) return false;
  const auto* a = other.instance.replication();
  const auto* b = than.instance.replication();
  return a != nullptr && b != nullptr && a->exec < b->exec;
}

MoveVerdict pseudo_gtid_verdict(const Dragged& dragged, const KnownInstance& target) {
  const auto& key = dragged.key();
  const auto& target_key = target.instance.key;
  MoveVerdict verdict{MoveVerdict::Kind::no, "match-below", key, target_key, {}};
  if (!target.is_recently_checked(dragged.limits.poll_interval))
    return refused(fmt::format("{} was not read recently", target_key.display()));
  if (is_descendant(dragged.topology, target_key, key))
    return refused(fmt::format("{} replicates from {}", target_key.display(), key.display()));
  const bool sibling = dragged.is_sibling(target);
  if (sibling && stays_behind(target, dragged.known)) {
    return refused(fmt::format("{} has executed less of the log of {} than {}", target_key.display(),
                               display_of(dragged.known.instance.master_key()), key.display()));
  }
  verdict = judged(std::move(verdict),
                   [&] { return plan_match_below(dragged.topology, key, target_key, dragged.limits); });
  const bool is_above = is_descendant(dragged.topology, key, target_key);
  if (verdict.kind == MoveVerdict::Kind::yes && !sibling && !is_above) {
    verdict.kind = MoveVerdict::Kind::warning;
    verdict.reason = fmt::format(
        "{} is neither an ancestor of {} nor its sibling: whether it has executed what {} has can only be "
        "determined from its binary log",
        target_key.display(), key.display(), key.display());
  }
  return verdict;
}

}  // namespace

std::vector<MoveTarget> move_targets(const Topology& topology, const InstanceKey& key,
                                     const RuleLimits& limits) {
  const auto& known = require_known(topology, key);
  const auto* master = topology.master_of(known);
  const Dragged dragged{topology,
                        limits,
                        known,
                        master,
                        master == nullptr ? nullptr : topology.master_of(*master),
                        topology.co_master_of(known) != nullptr};
  std::vector<MoveTarget> targets;
  targets.reserve(topology.instances().size());
  for (const auto& target : topology.instances()) {
    if (target.instance.key == key) continue;
    targets.push_back(
        {target.instance.key, classic_verdict(dragged, target), pseudo_gtid_verdict(dragged, target)});
  }
  return targets;
}

}  // namespace topo
