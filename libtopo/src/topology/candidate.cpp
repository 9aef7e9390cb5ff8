#include "topo/topology/candidate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "topo/base/error.h"
#include "topo/topology/errant.h"
#include "topo/topology/gtids.h"
#include "topology/requirements.h"

namespace topo {
namespace {

// Replicas of one kind are equal to why_not_replicate(), so one of each kind is checked for all.
std::string kind_of(const Instance& instance) {
  const auto* channel = instance.replication();
  const auto version = Version::parse(instance.version);
  return fmt::format("{} {}.{}.{} {} {} {} {} {} {} {} {} {} {}", is_mariadb(instance.version), version.major,
                     version.minor, version.patch, instance.binlog_format, instance.binlog_row_image,
                     instance.binlog_checksum, instance.binlog_compression, instance.log_bin,
                     instance.log_slave_updates, instance.gtid_mode, instance.is_binlog_server,
                     channel != nullptr && channel->has_filters, instance.has_binlog_filters);
}

struct ReplicaKind {
  const Instance* one = nullptr;
  std::size_t count = 0;
};

bool is_near(const Instance& replica, const Instance& master) {
  return replica.data_center == master.data_center &&
         replica.physical_environment == master.physical_environment;
}

void count_in(std::map<std::string, ReplicaKind>& kinds, const Instance& replica) {
  auto& kind = kinds[kind_of(replica)];
  kind.one = &replica;
  ++kind.count;
}

// How many of all replicas a replica of that kind can serve.
std::size_t count_served(const ReplicaKind& kind, const std::map<std::string, ReplicaKind>& kinds,
                         const RuleLimits& limits) {
  std::size_t served = 0;
  for (const auto& [name, other] : kinds) {
    const bool is_same = other.one == kind.one;
    if (is_same || !why_not_replicate(*other.one, *kind.one, limits)) served += other.count;
  }
  return served;
}

// Why it cannot pass on what it has executed, so that others catch up with it, as a predicate.
std::optional<std::string> why_no_source(const Instance& instance) {
  if (!instance.log_bin) return "has no binary log";
  if (!instance.log_slave_updates) return "does not log what it replicates";
  if (is_detached(instance)) return "is detached";
  const auto* channel = instance.replication();
  if (channel == nullptr) return "does not replicate";
  if (!channel->why_not_drained.empty()) return "has not executed all that it has received";
  if (auto filters = why_filtered(instance); !filters.empty()) return filters;
  if (!instance.errant_gtids.empty()) return "has errant transactions";
  return std::nullopt;
}

// Why the replica, which is behind `source`, cannot go below it first, as a sentence.
std::optional<std::string> why_not_catch_up(const Instance& replica, const Instance& source,
                                            const RuleLimits& limits) {
  if (const auto reason = why_no_source(source)) return fmt::format("{} {}", source.key.display(), *reason);
  if (auto refusal = why_not_replicate(replica, source, limits)) return std::move(refusal->reason);
  if (!by_gtid(replica)) {
    if (limits.has_pseudo_gtid) return std::nullopt;
    return fmt::format("{} cannot be matched: PseudoGTIDPattern is not set in the configuration",
                       replica.key.display());
  }
  if (auto refusal = why_not_by_purged_gtids(replica, source)) return std::move(refusal->reason);
  try {
    if (const auto lead = lead_by_gtid(replica, source))
      return fmt::format("{} has {} that {} lacks", replica.key.display(), describe(*lead),
                         source.key.display());
  } catch (const Error& error) {
    return error.what();
  }
  return std::nullopt;
}

bool has_all_of(Order order) {
  return order == Order::equal || order == Order::ahead;
}

bool is_filtered(const Instance& replica) {
  const auto* channel = replica.replication();
  return channel != nullptr && channel->has_filters;
}

// What the replica has of its master's log, and a successor that has what `holder` has would lack, as a
// sentence; "": nothing.
std::string only_copy(const Instance& replica, const Instance& holder) {
  const auto held = held_events(replica);
  if (held && !has_executed_to(holder, replica, held->to)) return held->sentence;
  const auto compared = compare_replicas(replica, holder);
  switch (compared.order) {
    case Order::equal:
    case Order::behind: return "";
    case Order::ahead:
      if (!compared.by_coordinates) return compared.reason;
      return fmt::format("{} has executed events of {} up to {}", replica.key.display(),
                         display_of(replica.replication()->master), replica.replication()->exec.display());
    case Order::diverged:
    case Order::unknown: break;
  }
  return fmt::format("{} may have more, or has: {}", replica.key.display(), compared.reason);
}

// The same of a replica that takes no part.
std::string only_copy(const LeftReplica& left, const Instance& holder) {
  const auto& replica = left.replica;
  const auto* channel = replica.replication();
  if (channel == nullptr || has_executed_to(holder, replica, channel->read)) return "";
  const auto compared = compare_replicas(replica, holder, ReplicaProgress::available);
  if (channel->read.empty() && compared.order == Order::behind) return "";
  if (channel->read.empty() || compared.order == Order::unknown || compared.order == Order::diverged) {
    return fmt::format("{} may have more, or has, and is not moved ({}): {}", replica.key.display(),
                       left.reason, compared.reason);
  }
  return fmt::format("{} has received events of {} up to {}, and is not moved ({})", replica.key.display(),
                     display_of(channel->master), channel->read.display(), left.reason);
}

std::string left_out_by(const Instance& replica, const Instance& successor) {
  return fmt::format("{} has what the replication filters of {} leave out", replica.key.display(),
                     successor.key.display());
}

// What replicas have of the log of their master, compared with each other. Those at the same coordinates of
// the same log are compared once.
class Holdings {
 public:
  Holdings(const std::vector<KnownInstance>& replicas, const Choosing& how) : replicas_(replicas), how_(how) {
    std::map<std::string, std::size_t> places;
    for (const auto& known : replicas) {
      const auto& replica = known.instance;
      const auto* channel = replica.replication();
      const auto& progress = progress_of(replica, how.progress);
      auto place = progress.empty()
                       ? replica.key.display()
                       : fmt::format("{} {} {} {}", display_of(channel->master), channel->master_uuid,
                                     channel->master_server_id, progress.display());
      const auto [found, is_new] = places.try_emplace(std::move(place), firsts_.size());
      if (is_new) {
        firsts_.push_back(&replica);
        counts_.push_back(0);
      }
      ++counts_[found->second];
      place_of_.push_back(found->second);
    }
    compare_places();
    if (how.completeness != Completeness::irrelevant) count_lacking();
  }

