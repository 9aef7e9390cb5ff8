// Store: orchestrator's data in the backend: an SQLite file, or a MySQL or MariaDB schema that several nodes
// share. Tables and columns keep the names that orchestrator's users query.
//
// All functions are thread-safe. All throw Error{backend}, which names the backend, the failure and the
// remedy; no function leaves a half-written state. After a failure the next call tries the backend again, so
// that the program recovers when the backend does.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "topo/base/clock.h"
#include "topo/base/instance_key.h"
#include "topo/config/configuration.h"
#include "topo/model/instance.h"

namespace spdlog {
class logger;
}

namespace topo {

namespace mysql {
class Interrupt;
}

// What discovery needs of every stored instance, without the other columns.
struct InstanceLink {
  InstanceKey key;
  InstanceKey master;  // invalid: it has none
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
};

// Writes about instances; see InstanceStore::write.
struct SeenInstance {  // the instance was read: writes the whole row
  Instance instance;
  bool is_new = false;  // false: only if the row still exists (the instance was not forgotten meanwhile)
};
struct FailedInstance {  // the read failed: writes last_checked and the reason, if the row exists
  InstanceKey key;
  std::string error;
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

struct ClusterInfo {
  std::string cluster_name;
  std::string cluster_alias;  // "": it has none
  unsigned count_instances = 0;
  friend bool operator==(const ClusterInfo&, const ClusterInfo&) = default;
};

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

// Coordinates of instances in their own logs, recorded at reads: positions at which events begin, so that a
// search near the end of a log need not read all of it (database_instance_coordinates_history).
// InstanceStore::write records them, per instance at most once a minute unless its logs were reset, and not
// while the coordinates do not change.
class CoordinatesStore {
 public:
  virtual ~CoordinatesStore() = default;
  // Newest first, at most 200, without repetitions. Coordinates beyond newer ones belong to a log that no
  // longer exists (RESET MASTER): they and all older ones are left out.
  virtual std::vector<BinlogCoordinates> recorded(const InstanceKey& key, LogType type) = 0;
  // Deletes coordinates recorded longer ago than `age`; returns the number of rows.
  virtual std::uint64_t purge(std::chrono::hours age) = 0;
};

class ClusterStore {
 public:
  virtual ~ClusterStore() = default;
  virtual std::vector<std::string> names() = 0;  // ordered
  // With effective aliases: the backend's, or else the first pattern of ClusterNameToAlias that matches.
  virtual std::vector<ClusterInfo> infos() = 0;
  virtual std::optional<std::string> cluster_of_alias(std::string_view alias) = 0;
  // Replaces the ClusterNameToAlias patterns with which the store was opened.
  virtual void use_patterns(const std::map<std::string, std::string>& alias_by_pattern) = 0;
  // A user gives the alias to this cluster; a cluster that has the alias loses it. "" removes the cluster's
  // alias. Throws Error{invalid_argument} for names of more than 128 characters.
  virtual void set_alias(std::string_view cluster_name, std::string_view alias) = 0;
  // The head of the cluster answered DetectClusterAliasQuery with the alias. Returns the name of the cluster
  // that has the alias now: another cluster keeps it while its head answers, if set_alias() gave it or if its
  // head answers the same. A cluster keeps an alias that set_alias() gave. Throws as set_alias().
  virtual std::string detect_alias(std::string_view cluster_name, std::string_view alias) = 0;
  // The head of the cluster answered no alias: removes the alias it had answered before. An alias that a user
  // gave stays.
  virtual void withdraw_alias(std::string_view cluster_name) = 0;
};

struct ResolvedName {
  std::string hostname;
  std::string resolved;
  std::chrono::seconds age{0};
};

// The host name cache that nodes and command lines share (hostname_resolve).
class NameStore {
 public:
  virtual ~NameStore() = default;
  virtual std::optional<ResolvedName> resolved(std::string_view hostname) = 0;
  virtual std::vector<ResolvedName> all_resolved() = 0;
  virtual void write_resolved(std::string_view hostname, std::string_view resolved) = 0;
  virtual void expire(std::chrono::minutes age) = 0;
  virtual void clear() = 0;
  // The name by which replicas connect to the host (hostname_unresolve, filled by users); nullopt: none.
  virtual std::optional<std::string> unresolved(std::string_view hostname) = 0;
};

struct NodeHealth {
  bool healthy = false;
  bool is_active_node = false;
  std::string active_hostname, active_token;
};

// A process that shares the backend now, or did before.
struct Node {
  std::string hostname, token, command, version;
  std::string first_seen, last_seen;  // "YYYY-MM-DD HH:MM:SS", UTC
  std::chrono::seconds since_last_seen{0};
  bool is_active = false;  // is the active node, and reported within `expiry`
};

// Which of the nodes that share a backend is active (active_node), and which are alive (node_health).
class NodeStore {
 public:
  virtual ~NodeStore() = default;
  // Makes this node the active node, if there is none or its role has expired, or renews the role of this
  // node; true when this node is active.
  virtual bool attempt_election(std::string_view hostname, std::string_view token,
                                std::chrono::seconds expiry) = 0;
  // Makes this node the active node, whichever node is active.
  virtual void seize(std::string_view hostname, std::string_view token) = 0;
  // Gives up the active role, so that another node can take it at once.
  virtual void resign(std::string_view hostname, std::string_view token) = 0;
  virtual NodeHealth report_health(std::string_view hostname, std::string_view token,
                                   std::string_view command, std::string_view version) = 0;
  // Nodes that reported within `age`, latest first. `expiry`: of the active role.
  virtual std::vector<Node> seen_within(std::chrono::seconds age, std::chrono::seconds expiry) = 0;
};

// A lock on an instance: while it is active, only its owner moves the instance.
struct Maintenance {
  std::int64_t id = 0;
  InstanceKey key;
  std::string begin;  // "YYYY-MM-DD HH:MM:SS", UTC
  std::chrono::seconds elapsed{0};
  std::chrono::seconds left{0};  // until it expires
  bool is_active = false;
  std::string owner, reason;
  std::string process;  // of the operation that holds the lock, or has joined a person's lock; "": none
  // The operation's process is alive, or is on another host and has reported recently.
  bool is_of_operation = false;
};

// "db1:3306 is locked by ann since 2026-11-24 03:12:07, for 600 s at most: move up"; if the process of its
// operation has ended, also how to list the leftovers.
[[nodiscard]] std::string describe(const Maintenance& held);

// Sets the lock fields of KnownInstance; note_locks: of those instances that have a lock.
void note_lock(const Maintenance& held, KnownInstance& known);
void note_locks(std::span<const Maintenance> locks, std::vector<KnownInstance>& instances);

struct MaintenanceRequest {
  InstanceKey key;
  std::string reason;
  std::string process = {};  // of an operation; "": the lock is for a person
};

// Locks on instances, respected by all processes that share the backend (database_instance_maintenance).
class MaintenanceStore {
 public:
  virtual ~MaintenanceStore() = default;
  // Locks all instances or none; returns the ids, in order. Expired locks do not count. Throws Error{locked}
  // with the instance, and the owner, begin and reason of its lock. `token` must be unique to this call.
  virtual std::vector<std::int64_t> begin(std::span<const MaintenanceRequest> requests,
                                          std::string_view owner, std::chrono::seconds duration,
                                          std::string_view token) = 0;
  std::vector<std::int64_t> begin(std::span<const MaintenanceRequest> requests, std::string_view owner,
                                  std::chrono::seconds duration) {
    return begin(requests, owner, duration, "");
  }
  // Removes what begin() stored under that token, if anything.
  virtual void withdraw(std::string_view token) = 0;
  // False: no such lock is active.
  virtual bool end(std::int64_t id) = 0;
  virtual bool end(const InstanceKey& key) = 0;
  // Ends the given locks whose operation is no longer alive.
  virtual void end_abandoned(std::span<const std::int64_t> ids) = 0;
  // The operation of that process joins the active lock of the instance. Returns the lock as it was before;
  // nullopt: the instance is not locked. Throws Error{locked} if a live operation holds the lock, or has
  // joined it.
  virtual std::optional<Maintenance> join(const InstanceKey& key, std::string_view process) = 0;
  virtual void part(const Maintenance& former) = 0;  // undoes join()
  // Records that the locks' process is alive; with `duration`, the locks expire that long from now. False: at
  // least one of the locks has ended.
  virtual bool renew(std::span<const std::int64_t> ids, std::optional<std::chrono::seconds> duration) = 0;
  virtual bool are_active(std::span<const std::int64_t> ids) = 0;
  // The instance was locked again after the lock with this id began; that later lock may have ended.
  virtual bool was_locked_since(const InstanceKey& key, std::int64_t id) = 0;
  virtual std::optional<Maintenance> of(const InstanceKey& key) = 0;  // active and not expired
  virtual std::vector<Maintenance> active() = 0;                      // the same, by id
  // Ends expired locks; returns their instances.
  virtual std::vector<InstanceKey> expire() = 0;
  // Deletes locks that ended longer ago than `age`; returns the number of locks.
  virtual std::uint64_t purge(std::chrono::days age) = 0;
};

// What an operation needs to undo its changes to a server.
struct OperationServer {
  InstanceKey key;
  int steps = -1;  // index in the plan; -1: a shared step
  // The former state. An invalid master: the server did not replicate.
  InstanceKey master;
  std::string channel;
  bool by_gtid = false, ran_io = false, ran_sql = false;
  std::optional<std::chrono::milliseconds> heartbeat;
  bool changed = false;  // its master or its coordinates there, done or about to be done
  BinlogCoordinates former_coordinates, new_coordinates;
  std::string connection;  // through which it is changed: refactor::Servers::connection_to
  friend bool operator==(const OperationServer&, const OperationServer&) = default;
};

// An operation on servers that has not ended yet.
struct UnendedOperation {
  std::int64_t id = 0;
  std::string operation;
  InstanceKey subject;
  std::optional<InstanceKey> target;  // the new master that was requested
  std::string pattern;                // of the replicas that were requested; "": all
  std::string owner;
  std::string process;  // that executes it; "": none
  std::string begin;    // "YYYY-MM-DD HH:MM:SS", UTC
  std::chrono::seconds elapsed{0};
  // Its process is alive, or may be alive on another host. Such a process no longer counts when it has not
  // reported for MaintenanceExpireMinutes.
  bool is_under_way = false;
  std::vector<std::int64_t> locks;
  // The final topology: replica, master.
  std::vector<std::pair<InstanceKey, InstanceKey>> moves;
  std::vector<OperationServer> servers;  // changed, or about to be; ordered by name

