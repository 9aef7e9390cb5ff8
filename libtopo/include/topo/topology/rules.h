// Rules: what may replicate from what, and what may be moved now. Each returns a refusal with its reason, or
// nullopt.
//
// Pure: ages in KnownInstance replace the clock, the limits are parameters. The command line, the API and the
// web page use the same functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topo/base/error.h"
#include "topo/model/instance.h"
#include "topo/topology/topology.h"

namespace topo {

struct Configuration;

// Why something is refused. The reason is a sentence that names the instances, without a full stop.
struct Refusal {
  std::string reason;
  Code code = Code::refused;  // locked: an instance is locked
  std::string_view result{};  // as Error::result()
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

// Configured limits that the rules depend on.
struct RuleLimits {
  std::chrono::seconds poll_interval{60};  // InstancePollSeconds
  std::chrono::seconds max_lag{20};        // ReasonableMaintenanceReplicationLagSeconds
  bool verify_filters = false;             // VerifyReplicationFilters
  bool has_pseudo_gtid = false;            // PseudoGTIDPattern is set
};
[[nodiscard]] RuleLimits rule_limits(const Configuration& configuration);

// Why the delay of a replica cannot be lifted while it has events that it has not executed. MySQL
// before 5.7.4 by GTID would delete its relay logs. MariaDB by file and position would report that it has
// executed all. Tried on servers: test/README.md.
[[nodiscard]] std::optional<Refusal> why_not_lift_delay(const Instance& replica);

// Whether the replica has received events that it has not executed, and is not connected to its master, so
// that they may be nowhere else: a statement that deletes its relay log would lose them.
[[nodiscard]] std::optional<Refusal> why_not_delete_relay_log(const Instance& replica);

// Whether `replica` could read, execute and log what `master` logs. The current state (threads, lag) is
// ignored. MySQL Reference Manual, "Replication Compatibility Between MySQL Versions"; MariaDB Knowledge
// Base, "Replication Compatibility".
[[nodiscard]] std::optional<Refusal> why_not_replicate(const Instance& replica, const Instance& master,
                                                       const RuleLimits& limits);

// Whether its replication leaves something out: Replicate_* options of its server or channel.
[[nodiscard]] bool has_filters(const Instance& replica);

// Whether the replica's last read succeeded and showed it connected to that master, on any channel.
[[nodiscard]] bool is_connected_to(const KnownInstance& replica, const InstanceKey& master) noexcept;

// Whether there is evidence that the master is dead, from fresh reads of it and its replicas: it does not
// answer, not even with an error, and no replica is connected to it; if the node that polls has read it
// lately (KnownInstance::polled_ago), a replica must also have lost its connection to it.
[[nodiscard]] std::optional<Refusal> why_not_dead(const Topology& topology, const KnownInstance& master);

// Whether the replica can be moved now: not locked, recently read, one channel, attached, both threads
// running, and neither its lag (SlaveLagQuery or Seconds_Behind_Master) nor its configured delay above the
// limit.
[[nodiscard]] std::optional<Refusal> why_not_move(const KnownInstance& replica, const RuleLimits& limits);

// Whether the replica can be matched by Pseudo-GTID: not locked, recently read, one channel, attached. Its
// master may be dead, and its threads may be stopped.
[[nodiscard]] std::optional<Refusal> why_not_match(const KnownInstance& replica, const RuleLimits& limits);
// Why a replica that is_side_replica_of() the master stays where it is when the master's replicas are moved.
[[nodiscard]] Refusal why_not_beside(const Instance& replica, const InstanceKey& master);

// What a replica holds in its relay log and could not execute.
struct HeldEvents {
  BinlogCoordinates from, to;  // in the log of its master
  std::string sentence;        // "db2:3306 has received events of db1:3306, from … to …, and …"
};
// Of a replica that an operation has made execute what it can; nullopt: it has executed all whole
// transactions.
[[nodiscard]] std::optional<HeldEvents> held_events(const Instance& replica);

// Whether another replica of the same master has executed what the replica holds, or is connected to that
// master and receives it. `other`: the other's channel; nullopt: it does not replicate.
[[nodiscard]] bool will_have(const HeldEvents& held, const ReplicationChannel& replica,
                             const std::optional<ReplicationChannel>& other) noexcept;

// The logs of the replica to compare with the binary log of `other`, best first: its own binary logs, unless
// it writes none, or writes another format than `other`.
[[nodiscard]] std::vector<LogType> logs_to_match_by(const Instance& replica, const Instance& other);

// Refuses an instance that is not a replica, or whose master has an unusable name: it could not be moved
// back.
[[nodiscard]] std::optional<Refusal> why_not_a_replica(const Instance& instance);

// Refuses a locked instance.
[[nodiscard]] std::optional<Refusal> why_not_unlocked(const KnownInstance& known);

// Whether `master` is the server that the replica last connected to as its master, by the server UUID, which
// both must report (MySQL 5.6 and newer): servers of two clusters often share a server id.
[[nodiscard]] bool was_last_master(const Instance& replica, const Instance& master);

// A sentence: why `master` is not the server that the replica last connected to as its master, by server UUID
// or server id. nullopt: it is, or this is unknown. The name of a master may lead to one server from the
// replica and to another from elsewhere.
[[nodiscard]] std::optional<std::string> why_not_last_master(const Instance& replica, const Instance& master);

// Refuses a replica with KnownInstance::master_in_doubt.
[[nodiscard]] std::optional<Refusal> why_not_sure_of_master(const KnownInstance& replica);

// Refuses changes of a ring of three or more masters: no member is moved, and no instance is moved below a
// member. `master` may be the current master of `replica`.
[[nodiscard]] std::optional<Refusal> why_not_by_large_ring(const Topology& topology,
                                                           const InstanceKey& replica,
                                                           const std::optional<InstanceKey>& master);

// Whether a master can be made a replica of its own replica: recently read, and not replicating.
[[nodiscard]] std::optional<Refusal> why_not_become_co_master(const KnownInstance& master,
                                                              const RuleLimits& limits);

// Whether `key` replicates from `ancestor`, directly or through others. False if both are the same instance,
// and if a master in between is unknown.
[[nodiscard]] bool is_descendant(const Topology& topology, const InstanceKey& key,
                                 const InstanceKey& ancestor);

// Impossible coordinates that encode the real ones: `//mysql-bin.000012:4711`, 4711 for mysql-bin.000012,
// 4711. The IO thread of a detached replica fails, and its real coordinates are not lost.
[[nodiscard]] BinlogCoordinates detached_coordinates(const BinlogCoordinates& real);
// The real coordinates; nullopt: not detached.
[[nodiscard]] std::optional<BinlogCoordinates> attached_coordinates(const BinlogCoordinates& exec);
[[nodiscard]] bool is_detached(const Instance& instance);

}  // namespace topo