  // Grows with the number of the others that the replica is ahead of; of equals, one whose coordinates are
  // known has more progress.
  [[nodiscard]] std::size_t progress_score(std::size_t replica) const {
    std::size_t count = 0;
    for (std::size_t place = 0; place < firsts_.size(); ++place)
      if (orders_[place_of_[replica]][place] == Order::ahead) count += counts_[place];
    return 2 * count + (progress_of(replicas_[replica].instance, how_.progress).empty() ? 0U : 1U);
  }

  struct Reach {
    std::optional<std::size_t> source;
    std::size_t lacking = 0;  // replicas that have something it lacks and cannot get
  };
  [[nodiscard]] Reach reach_of(std::size_t replica) const {
    if (how_.completeness == Completeness::irrelevant) return {};
    Reach reach{std::nullopt, lacking_of(replica, replica)};
    if (!how_.may_catch_up) return reach;
    for (const auto source : sources_) {
      if (lacking_[source] >= lacking_[replica]) break;
      if (orders_[place_of_[source]][place_of_[replica]] != Order::ahead ||
          why_not_catch_up(replicas_[replica].instance, replicas_[source].instance, how_.limits))
        continue;
      return {source, lacking_of(replica, source)};
    }
    return reach;
  }

  // A sentence for each replica that has something which the successor, with all that `holder` has, lacks.
  [[nodiscard]] std::vector<std::string> lost(std::size_t successor, std::size_t holder) const {
    std::vector<std::string> all;
    if (how_.completeness == Completeness::irrelevant) return all;
    const auto& held = replicas_[holder].instance;
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
      const auto& replica = replicas_[i].instance;
      if (i == successor || replica.replication() == nullptr) continue;
      auto copy = i == holder ? "" : only_copy(replica, held);
      if (copy.empty() && lacks_by_filters(successor, i))
        copy = left_out_by(replica, replicas_[successor].instance);
      if (!copy.empty()) all.push_back(std::move(copy));
    }
    for (const auto& left : how_.left) {
      auto copy = only_copy(left, held);
      if (copy.empty() && is_filtered(replicas_[successor].instance) && !is_filtered(left.replica))
        copy = left_out_by(left.replica, replicas_[successor].instance);
      if (!copy.empty()) all.push_back(std::move(copy));
    }
    return all;
  }

 private:
  void compare_places() {
    orders_.resize(firsts_.size());
    for (std::size_t one = 0; one < firsts_.size(); ++one) {
      orders_[one].resize(firsts_.size(), Order::equal);
      for (std::size_t other = 0; other < firsts_.size(); ++other)
        if (one != other)
          orders_[one][other] = order_of_replicas(*firsts_[one], *firsts_[other], how_.progress);
    }
  }

