#include "topo/topology/candidate.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>

#include "topo/base/error.h"

namespace topo {
namespace {

std::optional<std::string> why_not_candidate(const KnownInstance& replica, const Filter& denied) {
  const Instance& instance = replica.instance;
  if (!instance.log_bin) return "has no binary log";
  if (!instance.log_slave_updates) return "does not log what it replicates";
  if (denied && denied(instance.key)) return "is excluded by DenyAutoPromotionHostnamePattern";
  if (is_detached(instance)) return "is detached";
  if (held_events(instance)) return "has not executed all that it has received";
  return std::nullopt;
}

const BinlogCoordinates& progress_of(const Instance& replica, ReplicaProgress progress) {
  static const BinlogCoordinates nothing;
  const auto* channel = replica.replication();
  if (channel == nullptr) return nothing;
  const bool is_well = channel->sql_thread != ThreadState::stopped && channel->sql_delay.count() == 0;
  return progress == ReplicaProgress::available && is_well ? channel->read : channel->exec;
}

// Replicas of one kind are equal to why_not_replicate(), so one of each kind is checked for all.
std::string kind_of(const Instance& instance) {
  const auto* channel = instance.replication();
  const auto version = Version::parse(instance.version);
  return fmt::format("{} {}.{}.{} {} {} {} {} {} {} {} {} {}", is_mariadb(instance.version), version.major,
                     version.minor, version.patch, instance.binlog_format, instance.binlog_row_image,
                     instance.binlog_checksum, instance.binlog_compression, instance.log_bin,
                     instance.log_slave_updates, instance.gtid_mode, instance.is_binlog_server,
                     channel != nullptr && channel->has_filters);
}

struct ReplicaKind {
  const Instance* one = nullptr;
  std::size_t count = 0;
};

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

InstanceKey choose_candidate(const std::vector<KnownInstance>& replicas, const InstanceKey& master,
                             const Filter& denied, const RuleLimits& limits, ReplicaProgress progress) {
  if (replicas.empty()) throw Error(Code::refused, fmt::format("No replicas found for {}", master.display()));
  std::map<std::string, ReplicaKind> kinds;
  for (const auto& replica : replicas) {
    auto& kind = kinds[kind_of(replica.instance)];
    kind.one = &replica.instance;
    ++kind.count;
  }
  std::map<std::string, std::size_t> served;
  for (const auto& [name, kind] : kinds) served[name] = count_served(kind, kinds, limits);

  const Instance* best = nullptr;
  std::size_t best_served = 0;
  std::string reasons;
  for (const auto& replica : replicas) {
    const Instance& instance = replica.instance;
    if (const auto reason = why_not_candidate(replica, denied)) {
      reasons += fmt::format("; {} {}", instance.key.display(), *reason);
      continue;
    }
    const auto serves = served[kind_of(instance)];
    const bool is_better = [&] {
      if (best == nullptr) return true;
      if (serves != best_served) return serves > best_served;
      const auto& one = progress_of(instance, progress);
      const auto& other = progress_of(*best, progress);
      return one != other ? other < one : instance.key < best->key;
    }();
    if (!is_better) continue;
    best = &instance;
    best_served = serves;
  }
  if (best == nullptr) {
    throw Error(Code::refused, fmt::format("No replica of {} can be promoted{}", master.display(), reasons));
  }
  return best->key;
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
