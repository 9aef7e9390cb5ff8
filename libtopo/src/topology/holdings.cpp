#include "topology/holdings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "topo/base/error.h"
#include "topo/topology/gtids.h"
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

bool is_filtered(const Instance& replica) {
  const auto* channel = replica.replication();
  return channel != nullptr && channel->has_filters;
}

Holdings::Holdings(const std::vector<KnownInstance>& replicas, const Choosing& how)
    : replicas_(replicas), how_(how) {
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

std::size_t Holdings::progress_score(std::size_t replica) const {
  std::size_t count = 0;
  for (std::size_t place = 0; place < firsts_.size(); ++place)
    if (orders_[place_of_[replica]][place] == Order::ahead) count += counts_[place];
  return 2 * count + (progress_of(replicas_[replica].instance, how_.progress).empty() ? 0U : 1U);
}

Holdings::Reach Holdings::reach_of(std::size_t replica) const {
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

std::vector<std::string> Holdings::lost(std::size_t successor, std::size_t holder) const {
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

void Holdings::compare_places() {
  orders_.resize(firsts_.size());
  for (std::size_t one = 0; one < firsts_.size(); ++one) {
    orders_[one].resize(firsts_.size(), Order::equal);
    for (std::size_t other = 0; other < firsts_.size(); ++other)
      if (one != other)
        orders_[one][other] = order_of_replicas(*firsts_[one], *firsts_[other], how_.progress);
  }
}

void Holdings::count_lacking() {
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

bool Holdings::lacks_by_filters(std::size_t successor, std::size_t replica) const {
  return successor != replica && is_filtered(replicas_[successor].instance) &&
         !is_filtered(replicas_[replica].instance);
}

std::size_t Holdings::lacking_of(std::size_t successor, std::size_t holder) const {
  if (!is_filtered(replicas_[successor].instance)) return lacking_[holder];
  return lost(successor, holder).size();
}

}  // namespace topo
