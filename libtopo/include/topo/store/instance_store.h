// InstanceStore: the instances as last read (database_instance and its tables). Threads and errors: see
// topo/store/store.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "topo/base/instance_key.h"
#include "topo/model/instance.h"
#include "topo/topology/errant.h"

namespace topo {

// What discovery needs of every stored instance, without the other columns.
struct InstanceLink {
  InstanceKey key;
  std::optional<InstanceKey> master;
  std::string cluster_name;
  unsigned replication_depth = 0;
  bool is_co_master = false;
  std::string server_uuid;
  std::uint32_t server_id = 0;
  std::string reported_hostname;
  std::uint16_t reported_port = 0;
  bool last_check_valid = false;
  bool replica_io_running = false;
  bool read_only = false;
  bool log_bin = false;
  std::string suggested_cluster_alias;
  std::string master_uuid;
  BinlogCoordinates received_most;
};

// What was last read of the transactions of an instance.
struct StoredGtids {
  InstanceKey key;
  GtidState state;  // without what it had received
  std::string errant;
  std::chrono::seconds seen_ago{0};  // cut to whole seconds on both ends: up to a second more than it was
};

// Writes about instances; see InstanceStore::write.
struct SeenInstance {  // the instance was read: writes the whole row
  Instance instance;
  bool is_new = false;  // false: only if the row still exists (the instance was not forgotten meanwhile)
};
struct FailedInstance {  // the read failed: writes last_checked and the reason, if the row exists
  InstanceKey key;
  std::string error;
  ReadFailure failure = ReadFailure::unknown;
};
struct UnseenMaster {  // reported by its running replicas: a minimal row, unless a row exists
  InstanceKey key;
};
struct ClusterAssignment {  // position in the topology, if the row exists
  InstanceKey key;
  std::string cluster_name;
  unsigned replication_depth = 0;
  bool is_co_master = false;
};
using InstanceWrite = std::variant<SeenInstance, FailedInstance, UnseenMaster, ClusterAssignment>;

// A query that had been running for more than a minute when its instance was last read.
struct StoredLongQuery {
  InstanceKey instance;
  LongQuery query;
  std::string started_at;  // "YYYY-MM-DD HH:MM:SS", UTC
};

// Host name and port of a row that do not form an instance key, or the name of a cluster that is none. The
// text may come from anyone.
struct UnusableRow {
  std::string hostname;
  std::optional<std::int64_t> port;  // nullopt: the table has none
  // "x;y:3306", or the host name alone.
  [[nodiscard]] std::string text() const;
};

class InstanceStore {
 public:
  virtual ~InstanceStore() = default;
  virtual std::optional<KnownInstance> read(const InstanceKey& key) = 0;
  // All lists are ordered by host name and port.
  virtual std::vector<KnownInstance> read_all() = 0;
  virtual std::vector<KnownInstance> read_cluster(std::string_view cluster_name) = 0;
  virtual std::vector<KnownInstance> read_replicas(const InstanceKey& master) = 0;
  // Instance::is_side_replica_of() the master. Looks at all replicas on several channels.
  virtual std::vector<KnownInstance> read_side_replicas(const InstanceKey& master) = 0;
  // A person, or a program, tells whether the instance should become a master; it need not be known yet. The
  // rule ends after CandidateInstanceExpireMinutes, except must_not. `neutral` ends any.
  virtual void register_candidate(const InstanceKey& key, PromotionRule rule) = 0;
  // As `/api/search`: the text is part of host name, cluster name, version or host:port, or equals server id
  // or port; an empty text matches all instances. Case-insensitive.
  virtual std::vector<KnownInstance> search(std::string_view text) = 0;
  // The pattern matches the host name: RE2 syntax, case-insensitive, unanchored. Throws
  // Error{invalid_argument} for a pattern that does not compile.
  virtual std::vector<KnownInstance> find(std::string_view pattern) = 0;
  // Instances that may have a problem, judged by columns alone; topology::problems() decides.
  virtual std::vector<KnownInstance> read_suspects(std::chrono::seconds poll_interval,
                                                   std::chrono::seconds lag) = 0;
  // Longest first. `text` is part of host name, user, client host, schema, command, state or query,
  // case-insensitive; an empty text matches all queries.
  virtual std::vector<StoredLongQuery> long_queries(std::string_view text) = 0;
  virtual std::vector<InstanceLink> read_links() = 0;  // ordered, too
  // Of all instances that report GTIDs. The sets may be long: only for the beginning of polls.
  virtual std::vector<StoredGtids> read_gtids() = 0;
  // Reads all instances, to serve them from memory while the backend does not answer. A store without such a
  // memory reads nothing; Context adds the memory for a mysql backend.
  virtual void remember_all() {}

  // One transaction. Writes about the same instance apply in their order. Texts are cut to the column size;
  // bytes that are not UTF-8 become question marks. Returns the keys that were not written: SeenInstances
  // that are not new and whose row was forgotten, aliases, and host names of more than 128 characters, which
  // no table accepts.
  virtual std::vector<InstanceKey> write(std::span<const InstanceWrite> writes) = 0;
  // True if the row existed.
  virtual bool forget(const InstanceKey& key) = 0;
  // Rows whose host name or port is invalid, possibly written by a release that did not check them. No other
  // function returns these rows. Ordered, too.
  virtual std::vector<UnusableRow> unusable() = 0;
  // Deletes the unusable rows and returns them.
  virtual std::vector<UnusableRow> forget_unusable() = 0;
  // Deletes rows last seen longer ago than `age`, except rows never seen; returns their keys.
  virtual std::vector<InstanceKey> forget_unseen(std::chrono::hours age) = 0;
  // The result of claim_alias().
  struct ClaimedAlias {
    InstanceKey known_as;     // the name the server keeps: `instance`, or the name another process chose
    bool is_changed = false;  // the alias is new, or had its own row
  };
  // Records that `alias` is proven to be another name of `instance`, and deletes the alias's own row. If
  // another process has made `instance` an alias meanwhile, that decision stands: if it made `instance` an
  // alias of `alias`, nothing is written; otherwise both become names of the same instance. Keeps a known
  // alias from expiring.
  virtual ClaimedAlias claim_alias(const InstanceKey& alias, const InstanceKey& instance) = 0;
  // The name now leads to another server. True if it was an alias.
  virtual bool forget_alias(const InstanceKey& alias) = 0;
  virtual std::vector<std::pair<InstanceKey, InstanceKey>> read_aliases() = 0;
  virtual void expire_aliases(std::chrono::minutes age) = 0;
};

}  // namespace topo