  // Its process has ended, and the operation changed nothing, or later operations superseded its changes.
  [[nodiscard]] bool has_come_to_nothing() const noexcept { return !is_under_way && servers.empty(); }
};

// A server that an operation could not put in order, and why, in a sentence.
struct Leftover {
  InstanceKey key;
  std::string sentence;
};

// The sentences, joined with "; ".
[[nodiscard]] std::string describe(std::span<const Leftover> left);

// Operations under way, so that an operation whose process was killed can be finished or undone.
class OperationStore {
 public:
  virtual ~OperationStore() = default;
  // Returns the id; ignores `begin`, `elapsed`, `is_under_way` and `servers`. `token` must be unique to this
  // call.
  virtual std::int64_t begin(const UnendedOperation& operation, std::string_view token) = 0;
  std::int64_t begin(const UnendedOperation& operation) { return begin(operation, ""); }
  virtual void withdraw(std::string_view token) = 0;  // as MaintenanceStore::withdraw()
  // Stores the moves that were decided.
  virtual void decide(std::int64_t id, const std::vector<std::pair<InstanceKey, InstanceKey>>& moves) = 0;
  // Called before the server is changed, and whenever its record changes. Discards records of the server by
  // earlier operations.
  virtual void note(std::int64_t id, const OperationServer& server) = 0;
  virtual void end(std::int64_t id) = 0;
  // No process executes the operation any longer, and `left` lists its servers that are not in order.
  // KnownInstance::unfinished_operation then reports them.
  virtual void leave(std::int64_t id, std::span<const Leftover> left) = 0;
  // These servers were put in order by another operation: discards their records.
  virtual void supersede(std::span<const InstanceKey> servers) = 0;
  virtual std::vector<UnendedOperation> unended() = 0;  // by id
  virtual void renew(std::int64_t id) = 0;              // records that its process is alive
  // Hands the operation from one process to another. False: `from` no longer has it.
  virtual bool transfer(std::int64_t id, std::string_view from, std::string_view to) = 0;
};

// By the backend's clock, common to all processes that share the backend.
struct InjectionTimes {
  std::chrono::seconds now{0};                     // since 1970
  std::optional<std::chrono::seconds> last_noted;  // of any cluster
};

// To which clusters the active node injects Pseudo-GTID entries (cluster_injected_pseudo_gtid).
class PseudoGtidStore {
 public:
  virtual ~PseudoGtidStore() = default;
  // Records an injection now. One statement.
  virtual void note_injected(std::span<const std::string> clusters) = 0;
  virtual std::vector<std::string> injected_within(std::chrono::seconds age) = 0;  // ordered
  virtual InjectionTimes times() = 0;
  // Deletes records older than `age`.
  virtual void purge(std::chrono::hours age) = 0;
};

struct NewRecovery {
  InstanceKey failed;
  std::string analysis;  // "DeadMaster"
  std::string cluster_name, cluster_alias;
  std::vector<InstanceKey> replicas;  // of the failed instance
  std::string node_hostname, node_token;
  std::string process;  // that carries out the recovery
};
struct EndedRecovery {
  InstanceKey successor;  // invalid: none
  bool is_successful = false;
  std::vector<InstanceKey> lost_replicas;  // that stay below the failed instance
  std::string errors;
};

// Recoveries of failed masters (topology_recovery).
struct PastRecovery {
  std::string begin;  // "YYYY-MM-DD HH:MM:SS", UTC
  InstanceKey successor;
};

class RecoveryStore {
 public:
  virtual ~RecoveryStore() = default;
  // Returns the id. Throws Error{locked} while another process recovers the same instance; a recovery does
  // not count if its process has ended or if it began more than `max_time` ago. `token` must be unique to
  // this call.
  virtual std::int64_t begin(const NewRecovery& recovery, std::chrono::minutes max_time,
                             std::string_view token) = 0;
  std::int64_t begin(const NewRecovery& recovery, std::chrono::minutes max_time) {
    return begin(recovery, max_time, "");
  }
  virtual void withdraw(std::string_view token) = 0;  // as MaintenanceStore::withdraw()
  virtual void end(std::int64_t id, const EndedRecovery& ended) = 0;
  // The last recovery of the instance, if it has ended, has a successor and began within `period`.
  virtual std::optional<PastRecovery> last(const InstanceKey& failed, std::chrono::minutes period) = 0;
  // Ends the active periods that began longer ago than `age`; returns how many.
  virtual std::uint64_t expire(std::chrono::minutes age) = 0;
};

struct AuditEntry {
  std::int64_t id = 0;
  std::string timestamp;  // "YYYY-MM-DD HH:MM:SS", UTC
  std::string type;
  std::string hostname;  // as stored, possibly not a valid host name
  std::int64_t port = 0;
  std::string message;
};

struct NewAuditEntry {
  std::string type;
  InstanceKey key;
  std::string message;
  SteadyTime at = std::chrono::steady_clock::now();
  std::string token{};         // unique to this entry; "": the entry is written once
  bool may_be_stored = false;  // by a failed call: the store looks for the token first
};

class AuditStore {
 public:
  virtual ~AuditStore() = default;
  // Writes the entry also to AuditLogFile, if configured: a line of time, type, host, port and message,
  // separated by tabs. Failures to write the file are logged.
  virtual void write(const NewAuditEntry& entry) = 0;
  void write(std::string_view type, const InstanceKey& key, std::string_view message) {
    write(NewAuditEntry{.type = std::string(type), .key = key, .message = std::string(message)});
  }
  // Newest first, page 0 the latest; entries with `text` in type, host:port or message, case-insensitive.
  virtual std::vector<AuditEntry> read(unsigned page, unsigned page_size, std::string_view text) = 0;
  std::vector<AuditEntry> read(unsigned page, unsigned page_size) { return read(page, page_size, ""); }
};

class Store {
 public:
  virtual ~Store() = default;
  virtual InstanceStore& instances() = 0;
  virtual CoordinatesStore& coordinates() = 0;
  virtual ClusterStore& clusters() = 0;
  virtual NameStore& names() = 0;
  virtual NodeStore& nodes() = 0;
  virtual AuditStore& audit() = 0;
  virtual MaintenanceStore& maintenance() = 0;
  virtual OperationStore& operations() = 0;
  virtual PseudoGtidStore& pseudo_gtid() = 0;
  virtual RecoveryStore& recoveries() = 0;

  // A number that changes whenever any process changes the backend; takes a few microseconds. nullopt: not
  // supported by this backend (MySQL).
  virtual std::optional<std::uint64_t> data_version() = 0;
  // "sqlite3 /var/lib/orchestrator/orchestrator.sqlite3", "mysql backend.example:3306/orchestrator".
  [[nodiscard]] virtual std::string describe() const = 0;
  virtual std::uint64_t statements() const noexcept = 0;  // sent to the backend so far, for benchmarks
};

// Ends operations that changed nothing, and their remaining locks. False: there were none.
bool end_what_came_to_nothing(Store& store);

// Opens the backend of the configuration and updates its tables; with SkipOrchestratorDatabaseUpdate only
// checks them. Throws Error{backend}. `interrupt` ends waits for a mysql backend; null: nothing does.
[[nodiscard]] std::shared_ptr<Store> open_store(
    const Configuration& configuration, std::shared_ptr<spdlog::logger> log,
    const std::shared_ptr<const mysql::Interrupt>& interrupt = nullptr);

}  // namespace topo
