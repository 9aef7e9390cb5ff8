#include "topo/topology/candidate.h"

#include <fmt/format.h>

#include <algorithm>
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
  return std::nullopt;
}

const BinlogCoordinates& executed(const KnownInstance& replica) {
  static const BinlogCoordinates nothing;
  const auto* channel = replica.instance.replication();
  return channel == nullptr ? nothing : channel->exec;
}

}  // namespace

InstanceKey choose_candidate(const std::vector<KnownInstance>& replicas, const InstanceKey& master,
                             const Filter& denied) {
  if (replicas.empty()) throw Error(Code::refused, fmt::format("No slaves found for {}", master.display()));
  const KnownInstance* best = nullptr;
  std::string reasons;
  for (const auto& replica : replicas) {
    if (const auto reason = why_not_candidate(replica, denied)) {
      reasons += fmt::format("; {} {}", replica.instance.key.display(), *reason);
      continue;
    }
    const bool is_better =
        best == nullptr || executed(*best) < executed(replica) ||
        (executed(*best) == executed(replica) && replica.instance.key < best->instance.key);
    if (is_better) best = &replica;
  }
  if (best == nullptr) {
    throw Error(Code::refused,
                fmt::format("No slave of {} can become a master{}", master.display(), reasons));
  }
  return best->instance.key;
}

}  // namespace topo
