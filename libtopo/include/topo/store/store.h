// Store: what orchestrator knows, kept in the backend: an SQLite file, or a MySQL or MariaDB schema that
// several nodes share. Tables and columns keep the names that orchestrator's users query.
//
// All functions may be called by several threads at once. All throw Error{backend}, saying which backend,
// what failed and what to do; none leaves a half-written state. After a failure the next call tries the
// backend anew, so that the program recovers when the backend does.
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
#include "topo/topology/instance.h"

namespace spdlog {
class logger;
}

namespace topo {

namespace mysql {
class Interrupt;
}

// What the discovery has to know of every stored instance, without its facts.
struct InstanceLink {
  InstanceKey key;
  InstanceKey master;  // invalid when it has none
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

// Things to write about instances; see InstanceStore::write.
struct SeenInstance {  // was read: the whole row
  Instance instance;
  bool is_new = false;  // false: only if the row is still there (nobody forgot it meanwhile)
};
struct FailedInstance {  // could not be read: last_checked and the reason, if the row exists
  InstanceKey key;
  std::string error;
};
struct UnseenMaster {  // is said to exist by its running replicas: a minimal row, if there is none
  InstanceKey key;
};
struct ClusterAssignment {  // its place in the topology, if the row exists
  InstanceKey key;
  std::string cluster_name;
  unsigned replication_depth = 0;
  bool is_co_master = false;
};
using InstanceWrite = std::variant<SeenInstance, FailedInstance, UnseenMaster, ClusterAssignment>;

struct ClusterInfo {
  std::string cluster_name;
  std::string cluster_alias;  // "" when none
  unsigned count_instances = 0;
  friend bool operator==(const ClusterInfo&, const ClusterInfo&) = default;
};

// A query that had been running for more than a minute when its instance was last read.
struct StoredLongQuery {
  InstanceKey instance;
  LongQuery query;
  std::string started_at;  // "YYYY-MM-DD HH:MM:SS", UTC
};

// What a row of the backend has where the key of an instance should be: text, made by anybody.
struct UnusableRow {
  std::string hostname;
  std::int64_t port = 0;
};

class InstanceStore {
 public:
  virtual ~InstanceStore() = default;
  virtual std::optional<KnownInstance> read(const InstanceKey& key) = 0;
  // All of these are ordered by host name and port.
  virtual std::vector<KnownInstance> read_all() = 0;
  virtual std::vector<KnownInstance> read_cluster(std::string_view cluster_name) = 0;
  virtual std::vector<KnownInstance> read_replicas(const InstanceKey& master) = 0;
  // As `/api/search`: text within host name, cluster name, version or host:port, or equal to server id or
  // port; empty text finds everything. Case does not count.
  virtual std::vector<KnownInstance> search(std::string_view text) = 0;
  // Host name matches the pattern, in RE2 syntax, without case and unanchored. Throws
  // Error{invalid_argument} for a pattern that does not compile.
  virtual std::vector<KnownInstance> find(std::string_view pattern) = 0;
  // Those that may have a problem, by columns alone; topology::problems() judges them.
  virtual std::vector<KnownInstance> read_suspects(std::chrono::seconds poll_interval,
                                                   std::chrono::seconds lag) = 0;
  // The longest first. `text` is found within host name, user, client host, schema, command, state or the
  // query itself, whatever the case; empty text finds everything.
  virtual std::vector<StoredLongQuery> long_queries(std::string_view text) = 0;
  virtual std::vector<InstanceLink> read_links() = 0;  // ordered as well
  // Reads all, so as to tell of them from memory while the backend does not answer; a store that does not do
  // that, as Context makes it for a mysql backend, reads nothing.
  virtual void remember_all() {}

