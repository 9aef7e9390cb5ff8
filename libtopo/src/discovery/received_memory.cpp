#include "discovery/received_memory.h"

namespace topo::discovery {
namespace {

bool is_same(const std::string& one, const std::string& other) {
  return one.empty() || other.empty() || one == other;
}

}  // namespace

void ReceivedMemory::load(const std::vector<InstanceLink>& links, SteadyTime now) {
  reads_.clear();
  for (const auto& link : links) {
    reads_[link.key] = {link.server_uuid, link.master, link.master_uuid, link.received_most, now, {},
                        std::nullopt};
  }
}

// RESET MASTER, or another server under that name: it was read since, and its log ends before.
bool ReceivedMemory::has_log_restarted(const Reads& replica) const {
  const auto master = reads_.find(*replica.master);
  if (master == reads_.end()) return false;
  const auto& end = master->second.log_end;
  const auto& since = master->second.log_end_since;
  return since && *since >= replica.noted && !end.empty() &&
         (end < replica.most || pgtid::log_name(end.file) != pgtid::log_name(replica.most.file));
}

BinlogCoordinates ReceivedMemory::note(const Instance& instance, std::optional<SteadyTime> began,
                                       SteadyTime ended) {
  auto& own = reads_[instance.key];
  own.log_end = instance.self_coordinates;
  own.log_end_since = began;
  const auto* channel = instance.replication();
  // After RESET REPLICA ALL it may be given the same master again.
  if (channel == nullptr || !channel->master) return {};
  const bool is_same_log = is_same(own.server_uuid, instance.server_uuid) && own.master == channel->master &&
                           is_same(own.master_uuid, channel->master_uuid);
  own.server_uuid = instance.server_uuid;
  own.master = channel->master;
  if (!channel->master_uuid.empty() || !is_same_log) own.master_uuid = channel->master_uuid;
  const auto& read = channel->read;
  const bool is_renamed =
      !read.file.empty() && !own.most.empty() && pgtid::log_name(read.file) != pgtid::log_name(own.most.file);
  if (!is_same_log || is_renamed || (read < own.most && has_log_restarted(own))) own.most = {};
  if (!read.file.empty() && own.most <= read) {
    own.most = read;
    own.noted = ended;
  }
  return own.most;
}

}  // namespace topo::discovery