  // For each replica, how many have something that it lacks, and the best sources.
  void count_lacking() {
    std::vector<std::size_t> by_place(firsts_.size(), 0);
    for (std::size_t place = 0; place < firsts_.size(); ++place) {
      for (std::size_t other = 0; other < firsts_.size(); ++other)
        if (firsts_[other]->replication() != nullptr && !has_all_of(orders_[place][other]))
          by_place[place] += counts_[other];
      for (std::size_t i = 0; i < replicas_.size(); ++i) {
        const auto& replica = replicas_[i].instance;
        const auto held = held_events(replica);
        if (held && has_all_of(orders_[place][place_of_[i]]) &&
            !has_executed_to(*firsts_[place], replica, held->to))
          ++by_place[place];
      }
      for (const auto& left : how_.left)
        if (!only_copy(left, *firsts_[place]).empty()) ++by_place[place];
    }
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
      lacking_.push_back(by_place[place_of_[i]]);
      if (!why_no_source(replicas_[i].instance)) sources_.push_back(i);
    }
    std::ranges::sort(sources_, [this](auto one, auto other) {
      if (lacking_[one] != lacking_[other]) return lacking_[one] < lacking_[other];
      return replicas_[one].instance.key < replicas_[other].instance.key;
    });
  }

  [[nodiscard]] bool lacks_by_filters(std::size_t successor, std::size_t replica) const {
    return successor != replica && is_filtered(replicas_[successor].instance) &&
           !is_filtered(replicas_[replica].instance);
  }

  [[nodiscard]] std::size_t lacking_of(std::size_t successor, std::size_t holder) const {
    if (!is_filtered(replicas_[successor].instance)) return lacking_[holder];
    return lost(successor, holder).size();
  }

  const std::vector<KnownInstance>& replicas_;
  const Choosing& how_;
  std::vector<const Instance*> firsts_;  // one replica at each place
  std::vector<std::size_t> counts_;      // how many are there
  std::vector<std::size_t> place_of_;    // of each replica
  std::vector<std::vector<Order>> orders_;
  std::vector<std::size_t> lacking_;  // of each replica, by what it has executed
  std::vector<std::size_t> sources_;  // the best first
};

// What makes one candidate better than another; see rank_candidates().
struct Merits {
  const KnownInstance* known;
  std::size_t index;
  Holdings::Reach reach;
  std::string filters;  // "": none
  std::size_t serves;   // of the other replicas
  std::size_t progress;
  bool is_near;  // in the data centre and environment of the master

  [[nodiscard]] const Instance& instance() const { return known->instance; }
  [[nodiscard]] bool is_errant() const { return !instance().errant_gtids.empty(); }
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
    if (is_filtered(instance)) return fmt::format("{} has replication filters", instance.key.display());
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

// Polls find errant transactions only after some time.
void note_errant(std::vector<KnownInstance>& replicas, const Instance& master,
                 const std::vector<LeftReplica>& left) {
  std::vector<const Instance*> all{&master};
  for (const auto& replica : replicas) all.push_back(&replica.instance);
  for (const auto& one : left) all.push_back(&one.replica);
  for (auto& replica : replicas) {
    if (!replica.instance.errant_gtids.empty()) continue;
    try {
      if (const auto errant = errant_by_itself(replica.instance, all))
        replica.instance.errant_gtids = errant->gtids;
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
  std::map<std::string, ReplicaKind> kinds;
  for (const auto* replica : replicas) count_in(kinds, replica->instance);
  std::map<std::string, bool> serves_all;
  for (const auto& [name, kind] : kinds)
    serves_all[name] = count_served(kind, kinds, limits) == replicas.size();
  std::vector<unsigned> all;
  for (const auto* replica : replicas) {
    const auto& instance = replica->instance;
    const bool is_fit = why_not_candidate(*replica, denied).empty() && why_filtered(instance).empty() &&
                        instance.errant_gtids.empty() && serves_all[kind_of(instance)];
    const auto below_rule =
        static_cast<unsigned>(PromotionRule::must_not) - static_cast<unsigned>(replica->promotion_rule);
    all.push_back(is_fit ? 1 + 2 * below_rule + (is_near(instance, master) ? 1 : 0) : 0);
  }
  return all;
}

std::vector<Candidate> rank_candidates(std::vector<KnownInstance> replicas, const Instance& master,
                                       const Choosing& how) {
  note_errant(replicas, master, how.left);
  std::map<std::string, ReplicaKind> kinds;
  for (const auto& replica : replicas) count_in(kinds, replica.instance);
  std::map<std::string, std::size_t> served;
  for (const auto& [name, kind] : kinds) served[name] = count_served(kind, kinds, how.limits);

  const Holdings holdings(replicas, how);
  std::vector<Merits> able;
  std::vector<Candidate> unable;
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    const auto& instance = replicas[i].instance;
    if (const auto reason = why_not_candidate(replicas[i], how.denied); !reason.empty()) {
      unable.push_back({instance.key, fmt::format("{} {}", instance.key.display(), reason), {}, {}});
      continue;
    }
    able.push_back({&replicas[i], i, holdings.reach_of(i), why_filtered(instance),
                    served[kind_of(instance)] - 1, holdings.progress_score(i), is_near(instance, master)});
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
