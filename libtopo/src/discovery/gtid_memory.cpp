#include "discovery/gtid_memory.h"

#include <algorithm>
#include <utility>

#include "topo/base/error.h"

namespace topo::discovery {

void GtidMemory::load(std::vector<StoredGtids> stored, SteadyTime now) {
  reads_.clear();
  reads_.reserve(stored.size());
  for (auto& one : stored) {
    auto& reads = reads_[one.key];
    reads.last = reads.earlier = std::make_shared<const GtidState>(std::move(one.state));
    if (reads.last->is_mariadb) reads.before = reads.last;
    // Each command of a person is a process of its own, which has no other reads than these.
    reads.earlier_ended = now - std::max(std::chrono::seconds(0), one.seen_ago - std::chrono::seconds(1));
    reads.errant = std::move(one.errant);
  }
}

std::vector<const GtidMemory::Reads*> GtidMemory::masters_of(const Instance& instance) const {
  std::vector<const Reads*> masters;
  for (const auto& channel : instance.channels) {
    if (!instance.is_in_use(channel)) continue;
    const auto master = channel.master ? reads_.find(*channel.master) : reads_.end();
    if (master == reads_.end() || master->second.last == nullptr) return {};
    masters.push_back(&master->second);
  }
  return masters;
}

std::string GtidMemory::note(const Instance& instance, bool is_in_ring, std::optional<SteadyTime> began,
                             SteadyTime ended) {
  const auto now = std::make_shared<const GtidState>(gtid_state_of(instance));
  auto& reads = reads_[instance.key];
  const auto masters = masters_of(instance);
  const bool is_compared =
      reads.earlier != nullptr && !masters.empty() && std::ranges::all_of(masters, [&](const Reads* master) {
        return master->began && *master->began >= reads.earlier_ended + commit_time;
      });

  std::string errant;
  if (instance.is_replica()) {
    ErrantInput input{.replica = *now, .known = reads.errant, .is_in_ring = is_in_ring};
    for (const auto* master : masters) input.masters.push_back(master->last.get());
    if (is_compared) {
      input.earlier = reads.earlier.get();
      input.before = reads.before.get();
    }
    try {
      if (const auto found = errant_transactions(input)) errant = found->gtids;
    } catch (const Error&) {
      errant = "";  // what one of the servers reports is not understood
    }
  }
  if (now->is_mariadb && is_compared) reads.before = reads.earlier;
  if (reads.earlier == nullptr || is_compared) {
    reads.earlier = now;
    reads.earlier_ended = ended;
  }
  reads.last = now;
  reads.began = began;
  reads.errant = errant;
  return errant;
}

}  // namespace topo::discovery