  // One transaction. The writes about one instance count in their order. Texts are cut to what their columns
  // hold, bytes that are no UTF-8 become question marks. Returns the keys that were not written: of
  // SeenInstances that were not new and whose row is gone, because somebody forgot them, of those that are
  // aliases, and those of host names of more than 128 characters, which no table takes.
  virtual std::vector<InstanceKey> write(std::span<const InstanceWrite> writes) = 0;
  // True if there was such a row.
  virtual bool forget(const InstanceKey& key) = 0;
  // Rows whose host name or port names no server, as a version that did not check them may have left. No
  // other function returns them. Ordered as well.
  virtual std::vector<UnusableRow> unusable() = 0;
  // Deletes them and returns what they were.
  virtual std::vector<UnusableRow> forget_unusable() = 0;
  // Deletes rows last seen longer ago than `age` (never those never seen); returns their keys.
  virtual std::vector<InstanceKey> forget_unseen(std::chrono::hours age) = 0;
  // What claim_alias() has come to.
  struct ClaimedAlias {
    InstanceKey known_as;     // the name that the server keeps: `instance`, or what another process decided
    bool is_changed = false;  // the alias is new, or had a row of its own
  };
  // Several names of one server, as was proven: `alias` is `instance` under another name, and has no row of
  // its own from now on. When another process has made `instance` an alias meanwhile, that stands: nothing is
  // written if it made it one of `alias`, else both become names of the same instance. An alias that is known
  // is kept from expiring.
  virtual ClaimedAlias claim_alias(const InstanceKey& alias, const InstanceKey& instance) = 0;
  // It leads to another server by now. True if it was an alias.
  virtual bool forget_alias(const InstanceKey& alias) = 0;
  virtual std::vector<std::pair<InstanceKey, InstanceKey>> read_aliases() = 0;
  virtual void expire_aliases(std::chrono::minutes age) = 0;
};

// Where instances stood in their own logs when they were read: places at which events begin, so that who
// looks for something near the end of a log need not read all of it (database_instance_coordinates_history).
// InstanceStore::write notes them, of an instance once a minute at most, unless its logs began anew, and not
// while it stands still.
class CoordinatesStore {
 public:
  virtual ~CoordinatesStore() = default;
  // Newest first, at most 200, each once. From a place on that is beyond a newer one all are of a log that is
  // no more (RESET MASTER), and left out.
  virtual std::vector<BinlogCoordinates> places(const InstanceKey& key, LogType type) = 0;
  // Deletes what was noted longer ago than `age`; returns how many rows.
  virtual std::uint64_t purge(std::chrono::hours age) = 0;
};

class ClusterStore {
 public:
  virtual ~ClusterStore() = default;
  virtual std::vector<std::string> names() = 0;  // ordered
  // With effective aliases: the backend's, else the first pattern of ClusterNameToAlias that matches.
  virtual std::vector<ClusterInfo> infos() = 0;
  virtual std::optional<std::string> cluster_of_alias(std::string_view alias) = 0;
  // From now on these patterns count, in place of those of the ClusterNameToAlias that the store was opened
  // with.
  virtual void use_patterns(const std::map<std::string, std::string>& alias_by_pattern) = 0;
  // Somebody gives the alias to this cluster, which takes it from another that has it; "" takes the cluster's
  // away. Throws Error{invalid_argument} for names of more than 128 characters.
  virtual void set_alias(std::string_view cluster_name, std::string_view alias) = 0;
  // The head of the cluster answered the alias to DetectClusterAliasQuery. Returns the name of the cluster
  // that has it now: another one keeps it for as long as its head answers, and was given it by set_alias() or
  // answers the same. A cluster that set_alias() gave one keeps that. Throws as set_alias().
  virtual std::string detect_alias(std::string_view cluster_name, std::string_view alias) = 0;
  // The head of the cluster answered none: what it had answered before is the cluster's alias no longer. One
  // that somebody gave it stays.
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
  // The name by which replicas are to know that host (hostname_unresolve, which people fill); nullopt: none.
  virtual std::optional<std::string> unresolved(std::string_view hostname) = 0;
};

struct NodeHealth {
  bool healthy = false;
  bool is_active_node = false;
  std::string active_hostname, active_token;
};

// A process that shares the backend, or did.
struct Node {
  std::string hostname, token, command, version;
  std::string first_seen, last_seen;  // "YYYY-MM-DD HH:MM:SS", UTC
  std::chrono::seconds since_last_seen{0};
  bool is_active = false;  // holds the office, and was heard of within `expiry`
};

// Which of the nodes that share a backend is active (active_node), and who is alive (node_health).
class NodeStore {
 public:
  virtual ~NodeStore() = default;
  // Takes or keeps the office if it is free, expired or ours already; true when this node is active.
  virtual bool attempt_election(std::string_view hostname, std::string_view token,
                                std::chrono::seconds expiry) = 0;
  // Takes the office from whoever holds it.
  virtual void seize(std::string_view hostname, std::string_view token) = 0;
  // Gives the office up, so that another may take it at once.
  virtual void resign(std::string_view hostname, std::string_view token) = 0;
  virtual NodeHealth report_health(std::string_view hostname, std::string_view token,
                                   std::string_view command, std::string_view version) = 0;
  // Those that have told of themselves within `age`, the latest first. `expiry`: of the office.
  virtual std::vector<Node> seen_within(std::chrono::seconds age, std::chrono::seconds expiry) = 0;
};

// A lock on an instance: while it is active, nobody else moves the instance.
struct Maintenance {
  std::int64_t id = 0;
  InstanceKey key;
  std::string begin;  // "YYYY-MM-DD HH:MM:SS", UTC
  std::chrono::seconds elapsed{0};
  std::chrono::seconds left{0};  // until it expires
  bool is_active = false;
  std::string owner, reason;
  std::string process;  // of the operation that holds it, or acts beside the person who does; "": none does
  // That operation goes on: its process lives, or is on another host and has said so lately.
  bool is_of_operation = false;
};

// "db1:3306 is locked by ann since 2026-11-24 03:12:07, for 600 s at most: move up"; where it is of an
// operation whose process has ended, with how to find out what that left.
[[nodiscard]] std::string describe(const Maintenance& held);

// Sets what KnownInstance says of a lock; the second, of those that are among the locks.
void note_lock(const Maintenance& held, KnownInstance& known);
void note_locks(std::span<const Maintenance> locks, std::vector<KnownInstance>& instances);

struct MaintenanceRequest {
  InstanceKey key;
  std::string reason;
  std::string process = {};  // of an operation; "": it is for a person
};

// Locks on instances, which all processes that share the backend respect (database_instance_maintenance).
class MaintenanceStore {
 public:
  virtual ~MaintenanceStore() = default;
  // All of them or none; returns their ids, in order. A lock whose time is over does not count. Throws
  // Error{locked}, naming the instance, who holds it, since when and why. `token` is of this call alone.
  virtual std::vector<std::int64_t> begin(std::span<const MaintenanceRequest> requests,
                                          std::string_view owner, std::chrono::seconds duration,
                                          std::string_view token) = 0;
  std::vector<std::int64_t> begin(std::span<const MaintenanceRequest> requests, std::string_view owner,
                                  std::chrono::seconds duration) {
    return begin(requests, owner, duration, "");
  }
  // Makes what begin() stored under that token, if it did, as if it had never been.
  virtual void withdraw(std::string_view token) = 0;
  // False: there is no such active lock.
  virtual bool end(std::int64_t id) = 0;
  virtual bool end(const InstanceKey& key) = 0;
  // Those of these that no operation holds which goes on.
  virtual void end_abandoned(std::span<const std::int64_t> ids) = 0;
  // The operation of that process acts beside whoever holds the lock, which is returned as it was; nullopt:
  // nobody holds one. Throws Error{locked} if an operation that goes on holds it, or acts beside it already.
  virtual std::optional<Maintenance> join(const InstanceKey& key, std::string_view process) = 0;
  virtual void part(const Maintenance& former) = 0;  // it does so no more
  // Their process still goes on; with a duration they last so long from now. False: one of them has ended.
  virtual bool renew(std::span<const std::int64_t> ids, std::optional<std::chrono::seconds> duration) = 0;
  virtual bool are_active(std::span<const std::int64_t> ids) = 0;
  // Somebody has locked it, and perhaps let it go again, since that lock began.
  virtual bool was_locked_since(const InstanceKey& key, std::int64_t id) = 0;
  virtual std::optional<Maintenance> of(const InstanceKey& key) = 0;  // active, and its time not over
  virtual std::vector<Maintenance> active() = 0;                      // the same, by id
  // Ends locks whose time is over; returns their instances.
  virtual std::vector<InstanceKey> expire() = 0;
  // Deletes locks that ended longer ago than `age`; returns how many.
  virtual std::uint64_t purge(std::chrono::days age) = 0;
};

// What an operation has to know of a server to undo what it did to it.
struct OperationServer {
  InstanceKey key;
  int strand = -1;  // of the plan; -1: of its trunk
  // As it was before. An invalid master: it did not replicate.
  InstanceKey master;
  std::string channel;
  bool by_gtid = false, ran_io = false, ran_sql = false;
  std::optional<std::chrono::milliseconds> heartbeat;
  bool changed = false;  // its master, or the place in its master's log, or it is about to be
  BinlogCoordinates former_place, new_place;
  std::string connection;  // over which it is changed, by refactor::Servers::connection_to
  friend bool operator==(const OperationServer&, const OperationServer&) = default;
};

// An operation on servers that has begun and not ended.
struct UnendedOperation {
  std::int64_t id = 0;
  std::string operation;
  InstanceKey subject;
  std::string owner;
  std::string process;  // that carries it out; "": none does
  std::string begin;    // "YYYY-MM-DD HH:MM:SS", UTC
  std::chrono::seconds elapsed{0};
  // Its process lives, or is on another host and may. When that has said nothing for MaintenanceExpireMinutes
  // it does not count any more.
  bool is_under_way = false;
  std::vector<std::int64_t> locks;
  // Who is to replicate from whom in the end: replica, master.
  std::vector<std::pair<InstanceKey, InstanceKey>> moves;
  std::vector<OperationServer> servers;  // that it has begun to change, by name

