#include "topology/semi_sync.h"

#include <fmt/format.h>

#include <algorithm>

namespace topo {

bool acknowledges(const Instance& replica) {
  return replica.semi_sync && replica.semi_sync->replica_enabled;
}

bool receives(const KnownInstance& replica) {
  const auto* channel = replica.instance.replication();
  return replica.last_check_valid && channel != nullptr && channel->io_thread != ThreadState::stopped;
}

SemiSyncSuccession pass_semi_sync(const Instance& former, const Instance& successor,
                                  const std::vector<const Instance*>& below) {
  if (!former.semi_sync || !former.semi_sync->source_enabled) return {};
  const auto& was = *former.semi_sync;
  const auto not_on = fmt::format("semi-sync of {} is not switched on as a source, although it was on {}",
                                  successor.key.display(), former.key.display());
  if (successor.semi_sync && !successor.semi_sync->has_source)
    return {{}, {fmt::format("{}: its plugin is not loaded there", not_on)}};
  const auto count = static_cast<std::uint32_t>(
      std::ranges::count_if(below, [](const auto* replica) { return acknowledges(*replica); }));
  if (count == 0) {
    return {{},
            {fmt::format("{}: no replica that will be below it is known to have its replica side on, so that "
                         "commits would wait in vain",
                         not_on)}};
  }
  SemiSyncSuccession passed;
  const auto wait_count = std::min(std::max(was.wait_count, 1U), count);
  if (wait_count < was.wait_count) {
    passed.shortcomings.push_back(fmt::format(
        "commits on {} wait for {} of its replicas, not for {} as on {}: no more of them are known "
        "to have the replica side of semi-sync on",
        successor.key.display(), wait_count, was.wait_count, former.key.display()));
  }
  passed.steps = {SetSemiSync{successor.key, {true, std::nullopt, was.timeout, wait_count}, true}};
  return passed;
}

std::vector<Step> demote_semi_sync(const Instance& former, bool acknowledges_then) {
  if (!former.semi_sync) return {};
  SemiSyncChange change;
  if (former.semi_sync->source_enabled) change.source = false;
  // The IO thread of a co-master runs already.
  const bool can_begin = former.semi_sync->has_replica && !former.is_replica() && !acknowledges(former);
  if (acknowledges_then && can_begin) change.replica = true;
  if (!change.source && !change.replica) return {};
  return {SetSemiSync{former.key, change, true}};
}

}  // namespace topo
