// Fleet: who replicates from whom among all known instances, and which names lead to them, kept in memory so
// that a poll costs no read of the backend. Not thread-safe: Engine guards it. A change costs as much as the
// subtree that it moves.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "discovery/look_alikes.h"
#include "topo/base/clock.h"
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
  bool answers = false;  // its last read succeeded
  // As it was read last.
  std::string reported_hostname;
  std::uint16_t reported_port = 0;
  std::uint32_t server_id = 0;
  std::string server_uuid;
  std::string suggested_alias;
  std::vector<std::string> warnings;  // so that each is logged once
};

// A further name of a member, as was proven.
struct Alias {
  InstanceKey key;            // of the member
  SteadyTime mentioned_at{};  // when a server or a user last called it so
  // The backend says so, and this process has read the server under that name: it is no alias until that is
  // proven.
  bool is_in_doubt = false;
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
  // As canonical(), for a name that a server uses now.
  InstanceKey mentioned(const InstanceKey& key);
  [[nodiscard]] const std::unordered_map<InstanceKey, Alias>& aliases() const noexcept { return aliases_; }
  // `alias` is no member from now on; its own names become names of `key`.
  void add_alias(const InstanceKey& alias, const InstanceKey& key);
  void doubt_alias(const InstanceKey& alias, const InstanceKey& key) { aliases_[alias] = {key, {}, true}; }
  void remove_alias(const InstanceKey& alias) { aliases_.erase(alias); }
  // Those of the backend, in place of all that are not among them. What is in doubt stays so.
  void set_aliases(const std::vector<std::pair<InstanceKey, InstanceKey>>& aliases);
  // Other members that report the same host name, port, server_id and server_uuid as `instance`, by key.
  [[nodiscard]] std::vector<InstanceKey> look_alikes(const Instance& instance) const;
  // Other members that answer and have the mark, by key.
  [[nodiscard]] std::vector<InstanceKey> others_with(const std::string& mark, const InstanceKey& but) const;
  // How many members replicate from there.
  [[nodiscard]] std::size_t count_replicas(const InstanceKey& key) const;

  // Takes the instance in as read: sets its place (also in `instance`) and returns the other members whose
  // place changed by it.
  std::vector<ClusterAssignment> update(Instance& instance);
  // It could not be read.
  void note_failure(const InstanceKey& key);
  // Stored by another process.
  void add(const InstanceLink& link);
  // Known by name only. Returns the members whose place changed by it.
  std::vector<ClusterAssignment> add_unseen(const InstanceKey& key);
  // Also what is known by its other names. Its replicas keep their places until they are read.
  void remove(const InstanceKey& key);
  // Somebody stored replicates from it, and its IO thread runs: so it exists, though it was never read.
  [[nodiscard]] bool has_running_replica(const InstanceKey& key) const;

 private:
  void remove_member(const InstanceKey& key);
  void set_place(const InstanceKey& key, Member& member, const ClusterPlace& place);
  void set_marks(const InstanceKey& key, const Member& member);
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
  LookAlikes look_alikes_;
  std::unordered_map<InstanceKey, Alias> aliases_;
};

}  // namespace topo::discovery
