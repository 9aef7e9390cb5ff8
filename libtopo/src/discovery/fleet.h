// Fleet: the masters, replicas and aliases of all known instances, kept in memory so that a poll needs no
// read of the backend. Not thread-safe: guarded by Engine. The cost of a change is proportional to the
// subtree that it moves.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "discovery/look_alikes.h"
#include "topo/base/clock.h"
#include "topo/model/instance.h"
#include "topo/store/store.h"
#include "topo/topology/cluster.h"

namespace topo::discovery {

struct Member {
  std::optional<InstanceKey> master;  // of its main channel
  ClusterMembership membership;
  bool stored = false;  // has a row in the backend, or a pending write of one
  SteadyTime stored_since{};
  SteadyTime read_at{};      // when a read of it was last noted; zero: not by this process
  SteadyTime changed_at{};   // when this process last changed its master or membership
  std::size_t row_hash = 0;  // of its master and membership in the backend, as last read from there
  bool io_running = false;
  bool answers = false;  // its last read succeeded
  // As last read.
  std::string reported_hostname;
  std::uint16_t reported_port = 0;
  std::uint32_t server_id = 0;
  std::string server_uuid;
  std::string suggested_alias;
  std::vector<std::string> warnings;  // so that each is logged once
};

// Another name of a member, proven to lead to the same server.
struct Alias {
  InstanceKey key;            // of the member
  SteadyTime mentioned_at{};  // when a server or a user last used this name
  // Claimed by the backend, but this process has read the server under that name: no alias until it is
  // proven.
  bool is_in_doubt = false;
};

class Fleet {
 public:
  // Replaces all members and aliases.
  void load(const std::vector<InstanceLink>& links,
            const std::vector<std::pair<InstanceKey, InstanceKey>>& aliases);
  [[nodiscard]] bool is_loaded() const noexcept { return loaded_; }

  [[nodiscard]] Member* find(const InstanceKey& key);
  [[nodiscard]] const std::unordered_map<InstanceKey, Member>& members() const noexcept { return members_; }
  // The key that the server is known by: `key`, or the member that `key` is an alias of.
  [[nodiscard]] InstanceKey canonical(const InstanceKey& key) const;
  // Like canonical(); notes that the name is in use.
  InstanceKey mentioned(const InstanceKey& key);
  [[nodiscard]] const std::unordered_map<InstanceKey, Alias>& aliases() const noexcept { return aliases_; }
  // Removes the member `alias`; its own aliases become aliases of `key`.
  void add_alias(const InstanceKey& alias, const InstanceKey& key);
  void doubt_alias(const InstanceKey& alias, const InstanceKey& key) { aliases_[alias] = {key, {}, true}; }
  void remove_alias(const InstanceKey& alias) { aliases_.erase(alias); }
  // Replaces the aliases by those of the backend. An alias in doubt stays in doubt.
  void set_aliases(const std::vector<std::pair<InstanceKey, InstanceKey>>& aliases);
  // Other members that report the same host name, port, server_id and server_uuid as `instance`, by key.
  [[nodiscard]] std::vector<InstanceKey> look_alikes(const Instance& instance) const;
  // Other members that answer and have the mark, by key.
  [[nodiscard]] std::vector<InstanceKey> others_with(const std::string& mark, const InstanceKey& but) const;
  // The number of members that replicate from `key`.
  [[nodiscard]] std::size_t count_replicas(const InstanceKey& key) const;

  // It is a co-master, or a member of a ring of three or more.
  [[nodiscard]] bool is_in_ring(const InstanceKey& key) const;

  // Updates the member from an instance just read: sets its cluster and depth (also in `instance`) and
  // returns the other members whose cluster or depth changed.
  std::vector<ClusterAssignment> update(Instance& instance);
  // The instance, which is about to be updated, replicates from another known instance than before, and that
  // one was not read for `age`: what changed the replica has probably changed it, too.
  [[nodiscard]] std::optional<InstanceKey> new_master_to_read(const Instance& instance,
                                                              std::chrono::nanoseconds age) const;
  // Notes that the instance could not be read.
  void note_failure(const InstanceKey& key);
  // Adds an instance stored by another process.
  void add(const InstanceLink& link);
  // What another process stored since then: adopted for members whose row has changed and differs from the
  // member, unless this process changed the member itself after `since`, when its writes so far were in the
  // backend. The cost is one comparison for each link if nothing has changed.
  struct Adopted {
    std::vector<InstanceKey> keys;           // whose master or membership is that of the row now
    std::vector<ClusterAssignment> changed;  // others, whose cluster or depth follows from that
  };
  Adopted adopt(const std::vector<InstanceLink>& links, SteadyTime since);
  // Adds an instance known by name only. Returns the members whose cluster or depth changed.
  std::vector<ClusterAssignment> add_unseen(const InstanceKey& key);
  // Removes the instance and its aliases. Its replicas keep their cluster and depth until they are read.
  void remove(const InstanceKey& key);
  // A stored replica of it has a running IO thread: the server exists, even if it was never read.
  [[nodiscard]] bool has_running_replica(const InstanceKey& key) const;

 private:
  void remove_member(const InstanceKey& key);
  void set_membership(const InstanceKey& key, Member& member, const ClusterMembership& membership);
  void set_marks(const InstanceKey& key, const Member& member);
  void set_master(const InstanceKey& key, Member& member, const std::optional<InstanceKey>& master);
  [[nodiscard]] ClusterMembership membership_of(const InstanceKey& key, const Member& member) const;
  // The ring of three or more masters that contains `key`, downwards from the member that its cluster is
  // named after. Empty: not in a ring.
  [[nodiscard]] std::vector<InstanceKey> ring_of(const InstanceKey& key) const;
  void place_ring(const std::vector<InstanceKey>& ring, std::vector<ClusterAssignment>& changed);
  void settle_below(const InstanceKey& key, std::vector<ClusterAssignment>& changed);
  void propagate(const InstanceKey& from, const std::vector<InstanceKey>& settled,
                 std::vector<ClusterAssignment>& changed);

  bool loaded_ = false;
  std::unordered_map<InstanceKey, Member> members_;
  std::unordered_map<InstanceKey, std::vector<InstanceKey>> replicas_;  // by master, known or not
  LookAlikes look_alikes_;
  std::unordered_map<InstanceKey, Alias> aliases_;
};

}  // namespace topo::discovery
