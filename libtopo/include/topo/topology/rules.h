// What may replicate from what, and what may be moved now. Each rule says no with its reason, or nothing.
//
// Pure: the clock is in KnownInstance's ages, the limits are parameters. The command line, the API and the
// web page ask the same functions.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "topo/base/error.h"
#include "topo/topology/instance.h"
#include "topo/topology/topology.h"

namespace topo {

struct Configuration;

// Why something may not be. The reason is a sentence that names the instances, without a full stop.
struct Refusal {
  std::string reason;
  Code code = Code::refused;  // locked: somebody else works on an instance
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

// Configured limits that the rules depend on.
struct RuleLimits {
  std::chrono::seconds poll_interval{60};  // InstancePollSeconds
  std::chrono::seconds most_lag{20};       // ReasonableMaintenanceReplicationLagSeconds
  bool verify_filters = false;             // VerifyReplicationFilters
  bool has_pseudo_gtid = false;            // PseudoGTIDPattern is set
};
[[nodiscard]] RuleLimits rule_limits(const Configuration& configuration);

// Whether `replica` could read, execute and log what `master` logs. What is going on just now (threads, lag)
// does not count. MySQL Reference Manual, "Replication Compatibility Between MySQL Versions"; MariaDB
// Knowledge Base, "Replication Compatibility".
[[nodiscard]] std::optional<Refusal> why_not_replicate(const Instance& replica, const Instance& master,
                                                       const RuleLimits& limits);

// Whether the replica is in a state to be moved: not locked, read lately, one channel, attached, both threads
// running, not lagging more than the limit, by SlaveLagQuery or by Seconds_Behind_Master, and not delayed by
// more either.
[[nodiscard]] std::optional<Refusal> why_not_move(const KnownInstance& replica, const RuleLimits& limits);

// Whether the replica is in a state to be matched by Pseudo-GTID: not locked, read lately, one channel,
// attached. Its master may be dead, and its threads may have ended.
[[nodiscard]] std::optional<Refusal> why_not_match(const KnownInstance& replica, const RuleLimits& limits);

// Which logs of the replica to compare with the binary log of the other, the better ones first: its own
// binary logs, unless it writes none, or writes in another format than the other.
[[nodiscard]] std::vector<LogType> logs_to_match_by(const Instance& replica, const Instance& other);

// Of a server that replicates from none, or from what names none: nothing could lead it back there.
[[nodiscard]] std::optional<Refusal> why_not_a_replica(const Instance& instance);

// Whether an operation may work on the instance: nobody else has locked it.
[[nodiscard]] std::optional<Refusal> why_not_unlocked(const KnownInstance& known);

// Whether `master` is the server that the replica last connected to as its master, by the UUID, which both
// have to tell (MySQL 5.6 and newer): servers of two clusters often have a server id in common.
[[nodiscard]] bool was_last_master(const Instance& replica, const Instance& master);

// Why `master` is not the server that the replica last connected to as its master, in a sentence, by the
// same. nullopt: it is, or it is not known. The name of a master may lead a replica elsewhere than whoever
// else asks for it.
[[nodiscard]] std::optional<std::string> why_not_last_master(const Instance& replica, const Instance& master);

// Whether the replica's master is the instance that it seems to be: KnownInstance::master_in_doubt.
[[nodiscard]] std::optional<Refusal> why_not_sure_of_master(const KnownInstance& replica);

// Whether a ring of three or more masters stays as it is when `replica` goes below `master`, which may be the
// one that it has: no member of one is moved, nor is anything moved below a member.
[[nodiscard]] std::optional<Refusal> why_not_by_large_ring(const Topology& topology,
                                                           const InstanceKey& replica,
                                                           const InstanceKey& master);

// Whether a master can be made a replica of its own replica: read lately, and replicating from nobody.
[[nodiscard]] std::optional<Refusal> why_not_become_co_master(const KnownInstance& master,
                                                              const RuleLimits& limits);

// Whether `key` replicates from `ancestor`, be it through others. False for one and the same, and where
// masters on the way are not known.
[[nodiscard]] bool is_descendant(const Topology& topology, const InstanceKey& key,
                                 const InstanceKey& ancestor);

// A detached replica stands at a place that no log has: `//mysql-bin.000012:4711`, 4711 for a real
// mysql-bin.000012, 4711, so that its IO thread fails and the place is not lost.
[[nodiscard]] BinlogCoordinates detached_coordinates(const BinlogCoordinates& real);
// The real place; nullopt: it is not detached.
[[nodiscard]] std::optional<BinlogCoordinates> attached_coordinates(const BinlogCoordinates& exec);
[[nodiscard]] bool is_detached(const Instance& instance);

}  // namespace topo
