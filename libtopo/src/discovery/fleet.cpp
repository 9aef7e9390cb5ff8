#include "discovery/fleet.h"

#include <algorithm>
#include <deque>
#include <unordered_set>
#include <utility>

namespace topo::discovery {
namespace {

std::size_t row_hash_of(const InstanceLink& link) {
  const auto mix = [](std::size_t seed, std::size_t value) {
    return (seed ^ value) * std::size_t{0x9E3779B97F4A7C15ULL};
  };
  std::size_t hash = link.master ? std::hash<InstanceKey>{}(*link.master) : 0;
  hash = mix(hash, std::hash<std::string>{}(link.cluster_name));
  hash = mix(hash, link.replication_depth);
  return mix(hash, link.is_co_master ? 1 : 0);
}

}  // namespace

void Fleet::load(const std::vector<InstanceLink>& links,
                 const std::vector<std::pair<InstanceKey, InstanceKey>>& aliases) {
  members_.clear();
  replicas_.clear();
  look_alikes_.clear();
  members_.reserve(links.size());
  for (const auto& link : links) add(link);
  set_aliases(aliases);
  loaded_ = true;
}

void Fleet::add(const InstanceLink& link) {
  Member& member = members_[link.key];
  member.stored = true;
  member.row_hash = row_hash_of(link);
  member.io_running = link.replica_io_running;
  member.answers = link.last_check_valid;
  member.reported_hostname = link.reported_hostname;
  member.reported_port = link.reported_port;
  member.server_id = link.server_id;
  member.server_uuid = link.server_uuid;
  member.suggested_alias = link.suggested_cluster_alias;
  set_membership(link.key, member, {link.cluster_name, link.replication_depth, link.is_co_master});
  set_marks(link.key, member);
  set_master(link.key, member, link.master);
}

void Fleet::set_aliases(const std::vector<std::pair<InstanceKey, InstanceKey>>& aliases) {
  const auto former = std::exchange(aliases_, {});
  for (const auto& [alias, key] : aliases) {
    const auto known = former.find(alias);
    const bool is_in_doubt = known != former.end() && known->second.is_in_doubt;
    if (!is_in_doubt && (!members_.contains(key) || members_.contains(alias))) continue;
    const auto mentioned_at = known == former.end() ? SteadyTime{} : known->second.mentioned_at;
    aliases_.emplace(alias, Alias{key, mentioned_at, is_in_doubt});
  }
}

Member* Fleet::find(const InstanceKey& key) {
  const auto found = members_.find(key);
  return found == members_.end() ? nullptr : &found->second;
}

InstanceKey Fleet::canonical(const InstanceKey& key) const {
  const auto found = aliases_.find(key);
  return found == aliases_.end() || found->second.is_in_doubt ? key : found->second.key;
}

InstanceKey Fleet::mentioned(const InstanceKey& key) {
  const auto found = aliases_.find(key);
  if (found == aliases_.end() || found->second.is_in_doubt) return key;
  found->second.mentioned_at = std::chrono::steady_clock::now();
  return found->second.key;
}

void Fleet::add_alias(const InstanceKey& alias, const InstanceKey& key) {
  remove_member(alias);
  for (auto& [name, known] : aliases_) {
    if (known.key == alias) known.key = key;
  }
  aliases_.erase(key);
  aliases_[alias] = {key, std::chrono::steady_clock::now(), false};
}

std::vector<InstanceKey> Fleet::look_alikes(const Instance& instance) const {
  auto keys = look_alikes_.with(identity_mark(instance.reported_hostname, instance.reported_port,
                                              instance.server_id, instance.server_uuid));
  std::erase(keys, instance.key);
  return keys;
}

std::vector<InstanceKey> Fleet::others_with(const std::string& mark, const InstanceKey& but) const {
  auto keys = look_alikes_.with(mark);
  std::erase_if(keys, [&](const InstanceKey& key) { return key == but || !members_.at(key).answers; });
  return keys;
}

std::size_t Fleet::count_replicas(const InstanceKey& key) const {
  const auto found = replicas_.find(key);
  return found == replicas_.end() ? 0 : found->second.size();
}

void Fleet::set_membership(const InstanceKey& key, Member& member, const ClusterMembership& membership) {
  if (member.membership == membership) return;
  const bool same_cluster = member.membership.cluster_name == membership.cluster_name;
  member.changed_at = std::chrono::steady_clock::now();
  member.membership = membership;
  if (!same_cluster) set_marks(key, member);
}

void Fleet::set_marks(const InstanceKey& key, const Member& member) {
  if (!member.stored) return;
  const bool heads_cluster = member.membership.cluster_name == key.display();
  look_alikes_.set(
      key,
      {identity_mark(member.reported_hostname, member.reported_port, member.server_id, member.server_uuid),
       uuid_mark(member.server_uuid), id_mark(member.server_id, member.membership.cluster_name),
       heads_cluster ? alias_mark(member.suggested_alias) : ""});
}

void Fleet::set_master(const InstanceKey& key, Member& member, const std::optional<InstanceKey>& master) {
  if (member.master == master) return;
  member.changed_at = std::chrono::steady_clock::now();
  if (member.master) {
    if (const auto former = replicas_.find(*member.master); former != replicas_.end()) {
      std::erase(former->second, key);
      if (former->second.empty()) replicas_.erase(former);
    }
  }
  member.master = master;
  if (master) replicas_[*master].push_back(key);
}

ClusterMembership Fleet::membership_of(const InstanceKey& key, const Member& member) const {
  const auto master = member.master ? members_.find(*member.master) : members_.end();
  if (master == members_.end() || !master->second.stored)
    return membership_below(key, member.master, std::nullopt, {});
  return membership_below(key, member.master, master->second.membership, master->second.master);
}

namespace {

void take_facts(const Instance& instance, Member& member) {
  member.reported_hostname = instance.reported_hostname;
  member.reported_port = instance.reported_port;
  member.server_id = instance.server_id;
  member.server_uuid = instance.server_uuid;
  member.suggested_alias = instance.suggested_cluster_alias;
}

}  // namespace

void Fleet::note_failure(const InstanceKey& key) {
  if (Member* member = find(key)) member->answers = false;
}

std::vector<ClusterAssignment> Fleet::update(Instance& instance) {
  Member& member = members_[instance.key];
  const bool was_known = member.stored;
  const bool has_moved = member.master != instance.master_key();
  set_master(instance.key, member, instance.master_key());
  const auto* channel = instance.replication();
  member.io_running = channel != nullptr && channel->io_thread == ThreadState::running;
  member.stored = true;
  member.answers = true;
  member.read_at = std::chrono::steady_clock::now();
  if (!was_known) member.stored_since = std::chrono::steady_clock::now();
  take_facts(instance, member);

  std::vector<ClusterAssignment> changed;
  if (const auto ring = ring_of(instance.key); !ring.empty()) {
    place_ring(ring, changed);
  } else if (const auto membership = membership_of(instance.key, member);
             membership != member.membership || !was_known || has_moved) {
    set_membership(instance.key, member, membership);
    propagate(instance.key, {}, changed);  // also after a mere move, which may part or join co-masters
  }
  set_marks(instance.key, member);
  instance.cluster_name = member.membership.cluster_name;
  instance.replication_depth = member.membership.replication_depth;
  instance.is_co_master = member.membership.is_co_master;
  std::erase_if(changed, [&](const auto& assignment) { return assignment.key == instance.key; });
  return changed;
}

std::optional<InstanceKey> Fleet::new_master_to_read(const Instance& instance,
                                                     std::chrono::nanoseconds age) const {
  const auto master = instance.master_key();
  const auto member = members_.find(instance.key);
  if (!master || member == members_.end() || member->second.master == master) return std::nullopt;
  const auto above = members_.find(*master);
  if (above == members_.end() || !above->second.stored) return std::nullopt;
  const bool was_just_read =
      above->second.read_at != SteadyTime{} && std::chrono::steady_clock::now() - above->second.read_at < age;
  return was_just_read ? std::nullopt : master;
}

Fleet::Adopted Fleet::adopt(const std::vector<InstanceLink>& links, SteadyTime since) {
  Adopted adopted;
  // By the former master: many replicas of one may have moved.
  std::unordered_map<InstanceKey, std::unordered_set<InstanceKey>> left;
  for (const auto& link : links) {
    Member* member = find(link.key);
    if (member == nullptr || !member->stored) continue;
    const auto hash = row_hash_of(link);
    if (std::exchange(member->row_hash, hash) == hash || member->changed_at >= since) continue;
    const ClusterMembership membership{link.cluster_name, link.replication_depth, link.is_co_master};
    const auto master = link.master ? std::optional(canonical(*link.master)) : std::nullopt;
    if (member->membership == membership && member->master == master) continue;
    if (member->master != master) {
      if (member->master) left[*member->master].insert(link.key);
      member->master.reset();
      set_master(link.key, *member, master);
    }
    set_membership(link.key, *member, membership);
    adopted.keys.push_back(link.key);
  }
  for (const auto& [master, moved] : left) {
    const auto former = replicas_.find(master);
    if (former == replicas_.end()) continue;
    std::erase_if(former->second, [&gone = moved](const InstanceKey& key) { return gone.contains(key); });
    if (former->second.empty()) replicas_.erase(former);
  }
  for (const auto& key : adopted.keys) settle_below(key, adopted.changed);
  return adopted;
}

// After all are adopted: others may have been placed by what was known here before.
void Fleet::settle_below(const InstanceKey& key, std::vector<ClusterAssignment>& changed) {
  const auto ring = ring_of(key);
  if (!ring.empty()) place_ring(ring, changed);
  propagate(key, ring, changed);
}

bool Fleet::is_in_ring(const InstanceKey& key) const {
  const auto member = members_.find(key);
  return member != members_.end() && (member->second.membership.is_co_master || !ring_of(key).empty());
}

std::vector<InstanceKey> Fleet::ring_of(const InstanceKey& key) const {
  std::vector<InstanceKey> ring{key};  // upwards
  std::unordered_set<InstanceKey> passed{key};
  auto member = members_.find(key);
  while (member != members_.end() && member->second.stored && member->second.master != key) {
    const auto& above = member->second.master;
    if (!above || !passed.insert(*above).second) return {};  // a master, or below a ring, not in it
    ring.push_back(*above);
    member = members_.find(*above);
  }
  if (member == members_.end() || !member->second.stored || ring.size() < 3) return {};

  const auto& established = members_.at(ring[1]).membership.cluster_name;
  auto head = std::find_if(ring.begin(), ring.end(),
                           [&](const InstanceKey& candidate) { return candidate.display() == established; });
  if (head == ring.end()) head = std::min_element(ring.begin(), ring.end());
  std::rotate(ring.begin(), head + 1, ring.end());  // the head last, its replica before it
  std::reverse(ring.begin(), ring.end());
  return ring;
}

// Depths derived from masters would grow without end in a ring: its head stays at depth 0.
void Fleet::place_ring(const std::vector<InstanceKey>& ring, std::vector<ClusterAssignment>& changed) {
  const std::string name = ring.front().display();
  std::vector<InstanceKey> moved;
  for (unsigned depth = 0; depth < ring.size(); ++depth) {
    Member& member = members_.at(ring[depth]);
    const ClusterMembership membership{name, depth, false};
    if (member.membership == membership) continue;
    set_membership(ring[depth], member, membership);
    changed.push_back({ring[depth], name, depth, false});
    moved.push_back(ring[depth]);
  }
  for (const auto& key : moved) propagate(key, ring, changed);
}

// Breadth first down the replicas; stops where nothing changes, and at `settled` members. A ring is walked
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
      const auto membership = membership_of(key, *member);
      if (membership == member->membership) continue;
      set_membership(key, *member, membership);
      if (member->stored)
        changed.push_back(
            {key, membership.cluster_name, membership.replication_depth, membership.is_co_master});
      pending.push_back(key);
    }
  }
}

std::vector<ClusterAssignment> Fleet::add_unseen(const InstanceKey& key) {
  Member& member = members_[key];
  member.stored = true;
  member.stored_since = std::chrono::steady_clock::now();
  set_membership(key, member, {key.display(), 0, false});
  std::vector<ClusterAssignment> changed;
  propagate(key, {}, changed);
  return changed;
}

void Fleet::remove_member(const InstanceKey& key) {
  const auto found = members_.find(key);
  if (found == members_.end()) return;
  set_master(key, found->second, {});
  look_alikes_.remove(key);
  members_.erase(found);
}

void Fleet::remove(const InstanceKey& key) {
  remove_member(key);
  std::erase_if(aliases_, [&](const auto& alias) { return alias.first == key || alias.second.key == key; });
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
