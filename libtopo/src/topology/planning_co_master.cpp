// The plan that recovers from the death of one of two co-masters: what becomes of its replicas, and which
// server is the master of the cluster afterwards, is one decision (the table is in planning.h).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "topo/base/error.h"
#include "topo/topology/candidate.h"
#include "topo/topology/gtids.h"
#include "topo/topology/planning.h"
#include "topology/gathering.h"
#include "topology/requirements.h"

namespace topo {
namespace {

// What the decision is made from, but for the servers when they have stopped.
struct CoMasterCase {
  Instance dead;
  InstanceKey living;
  bool is_silent = false;  // it is dead, too, or presumed so
  Replacement how;
  Rules rules;
  std::vector<LeftReplica> left;
  RuleLimits limits;
};

// What one server has by GTID and the other has not. MySQL's sets say it exactly. Of MariaDB's positions only
// the last transaction of a domain is known, in which both co-masters may write: none says nothing then.
struct GtidDifference {
  bool is_exact = false;
  std::optional<GtidLead> lead;
};

GtidDifference difference_by_gtid(const Instance& one, const Instance& other) {
  if (why_no_gtids(one) || why_no_gtids(other)) return {};
  if (one.executed_gtid_set.empty() || other.executed_gtid_set.empty()) return {};
  // What the other one has only received does not count: it has stopped.
  auto executed = other;
  for (auto& channel : executed.channels) channel.received_gtids.clear();
  try {
    return {!is_mariadb(one.version), lead_by_gtid(one, executed)};
  } catch (const Error&) {
    return {};
  }
}

// What the replica has of the dead co-master and the living one lacks, as a sentence; "": nothing.
std::string what_lacks(const Instance& living, const Instance& replica) {
  const auto name = replica.key.display();
  const auto other = living.key.display();
  const auto* channel = replica.replication();
  const auto* of_living = living.replication();
  if (const auto held = held_events(replica); held && !has_executed_to(living, replica, held->to))
    return fmt::format("{}; {} has executed up to {}", held->sentence, other, of_living->exec.display());
  const auto compared = compare_replicas(replica, living);
  const auto by_gtid = difference_by_gtid(replica, living);
  const bool has_all = compared.order == Order::equal || compared.order == Order::behind ||
                       (by_gtid.is_exact && !by_gtid.lead);
  if (!has_all) {
    const auto transactions =
        by_gtid.lead ? fmt::format("{} has {} that {} lacks", name, describe(*by_gtid.lead), other) : "";
    if (compared.by_coordinates) {
      return fmt::format("{}{} has executed events of {} up to {}, {} up to {}", transactions,
                         transactions.empty() ? name : ": it", display_of(channel->master),
                         channel->exec.display(), other, of_living->exec.display());
    }
    if (!transactions.empty()) return transactions;
    return fmt::format("{} may have more than {}, or has: {}", name, other, compared.reason);
  }
  if (of_living->has_filters && !channel->has_filters)
    return fmt::format("{} has what the replication filters of {} leave out", name, other);
  return "";
}

std::vector<std::string> all_that_lacks(const Instance& living, const std::vector<Instance>& replicas,
                                        const std::vector<LeftReplica>& left) {
  std::vector<std::string> all;
  for (const auto& replica : replicas)
    if (auto sentence = what_lacks(living, replica); !sentence.empty()) all.push_back(std::move(sentence));
  Choosing choosing;
  choosing.left = left;
  for (auto& sentence : judge_candidate(living.key, with_rules({living}, {}), choosing).lost)
    all.push_back(std::move(sentence));
  return all;
}

// Where the log of a co-master ends is no position for a replica of the other one, unless it is read-only:
// what it has written itself may not have come to the replica.
std::optional<Refusal> why_not_below_co_master(const Instance& replica, const Instance& living,
                                               const RuleLimits& limits) {
  if (const auto more = what_lacks(living, replica); !more.empty()) {
    return Refusal{fmt::format("{}; {} lacks them, so that {} keeps its master and its relay log", more,
                               living.key.display(), replica.key.display())};
  }
  if (auto refusal = why_not_replicate(replica, living, limits)) return refusal;
  if (by_gtid(replica)) return why_not_by_purged_gtids(replica, living);
  if (limits.has_pseudo_gtid) return std::nullopt;
  const auto compared = compare_replicas(replica, living);
  if (living.read_only && compared.order == Order::equal && compared.by_coordinates) return std::nullopt;
  return Refusal{
      fmt::format("{} cannot be matched below {}: PseudoGTIDPattern is not set in the configuration",
                  replica.key.display(), living.key.display())};
}

Decision::Move move_below(const Instance& replica, const InstanceKey& to, const RuleLimits& limits) {
  const auto& key = replica.key;
  const auto kind = limits.has_pseudo_gtid ? PlanCoordinates::Kind::matched : PlanCoordinates::Kind::log_end;
  ChangeMaster change{key, to, {kind, to}, by_gtid(replica)};
  change.drops_received = true;  // the new master has executed it
  return {key, to, {std::move(change), StartReplication{key, true}}};
}

Decision choose_co_master(const CoMasterCase& facts, const Instance& living,
                          const std::vector<Instance>& replicas) {
  Decision decision;
  decision.candidate = living.key;
  for (const auto& replica : replicas) {
    if (auto refusal = why_not_below_co_master(replica, living, facts.limits))
      decision.refused.emplace_back(replica.key, std::move(*refusal));
    else
      decision.moves.push_back(move_below(replica, living.key, facts.limits));
  }
  const bool resets = facts.how.promotion == Promotion::reset;
  if (living.read_only)
    promote(facts.dead, living, replicas, {}, facts.how.promotion, decision);
  else if (resets)
    decision.promotion = {ForgetMaster{living.key}};
  else
    decision.after = {StartReplication{living.key}};
  return decision;
}

// The former co-master would otherwise go on with what no other server has.
std::optional<Refusal> why_not_below_successor(const Instance& living, const Succession& by,
                                               const RuleLimits& limits) {
  if (auto refusal = why_not_gather(living, by, limits)) return refusal;
  if (const auto own = difference_by_gtid(living, *by.holder).lead) {
    return Refusal{fmt::format("{} has {} that {} lacks", living.key.display(), describe(*own),
                               by.successor->key.display())};
  }
  if (!living.errant_gtids.empty()) {
    return Refusal{fmt::format("{} has errant transactions ({})", living.key.display(),
                               shortened_gtids(living.errant_gtids))};
  }
  if (by_gtid(living)) return why_not_by_purged_gtids(living, *by.successor);
  if (limits.has_pseudo_gtid) return std::nullopt;
  return Refusal{
      fmt::format("{} cannot be matched below {}: PseudoGTIDPattern is not set in the configuration",
                  living.key.display(), by.successor->key.display())};
}

// `living`: it is read-only, and goes below the new master if it can; nullptr: it cannot be read.
// `why_not_living`: a sentence.
Decision choose_best_replica(const CoMasterCase& facts, const Instance* living,
                             const std::vector<Instance>& replicas, const std::vector<Instance>& prepared,
                             const std::vector<LeftReplica>& left, const std::string& why_not_living) {
  Choosing choosing{facts.how.denied, facts.limits};
  if (living != nullptr) {
    choosing.denied = [&](const InstanceKey& key) {
      return key == living->key || (facts.how.denied && facts.how.denied(key));
    };
  }
  choosing.may_catch_up = facts.how.promotion == Promotion::reset;
  choosing.left = left;
  auto ranked = rank_candidates(with_rules(prepared, facts.rules), facts.dead, choosing);
  for (auto& one : ranked)
    if (living != nullptr && one.key == living->key) one.why_not = why_not_living;
  const auto chosen = best_of(ranked, facts.dead.key);
  const auto& best = ranked.front();
  const auto& successor = must_be_prepared(prepared, chosen);
  const Succession by{&successor, best.source ? &must_be_prepared(prepared, *best.source) : &successor};
  if (facts.how.loss == Loss::refuse) refuse_to_lose(best, by);
  auto decision = gather(replicas, by, facts.limits);
  for (auto& one : ranked)
    if (one.key != chosen) decision.reasons.push_back(std::move(one.why_not));
  if (living != nullptr) {
    if (auto refusal = why_not_below_successor(*living, by, facts.limits))
      decision.refused.emplace_back(living->key, std::move(*refusal));
    else
      decision.moves.push_back(move_below(*living, chosen, facts.limits));
  }
  promote(facts.dead, *by.successor, prepared, {}, facts.how.promotion, decision);
  decision.outcome = fmt::format("{} becomes the master of the cluster", chosen.display());
  return decision;
}

Decision decide_succession(const CoMasterCase& facts, const std::vector<Instance>& prepared,
                           const std::vector<LeftReplica>& unprepared) {
  const auto left = joined(facts.left, unprepared);
  if (facts.is_silent) return choose_best_replica(facts, nullptr, prepared, prepared, left, "");
  const auto& living = must_be_prepared(prepared, facts.living);
  const auto name = living.key.display();
  auto replicas = prepared;
  std::erase_if(replicas,
                [&](const Instance& one) { return one.key == living.key || one.replication() == nullptr; });
  const auto lacking = all_that_lacks(living, replicas, left);
  if (!living.read_only) {
    if (!lacking.empty() && facts.how.loss == Loss::refuse) {
      refuse_plan(
          "{0}, the other co-master, takes writes and remains the master, but lacks events: {1}; with "
          "-allow-loss replicas that have them are left as they are, and the others move below {0}",
          name, fmt::join(lacking, "; "));
    }
    auto decision = choose_co_master(facts, living, replicas);
    decision.outcome =
        lacking.empty()
            ? fmt::format("{} takes writes and remains the master of the cluster: it has all that they have",
                          name)
            : fmt::format("{} takes writes and remains the master of the cluster, but lacks events: {}", name,
                          fmt::join(lacking, "; "));
    return decision;
  }
  const auto unfit = why_not_candidate(with_rules({living}, facts.rules).front(), facts.how.denied);
  if (lacking.empty() && unfit.empty()) {
    auto decision = choose_co_master(facts, living, replicas);
    decision.outcome = fmt::format("{} becomes the master of the cluster: it has all that they have", name);
    return decision;
  }
  return choose_best_replica(facts, &living, replicas, prepared, left,
                             lacking.empty() ? fmt::format("{}, the other co-master, {}", name, unfit)
                                             : fmt::format("{}, the other co-master, lacks events: {}", name,
                                                           fmt::join(lacking, "; ")));
}

}  // namespace

Plan plan_recover_co_master(const Topology& topology, const InstanceKey& key, const Replacement& how,
                            const RuleLimits& limits) {
  const auto& dead = require_known(topology, key);
  const auto* living = topology.co_master_of(dead);
  if (living == nullptr) refuse_plan("{} is not a co-master", key.display());
  const auto& other = living->instance.key;
  Plan plan;
  plan.subject = key;
  plan.promotes = true;
  plan.caution = require_dead(topology, dead, how.evidence);
  const bool is_silent = !living->last_check_valid;
  if (is_silent) {
    const auto caution = require_dead(topology, *living, how.evidence);
    plan.caution += plan.caution.empty() || caution.empty() ? caution : "; " + caution;
  } else {
    require(why_not_match(*living, limits));
  }
  const auto replicas = topology.replicas_of(dead);
  add_strands(topology, replicas, limits, fmt::format("recover from the death of {}", key.display()), plan,
              only_delayed_with_most(replicas));
  refuse_side_replicas(topology, dead, plan);
  for (auto& steps : plan.replica_steps) std::get<DrainRelayLog>(steps.prepare.front()).reads_gtids = true;
  plan.decision =
      is_silent
          ? fmt::format("then, as {} is dead, too, the best of the replicas becomes the master",
                        other.display())
          : fmt::format(
                "then the master of the cluster is chosen: {0}, the other co-master, if it takes writes or "
                "has "
                "all that the replicas of {1} have received; otherwise the best of these replicas, and {0} "
                "goes below it if it has nothing more; replicas go below the master, by GTID or Pseudo-GTID, "
                "and {2}",
                other.display(), key.display(),
                how.loss == Loss::accept ? "those that have more than it are left as they are"
                                         : "nothing is changed if one of them has more than it");
  auto promotes = how;
  if (how.promotion == Promotion::none) promotes.promotion = Promotion::stopped;
  plan.decide = [facts = CoMasterCase{dead.instance, other, is_silent, promotes, rules_of(topology, dead),
                                      left_replicas(topology, key, plan), limits}](
                    const std::vector<Instance>& prepared, const std::vector<LeftReplica>& unprepared) {
    return decide_succession(facts, prepared, unprepared);
  };
  return require_unlocked(topology, require_any_replica(std::move(plan)));
}

}  // namespace topo