  // Its process has ended, and it has changed nothing, or what it did has been overtaken.
  [[nodiscard]] bool has_come_to_nothing() const noexcept { return !is_under_way && servers.empty(); }
};

// What an operation could not put right of a server, in a sentence.
struct LeftServer {
  InstanceKey key;
  std::string sentence;
};

// Their sentences, with "; " in between.
[[nodiscard]] std::string describe(std::span<const LeftServer> left);

// What is under way, so that the work of a process that was killed can be finished or undone.
class OperationStore {
 public:
  virtual ~OperationStore() = default;
  // Returns its id; `begin`, `elapsed`, `is_under_way` and `servers` do not count. `token` is of this call
  // alone.
  virtual std::int64_t begin(const UnendedOperation& operation, std::string_view token) = 0;
  std::int64_t begin(const UnendedOperation& operation) { return begin(operation, ""); }
  virtual void withdraw(std::string_view token) = 0;  // as MaintenanceStore::withdraw()
  // Its moves are these.
  virtual void decide(std::int64_t id, const std::vector<std::pair<InstanceKey, InstanceKey>>& moves) = 0;
  // Before the server is changed, and whenever what is to be remembered of it changes. What was noted of it
  // by earlier operations counts no more.
  virtual void note(std::int64_t id, const OperationServer& server) = 0;
  virtual void end(std::int64_t id) = 0;
  // No process carries it out any more, and of its servers these are not in order, which is told with them:
  // KnownInstance::unfinished_operation.
  virtual void leave(std::int64_t id, std::span<const LeftServer> left) = 0;
  // These servers are in order by something else: what was noted of them counts no more.
  virtual void overtake(std::span<const InstanceKey> servers) = 0;
  virtual std::vector<UnendedOperation> unended() = 0;  // by id
  virtual void renew(std::int64_t id) = 0;              // its process still goes on
  // Hands the operation from one process to another. False: it is not with the former any more.
  virtual bool pass_on(std::int64_t id, std::string_view from, std::string_view to) = 0;
};

// By the backend's clock, which all who share it go by.
struct InjectionTimes {
  std::chrono::seconds now{0};                     // since 1970
  std::optional<std::chrono::seconds> last_noted;  // of whatever cluster
};

// To which clusters the active node injects Pseudo-GTID entries (cluster_injected_pseudo_gtid).
class PseudoGtidStore {
 public:
  virtual ~PseudoGtidStore() = default;
  // They were, just now. One statement.
  virtual void note_injected(std::span<const std::string> clusters) = 0;
  virtual std::vector<std::string> injected_within(std::chrono::seconds age) = 0;  // ordered
  virtual InjectionTimes times() = 0;
  // Deletes what was noted longer ago than `age`.
  virtual void purge(std::chrono::hours age) = 0;
};

struct NewRecovery {
  InstanceKey failed;
  std::string analysis;  // "DeadMaster"
  std::string cluster_name, cluster_alias;
  std::vector<InstanceKey> replicas;  // of the failed one
  std::string node_hostname, node_token;
  std::string process;  // who carries it out
};
struct EndedRecovery {
  InstanceKey successor;  // invalid: none
  bool is_successful = false;
  std::vector<InstanceKey> lost_replicas;  // that stay below the failed one
  std::string errors;
};

// What was done for failed masters (topology_recovery).
class RecoveryStore {
 public:
  virtual ~RecoveryStore() = default;
  // Returns its id. Throws Error{locked} while another process recovers the same instance; one that has
  // ended, or has not ended for `most_time`, does not count. `token` is of this call alone.
  virtual std::int64_t begin(const NewRecovery& recovery, std::chrono::minutes most_time,
                             std::string_view token) = 0;
  std::int64_t begin(const NewRecovery& recovery, std::chrono::minutes most_time) {
    return begin(recovery, most_time, "");
  }
  virtual void withdraw(std::string_view token) = 0;  // as MaintenanceStore::withdraw()
  virtual void end(std::int64_t id, const EndedRecovery& ended) = 0;
  // Ends the active periods of those that began longer ago than `age`; returns how many.
  virtual std::uint64_t expire(std::chrono::minutes age) = 0;
};

struct AuditEntry {
  std::int64_t id = 0;
  std::string timestamp;  // "YYYY-MM-DD HH:MM:SS", UTC
  std::string type;
  std::string hostname;  // as stored, which need not name a server
  std::int64_t port = 0;
  std::string message;
};

struct NewAuditEntry {
  std::string type;
  InstanceKey key;
  std::string message;
  SteadyTime at = std::chrono::steady_clock::now();
  std::string token{};         // of this entry alone; "": it is written once
  bool may_be_stored = false;  // by a call that failed: it is looked for by its token
};

class AuditStore {
 public:
  virtual ~AuditStore() = default;
  // Also to AuditLogFile, if that is configured: a line of time, type, host, port and message, with tabs in
  // between. That the file cannot be written is logged.
  virtual void write(const NewAuditEntry& entry) = 0;
  void write(std::string_view type, const InstanceKey& key, std::string_view message) {
    write(NewAuditEntry{.type = std::string(type), .key = key, .message = std::string(message)});
  }
  // Newest first, page 0 the latest; of those that have `text` within type, host:port or message, whatever
  // the case.
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

  // A number that changes whenever anything in the backend has changed, by whomever; asks no more than some
  // microseconds. nullopt: this backend cannot tell (MySQL).
  virtual std::optional<std::uint64_t> data_version() = 0;
  // "sqlite3 /var/lib/orchestrator/orchestrator.sqlite3", "mysql backend.example:3306/orchestrator".
  [[nodiscard]] virtual std::string describe() const = 0;
  virtual std::uint64_t statements() const noexcept = 0;  // sent to the backend so far, for benchmarks
};

// Ends operations that came to nothing, and the locks that they still have. False: there was none.
bool end_what_came_to_nothing(Store& store);

// Opens the backend that the configuration names and brings its tables up to date; with
// SkipOrchestratorDatabaseUpdate it only makes sure that they are. Throws Error{backend}.
// `interrupt`: ends waiting for a mysql backend; null: nothing does.
[[nodiscard]] std::shared_ptr<Store> open_store(
    const Configuration& configuration, std::shared_ptr<spdlog::logger> log,
    const std::shared_ptr<const mysql::Interrupt>& interrupt = nullptr);

}  // namespace topo
