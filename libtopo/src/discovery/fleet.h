// Fleet: who replicates from whom among all known instances, kept in memory so that a poll costs no read of
// the backend. Not thread-safe: Engine guards it. A change costs as much as the subtree that it moves.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "topo/store/store.h"
#include "topo/topology/cluster.h"
#include "topo/topology/instance.h"

namespace topo::discovery {

struct Member {
  InstanceKey master;  // of its main channel; invalid when it has none
  ClusterPlace place;
  bool stored = false;  // has a row in the backend, or one on its way there
  SteadyTime stored_since{};
  bool io_running = false;
  std::string identity;               // what is_same_server compares, as one text; "" when never read
  std::vector<std::string> warnings;  // of its last read, so that each is logged once
};

class Fleet {
 public:
  // Replaces everything.
  void load(const std::vector<InstanceLink>& links,
            const std::vector<std::pair<InstanceKey, InstanceKey>>& aliases);
  [[nodiscard]] bool is_loaded() const noexcept { return loaded_; }

  [[nodiscard]] Member* find(const InstanceKey& key);
  [[nodiscard]] const std::unordered_map<InstanceKey, Member>& members() const noexcept { return members_; }
  // The key that the server is known by: `key`, or what it is another name of.
  [[nodiscard]] InstanceKey canonical(const InstanceKey& key) const;
  // A stored member that is the same server as `instance` under another key.
  [[nodiscard]] std::optional<InstanceKey> same_server(const Instance& instance) const;
  void add_alias(const InstanceKey& alias, const InstanceKey& key);
  void set_aliases(const std::vector<std::pair<InstanceKey, InstanceKey>>& aliases);

  // Takes the instance in as read: sets its place (also in `instance`) and returns the other members whose
  // place changed by it.
  std::vector<ClusterAssignment> update(Instance& instance);
  // Known by name only. Returns the members whose place changed by it.
  std::vector<ClusterAssignment> add_unseen(const InstanceKey& key);
  // Also what is known by its other names. Its replicas keep their places until they are read.
  void remove(const InstanceKey& key);
  // Somebody stored replicates from it, and its IO thread runs: so it exists, though it was never read.
  [[nodiscard]] bool has_running_replica(const InstanceKey& key) const;

 private:
  void set_master(const InstanceKey& key, Member& member, const InstanceKey& master);
  [[nodiscard]] ClusterPlace place_of(const InstanceKey& key, const Member& member) const;
  // The ring of three or more masters that `key` is a member of, from the one that its cluster is named
  // after downwards; empty when it is in none.
  [[nodiscard]] std::vector<InstanceKey> ring_of(const InstanceKey& key) const;
  void place_ring(const std::vector<InstanceKey>& ring, std::vector<ClusterAssignment>& changed);
  void propagate(const InstanceKey& from, const std::vector<InstanceKey>& settled,
                 std::vector<ClusterAssignment>& changed);

  bool loaded_ = false;
  std::unordered_map<InstanceKey, Member> members_;
  std::unordered_map<InstanceKey, std::vector<InstanceKey>> replicas_;  // by master, known or not
  std::unordered_map<std::string, InstanceKey> by_identity_;
  std::unordered_map<InstanceKey, InstanceKey> aliases_;
};

}  // namespace topo::discovery
