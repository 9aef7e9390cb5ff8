#include "topo/topology/candidate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "topo/base/error.h"
#include "topo/topology/gtids.h"
#include "topo/topology/own_transactions.h"
#include "topo/topology/rules.h"
#include "topology/holdings.h"
#include "topology/serving.h"

namespace topo {
namespace {

bool is_near(const Instance& replica, const Instance& master) {
  return replica.data_center == master.data_center &&
         replica.physical_environment == master.physical_environment;
}

// What makes one candidate better than another; see rank_candidates().
struct Merits {
  const KnownInstance* known;
  std::size_t index;
  Holdings::Reach reach;
  std::string filters;  // "": none
  std::string lost;     // of its own transactions, by GTID; "": none
  std::size_t serves;   // of the other replicas
  std::size_t progress;
  bool is_near;  // in the data centre and environment of the master

  [[nodiscard]] const Instance& instance() const { return known->instance; }
  [[nodiscard]] bool is_errant() const { return !instance().errant_gtids.empty() || !lost.empty(); }
};

enum class Merit : std::uint8_t { complete, filters, errant, serves, rule, near, progress, name };

std::array<Merit, 8> order_of_merits(Completeness completeness) {
  using enum Merit;
  if (completeness == Completeness::after_serving)
    return {filters, errant, serves, complete, progress, rule, near, name};
  return {complete, filters, errant, serves, rule, near, progress, name};
}

// Less: `one` is better.
std::strong_ordering compare_merits(const Merits& one, const Merits& other, Merit merit) {
  switch (merit) {
    case Merit::complete: return one.reach.lacking <=> other.reach.lacking;
    case Merit::filters: return !one.filters.empty() <=> !other.filters.empty();
    case Merit::errant: return one.is_errant() <=> other.is_errant();
    case Merit::serves: return other.serves <=> one.serves;
    case Merit::rule: return one.known->promotion_rule <=> other.known->promotion_rule;
    case Merit::near: return other.is_near <=> one.is_near;
    case Merit::progress: return other.progress <=> one.progress;
    case Merit::name: return one.instance().key <=> other.instance().key;
  }
  return std::strong_ordering::equal;
}

Merit first_difference(const Merits& one, const Merits& other, Completeness completeness) {
  for (const auto merit : order_of_merits(completeness))
    if (compare_merits(one, other, merit) != std::strong_ordering::equal) return merit;
  return Merit::name;
}

std::string why_incomplete(const Merits& one, const Merits& best, const std::vector<KnownInstance>& replicas,
                           const Choosing& how) {
  const auto& instance = one.instance();
  const auto& holder = best.reach.source ? replicas[*best.reach.source].instance : best.instance();
  const auto order = order_of_replicas(instance, holder, how.progress);
  if (order == Order::equal || order == Order::ahead) {
    if (has_filters(instance)) return fmt::format("{} has replication filters", instance.key.display());
    return fmt::format("{} lacks what {} of the others have, {} what {} have", instance.key.display(),
                       one.reach.lacking, best.instance().key.display(), best.reach.lacking);
  }
  auto reason = compare_replicas(instance, holder, how.progress).reason;
  if (order != Order::behind || !how.may_catch_up) return reason;
  if (const auto obstacle = why_not_catch_up(instance, holder, how.limits))
    reason += fmt::format(", and it cannot get the rest first: {}", *obstacle);
  return reason;
}

// By the first merit in which they differ.
std::string why_not_best(const Merits& one, const Merits& best, const std::vector<KnownInstance>& replicas,
                         const Choosing& how) {
  const auto name = one.instance().key.display();
  const auto other = best.instance().key.display();
  switch (first_difference(one, best, how.completeness)) {
    case Merit::complete: return why_incomplete(one, best, replicas, how);
    case Merit::filters: return fmt::format("{} {}", name, one.filters);
    case Merit::errant:
      if (!one.lost.empty()) {
        return fmt::format("{} has lost transactions that it had committed itself ({}): others have them",
                           name, shortened_gtids(one.lost));
      }
      return fmt::format("{} has errant transactions ({})", name,
                         shortened_gtids(one.instance().errant_gtids));
    case Merit::serves:
      return fmt::format("{} can serve {} of the others, {} can serve {}", name, one.serves, other,
                         best.serves);
    case Merit::rule:
      return fmt::format("{} is registered as {}, {} as {}", name, to_string(one.known->promotion_rule),
                         other, to_string(best.known->promotion_rule));
    case Merit::near: return fmt::format("{} is in another data centre or environment than its master", name);
    case Merit::progress: return compare_replicas(one.instance(), best.instance(), how.progress).reason;
    case Merit::name: break;
  }
  return fmt::format("{} is as good as {}, which is the first by name", name, other);
}

Candidate as_candidate(const KnownInstance& replica, const Holdings::Reach& reach, std::size_t index,
                       const std::vector<KnownInstance>& replicas, const Holdings& holdings) {
  Candidate candidate{replica.instance.key, "", std::nullopt,
                      holdings.lost(index, reach.source.value_or(index))};
  if (reach.source) candidate.source = replicas[*reach.source].instance.key;
  return candidate;
}

std::vector<const Instance*> all_of(const std::vector<KnownInstance>& replicas, const Instance& master,
                                    const std::vector<LeftReplica>& left) {
  std::vector<const Instance*> all{&master};
  for (const auto& replica : replicas) all.push_back(&replica.instance);
  for (const auto& one : left) all.push_back(&one.replica);
  return all;
}

// Polls find errant transactions only after some time.
void note_errant(std::vector<KnownInstance>& replicas, const OwnTransactions& own) {
  for (auto& replica : replicas) {
    if (!replica.instance.errant_gtids.empty()) continue;
    try {
      if (const auto errant = own.errant(replica.instance)) replica.instance.errant_gtids = errant->gtids;
    } catch (const Error&) {  // what one of the servers reports is not understood: unknown
    }
  }
}

bool can_stand_in_for(const KnownInstance& sibling, const Instance& failed) {
  const Instance& instance = sibling.instance;
  const auto* channel = instance.replication();
  const auto* of_failed = failed.replication();
  return channel != nullptr && of_failed != nullptr && sibling.last_check_valid && instance.log_bin &&
         instance.log_slave_updates && channel->sql_thread == ThreadState::running &&
         instance.data_center == failed.data_center &&
         instance.physical_environment == failed.physical_environment &&
         channel->has_filters == of_failed->has_filters && !instance.is_binlog_server &&
         !failed.is_binlog_server && of_failed->exec <= channel->exec;
}

}  // namespace

std::string why_filtered(const Instance& instance) {
  const auto* channel = instance.replication();
  if (channel != nullptr && channel->has_filters) return "has replication filters";
  if (instance.has_binlog_filters)
    return "leaves changes out of its binary log (binlog-do-db, binlog-ignore-db)";
  return "";
}

std::string why_not_candidate(const KnownInstance& replica, const Filter& denied) {
  const Instance& instance = replica.instance;
  if (!instance.log_bin) return "has no binary log";
  if (!instance.log_slave_updates) return "does not log what it replicates";
  if (denied && denied(instance.key)) return "is excluded by DenyAutoPromotionHostnamePattern";
  if (replica.promotion_rule == PromotionRule::must_not) return "is registered as must_not";
  if (!replica.locked.empty()) return "is locked";
  if (is_detached(instance)) return "is detached";
  if (held_events(instance)) return "has not executed all that it has received";
  return "";
}

std::vector<unsigned> standings(const std::vector<const KnownInstance*>& replicas, const Instance& master,
                                const Filter& denied, const RuleLimits& limits) {
  std::vector<const Instance*> instances;
  for (const auto* replica : replicas) instances.push_back(&replica->instance);
  const Serving serving(instances, limits);
  std::vector<unsigned> all;
  for (const auto* replica : replicas) {
    const auto& instance = replica->instance;
    const bool is_fit = why_not_candidate(*replica, denied).empty() && why_filtered(instance).empty() &&
                        instance.errant_gtids.empty() && serving.count(all.size()) + 1 == replicas.size();
    const auto below_rule =
        static_cast<unsigned>(PromotionRule::must_not) - static_cast<unsigned>(replica->promotion_rule);
    all.push_back(is_fit ? 1 + 2 * below_rule + (is_near(instance, master) ? 1 : 0) : 0);
  }
  return all;
}

std::vector<Candidate> rank_candidates(std::vector<KnownInstance> replicas, const Instance& master,
                                       const Choosing& how) {
  const OwnTransactions own(all_of(replicas, master, how.left));
  note_errant(replicas, own);
  std::vector<const Instance*> served;
  for (const auto& replica : replicas) served.push_back(&replica.instance);
  served.insert(served.end(), how.served.begin(), how.served.end());
  const Serving serving(served, how.limits);
  const Holdings holdings(replicas, how);
  std::vector<Merits> able;
  std::vector<Candidate> unable;
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    const auto& instance = replicas[i].instance;
    if (const auto reason = why_not_candidate(replicas[i], how.denied); !reason.empty()) {
      unable.push_back({instance.key, fmt::format("{} {}", instance.key.display(), reason), {}, {}});
      continue;
    }
    const auto lost = own.lost(instance);
    able.push_back({&replicas[i], i, holdings.reach_of(i), why_filtered(instance), lost ? lost->gtids : "",
                    serving.count(i), holdings.progress_score(i), is_near(instance, master)});
  }
  std::ranges::sort(able, [&](const Merits& one, const Merits& other) {
    const auto merit = first_difference(one, other, how.completeness);
    return compare_merits(one, other, merit) == std::strong_ordering::less;
  });
  std::vector<Candidate> ranked;
  for (const auto& one : able) {
    if (ranked.empty()) {
      ranked.push_back(as_candidate(*one.known, one.reach, one.index, replicas, holdings));
      continue;
    }
    ranked.push_back({one.instance().key, why_not_best(one, able.front(), replicas, how), {}, {}});
  }
  std::ranges::move(unable, std::back_inserter(ranked));
  return ranked;
}

