#include "topology/serving.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "topo/base/error.h"
#include "topo/topology/gtids.h"

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

bool asks_by_sets(const Instance& replica) {
  const auto* channel = replica.replication();
  return channel != nullptr && channel->using_oracle_gtid;
}

// nullopt: what it reports is not understood.
std::optional<GtidSet> understood(const Instance& instance, GtidSet (*read)(const Instance&)) {
  try {
    return read(instance);
  } catch (const Error&) {
    return std::nullopt;
  }
}

// Numbers different sets.
class SetNumbers {
 public:
  std::size_t of(GtidSet set) {
    const auto [found, is_new] = numbers_.try_emplace(set.text(), sets_.size());
    if (is_new) sets_.push_back(std::move(set));
    return found->second;
  }
  [[nodiscard]] const std::vector<GtidSet>& sets() const { return sets_; }

 private:
  std::map<std::string, std::size_t> numbers_;
  std::vector<GtidSet> sets_;
};

}  // namespace

Serving::Serving(const std::vector<const Instance*>& replicas, const RuleLimits& limits) {
  std::map<std::string, std::size_t> numbers;
  std::vector<const Instance*> one_of;
  for (const auto* replica : replicas) {
    const auto [found, is_new] = numbers.try_emplace(kind_of(*replica), one_of.size());
    if (is_new) one_of.push_back(replica);
    kinds_.push_back(found->second);
  }
  counts_.resize(one_of.size());
  for (const auto kind : kinds_) ++counts_[kind];
  for (const auto* master : one_of) {
    auto& suit = suit_.emplace_back();
    for (const auto* replica : one_of)
      suit.push_back(replica == master || !why_not_replicate(*replica, *master, limits));
  }
  note_purged(replicas);
}

// Of a purged set only what not all have executed can be missing somewhere, and a replica can miss only what
// is purged somewhere. These are the same few sets, even where each server has purged another part of its
// logs.
void Serving::note_purged(const std::vector<const Instance*>& replicas) {
  std::map<std::string_view, GtidSet> purged;
  for (const auto* one : replicas) {
    if (is_mariadb(one->version) || one->gtid_purged.empty() || purged.contains(one->gtid_purged)) continue;
    if (auto set = understood(*one, purged_gtids)) purged.emplace(one->gtid_purged, std::move(*set));
  }
  if (purged.empty()) return;
  GtidSet purged_somewhere;
  for (const auto& [text, set] : purged) purged_somewhere = purged_somewhere.united(set);

  SetNumbers lacks;
  GtidSet everywhere = purged_somewhere;
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    if (!asks_by_sets(*replicas[i])) continue;
    const auto executed = understood(*replicas[i], fetched_and_executed).value_or(GtidSet());
    auto lack = purged_somewhere.minus(executed);
    if (lack.empty()) continue;
    everywhere = everywhere.minus(lack);
    laggards_.push_back({i, lacks.of(std::move(lack))});
  }
  if (laggards_.empty()) return;

  SetNumbers demands;
  for (const auto* one : replicas) {
    const auto found = purged.find(one->gtid_purged);
    const bool is_known = !is_mariadb(one->version) && found != purged.end();
    demands_.push_back(demands.of(is_known ? found->second.minus(everywhere) : GtidSet()));
  }
  for (const auto& demand : demands.sets()) {
    auto& misses = misses_.emplace_back();
    for (const auto& lack : lacks.sets()) misses.push_back(!demand.common(lack).empty());
  }
}

std::size_t Serving::count(std::size_t index) const {
  const auto& suit = suit_[kinds_[index]];
  std::size_t served = 0;
  for (std::size_t kind = 0; kind < counts_.size(); ++kind)
    if (suit[kind]) served += counts_[kind];
  for (const auto& laggard : laggards_) {
    const bool misses = laggard.index != index && misses_[demands_[index]][laggard.lack];
    if (misses && suit[kinds_[laggard.index]]) --served;
  }
  return served - 1;  // itself
}

}  // namespace topo
