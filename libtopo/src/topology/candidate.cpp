#include "topo/topology/candidate.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>

#include "topo/base/error.h"
#include "topo/topology/gtids.h"

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

// What makes one candidate better than another, in this order.
struct Merits {
  const Instance* instance;
  std::string filters;  // "": none
  bool is_errant;       // has errant transactions
  std::size_t serves;   // of the other replicas
  const BinlogCoordinates* progress;
  bool is_near;  // in the data centre and environment of the master
};

bool is_better(const Merits& one, const Merits& other) {
  if (one.filters.empty() != other.filters.empty()) return one.filters.empty();
  if (one.is_errant != other.is_errant) return other.is_errant;
  if (one.serves != other.serves) return one.serves > other.serves;
  if (*one.progress != *other.progress) return *other.progress < *one.progress;
  if (one.is_near != other.is_near) return one.is_near;
  return one.instance->key < other.instance->key;
}

// By the first merit in which they differ.
std::string why_not_best(const Merits& one, const Merits& best, ReplicaProgress progress) {
  const auto name = one.instance->key.display();
  const auto other = best.instance->key.display();
  if (one.filters.empty() != best.filters.empty()) return fmt::format("{} {}", name, one.filters);
  if (one.is_errant != best.is_errant) {
    return fmt::format("{} has errant transactions ({})", name, shortened_gtids(one.instance->errant_gtids));
  }
  if (one.serves != best.serves)
    return fmt::format("{} can serve {} of the others, {} can serve {}", name, one.serves, other,
                       best.serves);
  if (*one.progress != *best.progress) {
    return fmt::format("{} has {} up to {}, {} up to {}", name,
                       progress == ReplicaProgress::executed ? "executed" : "available",
                       one.progress->display(), other, best.progress->display());
  }
  if (one.is_near != best.is_near)
    return fmt::format("{} is in another data centre or environment than its master", name);
  return fmt::format("{} is as good as {}, which is the first by name", name, other);
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

std::vector<Candidate> rank_candidates(const std::vector<KnownInstance>& replicas, const Instance& master,
                                       const Filter& denied, const RuleLimits& limits,
                                       ReplicaProgress progress) {
  std::map<std::string, ReplicaKind> kinds;
  for (const auto& replica : replicas) {
    auto& kind = kinds[kind_of(replica.instance)];
    kind.one = &replica.instance;
    ++kind.count;
  }
  std::map<std::string, std::size_t> served;
  for (const auto& [name, kind] : kinds) served[name] = count_served(kind, kinds, limits);

  std::vector<Merits> able;
  std::vector<Candidate> unable;
  for (const auto& replica : replicas) {
    const Instance& instance = replica.instance;
    if (auto reason = why_not_candidate(replica, denied)) {
      unable.push_back({instance.key, fmt::format("{} {}", instance.key.display(), *reason)});
      continue;
    }
    const bool is_near = instance.data_center == master.data_center &&
                         instance.physical_environment == master.physical_environment;
    able.push_back({&instance, why_filtered(instance), !instance.errant_gtids.empty(),
                    served[kind_of(instance)] - 1, &progress_of(instance, progress), is_near});
  }
  std::ranges::sort(able, is_better);
  std::vector<Candidate> ranked;
  for (const auto& one : able) {
    ranked.push_back({one.instance->key, ranked.empty() ? "" : why_not_best(one, able.front(), progress)});
  }
  std::ranges::move(unable, std::back_inserter(ranked));
  return ranked;
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
