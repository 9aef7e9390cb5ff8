#include "discovery/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <unordered_set>

namespace topo::discovery {
namespace {

std::string identity_of(const std::string& hostname, std::uint16_t port, std::uint32_t server_id,
                        const std::string& uuid) {
  return hostname.empty() ? std::string() : fmt::format("{}|{}|{}|{}", uuid, server_id, port, hostname);
}

}  // namespace

void Fleet::load(const std::vector<InstanceLink>& links,
                 const std::vector<std::pair<InstanceKey, InstanceKey>>& aliases) {
  members_.clear();
  replicas_.clear();
  by_identity_.clear();
  members_.reserve(links.size());
  for (const auto& link : links) {
    Member& member = members_[link.key];
    member.stored = true;
    member.place = {link.cluster_name, link.replication_depth, link.is_co_master};
    member.io_running = link.replica_io_running;
    member.identity =
        identity_of(link.reported_hostname, link.reported_port, link.server_id, link.server_uuid);
    if (!member.identity.empty()) by_identity_.emplace(member.identity, link.key);
    set_master(link.key, member, link.master);
  }
  set_aliases(aliases);
  loaded_ = true;
}

void Fleet::set_aliases(const std::vector<std::pair<InstanceKey, InstanceKey>>& aliases) {
  aliases_.clear();
  for (const auto& [alias, key] : aliases) {
    if (members_.contains(key) && !members_.contains(alias)) aliases_.emplace(alias, key);
  }
}

Member* Fleet::find(const InstanceKey& key) {
  const auto found = members_.find(key);
  return found == members_.end() ? nullptr : &found->second;
}

InstanceKey Fleet::canonical(const InstanceKey& key) const {
  const auto found = aliases_.find(key);
  return found == aliases_.end() ? key : found->second;
}

std::optional<InstanceKey> Fleet::same_server(const Instance& instance) const {
  const auto identity = identity_of(instance.reported_hostname, instance.reported_port, instance.server_id,
                                    instance.server_uuid);
  const auto found = by_identity_.find(identity);
  if (identity.empty() || found == by_identity_.end() || found->second == instance.key) return std::nullopt;
  return found->second;
}

void Fleet::add_alias(const InstanceKey& alias, const InstanceKey& key) {
  aliases_[alias] = key;
}

void Fleet::set_master(const InstanceKey& key, Member& member, const InstanceKey& master) {
  if (member.master == master) return;
  if (const auto former = replicas_.find(member.master); former != replicas_.end()) {
    std::erase(former->second, key);
    if (former->second.empty()) replicas_.erase(former);
  }
  member.master = master;
  if (master.valid()) replicas_[master].push_back(key);
}

ClusterPlace Fleet::place_of(const InstanceKey& key, const Member& member) const {
  const auto master = members_.find(member.master);
  if (master == members_.end() || !master->second.stored)
    return place_below(key, member.master, std::nullopt, {});
  return place_below(key, member.master, master->second.place, master->second.master);
}

std::vector<ClusterAssignment> Fleet::update(Instance& instance) {
  Member& member = members_[instance.key];
  const bool was_known = member.stored;
  const bool has_moved = member.master != instance.master_key();
  set_master(instance.key, member, instance.master_key());
  const auto identity = identity_of(instance.reported_hostname, instance.reported_port, instance.server_id,
                                    instance.server_uuid);
  if (member.identity != identity) {
    const auto former = by_identity_.find(member.identity);
    if (former != by_identity_.end() && former->second == instance.key) by_identity_.erase(former);
    member.identity = identity;
    if (!identity.empty()) by_identity_.insert_or_assign(identity, instance.key);
  }
  const auto* channel = instance.replication();
  member.io_running = channel != nullptr && channel->io_thread == ThreadState::running;
  member.stored = true;
  if (!was_known) member.stored_since = std::chrono::steady_clock::now();

  std::vector<ClusterAssignment> changed;
  if (const auto ring = ring_of(instance.key); !ring.empty()) {
    place_ring(ring, changed);
  } else if (const auto place = place_of(instance.key, member);
             place != member.place || !was_known || has_moved) {
    member.place = place;
    propagate(instance.key, {}, changed);  // also of a mere move: it may part or join co-masters
  }
  instance.cluster_name = member.place.cluster_name;
  instance.replication_depth = member.place.replication_depth;
  instance.is_co_master = member.place.is_co_master;
  std::erase_if(changed, [&](const auto& assignment) { return assignment.key == instance.key; });
  return changed;
}

std::vector<InstanceKey> Fleet::ring_of(const InstanceKey& key) const {
  std::vector<InstanceKey> ring{key};  // upwards
  std::unordered_set<InstanceKey> passed{key};
  auto member = members_.find(key);
  while (member != members_.end() && member->second.stored && member->second.master != key) {
    if (!passed.insert(member->second.master).second) return {};  // below a ring, not in it
    ring.push_back(member->second.master);
    member = members_.find(member->second.master);
  }
  if (member == members_.end() || !member->second.stored || ring.size() < 3) return {};

  const auto& established = members_.at(ring[1]).place.cluster_name;
  auto head = std::find_if(ring.begin(), ring.end(),
                           [&](const InstanceKey& candidate) { return candidate.display() == established; });
  if (head == ring.end()) head = std::min_element(ring.begin(), ring.end());
  std::rotate(ring.begin(), head + 1, ring.end());  // the head last, before it who replicates from it
  std::reverse(ring.begin(), ring.end());
  return ring;
}

// From place to place a ring would deepen without end: its head stays at depth 0, whoever it replicates from.
void Fleet::place_ring(const std::vector<InstanceKey>& ring, std::vector<ClusterAssignment>& changed) {
  const std::string name = ring.front().display();
  std::vector<InstanceKey> moved;
  for (unsigned depth = 0; depth < ring.size(); ++depth) {
    Member& member = members_.at(ring[depth]);
    const ClusterPlace place{name, depth, false};
    if (member.place == place) continue;
    member.place = place;
    changed.push_back({ring[depth], name, depth, false});
    moved.push_back(ring[depth]);
  }
  for (const auto& key : moved) propagate(key, ring, changed);
}

// Breadth first down the replicas; stops where nothing changes, and at the `settled` ones. A ring is walked
// once.
void Fleet::propagate(const InstanceKey& from, const std::vector<InstanceKey>& settled,
                      std::vector<ClusterAssignment>& changed) {
  std::deque<InstanceKey> pending{from};
  std::unordered_set<InstanceKey> passed(settled.begin(), settled.end());
  passed.insert(from);
  while (!pending.empty()) {
    const auto master = pending.front();
    pending.pop_front();
    const auto below = replicas_.find(master);
    if (below == replicas_.end()) continue;
    for (const auto& key : below->second) {
      Member* member = find(key);
      if (member == nullptr || !passed.insert(key).second) continue;
      const auto place = place_of(key, *member);
      if (place == member->place) continue;
      member->place = place;
      if (member->stored)
        changed.push_back({key, place.cluster_name, place.replication_depth, place.is_co_master});
      pending.push_back(key);
    }
  }
}

std::vector<ClusterAssignment> Fleet::add_unseen(const InstanceKey& key) {
  Member& member = members_[key];
  member.stored = true;
  member.stored_since = std::chrono::steady_clock::now();
  member.place = {key.display(), 0, false};
  std::vector<ClusterAssignment> changed;
  propagate(key, {}, changed);
  return changed;
}

void Fleet::remove(const InstanceKey& key) {
  const auto found = members_.find(key);
  if (found != members_.end()) {
    set_master(key, found->second, {});
    const auto identity = by_identity_.find(found->second.identity);
    if (identity != by_identity_.end() && identity->second == key) by_identity_.erase(identity);
    members_.erase(found);
  }
  std::erase_if(aliases_, [&](const auto& alias) { return alias.first == key || alias.second == key; });
}

bool Fleet::has_running_replica(const InstanceKey& key) const {
  const auto found = replicas_.find(key);
  return found != replicas_.end() &&
         std::any_of(found->second.begin(), found->second.end(), [&](const auto& replica) {
           const auto member = members_.find(replica);
           return member != members_.end() && member->second.stored && member->second.io_running;
         });
}

}  // namespace topo::discovery
