#include "topology/holdings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "topo/base/error.h"
#include "topo/topology/gtids.h"
#include "topo/topology/rules.h"
#include "topology/requirements.h"

namespace topo {
namespace {

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

bool has_all_of(Order order) {
  return order == Order::equal || order == Order::ahead;
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

}  // namespace

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

Holdings::Holdings(const std::vector<KnownInstance>& replicas, const Choosing& how)
    : replicas_(replicas), how_(how) {
  find_places();
  compare_places();
  if (how.completeness != Completeness::irrelevant) count_lacking();
}

void Holdings::find_places() {
  std::map<std::pair<std::size_t, BinlogCoordinates>, std::size_t> found;
  for (const auto& known : replicas_) {
    const auto& progress = progress_of(known.instance, how_.progress);
    const auto log =
        log_of_name_.try_emplace(log_of(known.instance, progress), log_of_name_.size()).first->second;
    const auto [place, is_new] = found.try_emplace({log, progress}, places_.size());
    if (is_new) places_.push_back({&known.instance, log});
    ++places_[place->second].count;
    place_of_.push_back(place->second);
  }
  logs_.resize(log_of_name_.size());
  for (const auto& [where, place] : found) {
    places_[place].rank = logs_[where.first].size();
    logs_[where.first].push_back(place);
  }
}

void Holdings::compare_places() {
  for (const auto& log : logs_) {
    std::size_t behind = 0, ahead = 0;
    for (const auto place : log) {
      places_[place].behind = behind;
      behind += places_[place].count;
    }
    for (auto place = log.rbegin(); place != log.rend(); ++place) {
      places_[*place].lacking = ahead;
      ahead += places_[*place].count;
    }
  }
  for (std::size_t one = 0; one < places_.size(); ++one) {
    for (std::size_t other = 0; other < places_.size() && logs_.size() > 1; ++other) {
      if (places_[one].log == places_[other].log) continue;
      const auto compared = order(one, other);
      if (compared == Order::ahead) places_[one].behind += places_[other].count;
      if (!has_all_of(compared) && places_[other].first->replication() != nullptr)
        places_[one].lacking += places_[other].count;
    }
  }
}

Order Holdings::order(std::size_t one, std::size_t other) const {
  const auto &here = places_[one], &there = places_[other];
  if (here.log != there.log) return order_of_replicas(*here.first, *there.first, how_.progress);
  if (here.rank == there.rank) return Order::equal;
  return here.rank < there.rank ? Order::behind : Order::ahead;
}

std::size_t Holdings::progress_score(std::size_t replica) const {
  return 2 * places_[place_of_[replica]].behind +
         (progress_of(replicas_[replica].instance, how_.progress).empty() ? 0U : 1U);
}

Holdings::Reach Holdings::reach_of(std::size_t replica) const {
  if (how_.completeness == Completeness::irrelevant) return {};
  Reach reach{std::nullopt, lacking_of(replica, replica)};
  if (!how_.may_catch_up) return reach;
  for (const auto source : sources_) {
    if (places_[place_of_[source]].lacking >= places_[place_of_[replica]].lacking) break;
    if (order(place_of_[source], place_of_[replica]) != Order::ahead ||
        why_not_catch_up(replicas_[replica].instance, replicas_[source].instance, how_.limits))
      continue;
    return {source, lacking_of(replica, source)};
  }
  return reach;
}

std::vector<std::string> Holdings::lost(std::size_t successor, std::size_t holder) const {
  std::vector<std::string> all;
  if (how_.completeness == Completeness::irrelevant) return all;
  const auto& held = replicas_[holder].instance;
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    const auto& replica = replicas_[i].instance;
    if (i == successor || replica.replication() == nullptr) continue;
    auto copy = i == holder ? "" : only_copy(replica, held);
    if (!copy.empty() && !held_events(replica)) {
      const auto reason = why_not_candidate(replicas_[i], how_.denied);
      if (!reason.empty()) copy += fmt::format(" (it {})", reason);
    }
    if (copy.empty() && lacks_by_filters(successor, i))
      copy = left_out_by(replica, replicas_[successor].instance);
    if (!copy.empty()) all.push_back(std::move(copy));
  }
  for (const auto& left : how_.left) {
    auto copy = only_copy(left, held);
    if (copy.empty() && has_filters(replicas_[successor].instance) && !has_filters(left.replica))
      copy = left_out_by(left.replica, replicas_[successor].instance);
    if (!copy.empty()) all.push_back(std::move(copy));
  }
  return all;
}

void Holdings::add_held(const Instance& replica, std::optional<std::size_t> at, const BinlogCoordinates& to) {
  auto log = logs_.size();  // none
  if (const auto named = log_of_name_.find(log_of(replica, to)); named != log_of_name_.end())
    log = named->second;
  if (at && places_[*at].log != log) log = logs_.size();
  if (log < logs_.size()) {
    const auto from = at ? places_[*at].rank : 0;
    const auto end = std::ranges::lower_bound(
        logs_[log], to, {}, [this](auto place) -> const auto& {
          return progress_of(*places_[place].first, ReplicaProgress::executed);
        });
    const auto until = static_cast<std::size_t>(end - logs_[log].begin());
    if (from < until) {
      ++held_[log][from];
      --held_[log][until];
    }
  }
  for (std::size_t i = 0; i < places_.size() && (log == logs_.size() || logs_.size() > 1); ++i) {
    if (places_[i].log == log || (at && !has_all_of(order(i, *at)))) continue;
    if (!has_executed_to(*places_[i].first, replica, to)) ++places_[i].lacking;
  }
}

void Holdings::count_lacking() {
  for (const auto& log : logs_) held_.emplace_back(log.size() + 1, 0);
  for (std::size_t i = 0; i < replicas_.size(); ++i)
    if (const auto held = held_events(replicas_[i].instance))
      add_held(replicas_[i].instance, place_of_[i], held->to);
  for (const auto& left : how_.left) {
    const auto* channel = left.replica.replication();
    if (channel == nullptr) continue;
    if (!channel->read.empty()) {
      add_held(left.replica, std::nullopt, channel->read);
      continue;
    }
    for (auto& place : places_)
      if (!only_copy(left, *place.first).empty()) ++place.lacking;
  }
  for (std::size_t log = 0; log < logs_.size(); ++log) {
    std::ptrdiff_t held = 0;
    for (const auto place : logs_[log]) {
      held += held_[log][places_[place].rank];
      places_[place].lacking += static_cast<std::size_t>(held);
    }
  }
  for (std::size_t i = 0; i < replicas_.size(); ++i)
    if (!why_no_source(replicas_[i].instance)) sources_.push_back(i);
  std::ranges::sort(sources_, [this](auto one, auto other) {
    const auto lacking = places_[place_of_[one]].lacking, others = places_[place_of_[other]].lacking;
    if (lacking != others) return lacking < others;
    return replicas_[one].instance.key < replicas_[other].instance.key;
  });
}

bool Holdings::lacks_by_filters(std::size_t successor, std::size_t replica) const {
  return successor != replica && has_filters(replicas_[successor].instance) &&
         !has_filters(replicas_[replica].instance);
}

std::size_t Holdings::lacking_of(std::size_t successor, std::size_t holder) const {
  if (!has_filters(replicas_[successor].instance)) return places_[place_of_[holder]].lacking;
  return lost(successor, holder).size();
}

}  // namespace topo