Candidate judge_candidate(const InstanceKey& replica, const std::vector<KnownInstance>& replicas,
                          const Choosing& how) {
  const auto found = std::ranges::find(replicas, replica, [](const auto& one) { return one.instance.key; });
  if (found == replicas.end()) return {replica, "", std::nullopt, {}};
  const auto index = static_cast<std::size_t>(found - replicas.begin());
  const Holdings holdings(replicas, how);
  return as_candidate(*found, holdings.reach_of(index), index, replicas, holdings);
}

const InstanceKey& best_of(const std::vector<Candidate>& ranked, const InstanceKey& master) {
  if (ranked.empty()) throw Error(Code::refused, fmt::format("No replicas found for {}", master.display()));
  if (ranked.front().why_not.empty()) return ranked.front().key;
  auto message = fmt::format("No replica of {} can be promoted", master.display());
  for (const auto& one : ranked) message += "; " + one.why_not;
  throw Error(Code::refused, message);
}

std::optional<InstanceKey> choose_sibling(const Topology& topology, const InstanceKey& failed) {
  const auto* known = topology.find(failed);
  const auto* master = known == nullptr ? nullptr : topology.master_of(*known);
  if (master == nullptr) return std::nullopt;
  const KnownInstance* best = nullptr;
  std::size_t best_replicas = 0;
  for (const auto* sibling : topology.replicas_of(*master)) {
    if (sibling == known || !can_stand_in_for(*sibling, known->instance)) continue;
    const auto replicas = topology.replicas_of(*sibling).size();
    const auto& executed = sibling->instance.replication()->exec;
    if (best != nullptr && (replicas != best_replicas ? replicas < best_replicas
                                                      : executed <= best->instance.replication()->exec))
      continue;
    best = sibling;
    best_replicas = replicas;
  }
  return best == nullptr ? std::nullopt : std::optional(best->instance.key);
}

}  // namespace topo
