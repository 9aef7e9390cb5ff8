// Planning: turns a requested change into a Plan, or refuses it with a reason.
//
// Pure: the topology contains the known servers of one cluster; the servers concerned have just been read.
// Every function throws Error{not_found} for an instance that is not in the topology, Error{refused} with the
// sentence of the rule that refuses, and Error{locked} if an instance is locked. An operation on several
// replicas does not move locked replicas, just like those that another rule refuses.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "topo/topology/gtids.h"
#include "topo/topology/plan.h"
#include "topo/topology/rules.h"
#include "topo/topology/topology.h"

namespace topo {

// Selects the replicas of an operation on several; empty: all.
using Filter = std::function<bool(const InstanceKey&)>;

// The replica becomes a sibling of its master. The master need not be replicating; the grandparent is not
// contacted.
[[nodiscard]] Plan plan_move_up(const Topology& topology, const InstanceKey& replica,
                                const RuleLimits& limits);

// All replicas of `master` that pass the filter become its siblings; the master is stopped once. Replicas
// that a rule refuses are not moved and are listed in the plan with the reason; refused if none can be moved.
// Without replicas to move the plan has no steps, here and below.
[[nodiscard]] Plan plan_move_up_replicas(const Topology& topology, const InstanceKey& master,
                                         const Filter& filter, const RuleLimits& limits);

// The replica moves below its sibling.
[[nodiscard]] Plan plan_move_below(const Topology& topology, const InstanceKey& replica,
                                   const InstanceKey& sibling, const RuleLimits& limits);

// All siblings of `replica` move below it, except those that a rule refuses.
[[nodiscard]] Plan plan_enslave_siblings(const Topology& topology, const InstanceKey& replica,
                                         const RuleLimits& limits);

// The replica and its master, itself a replica, swap places. Both keep their other replicas; the master's
// master need not be alive.
[[nodiscard]] Plan plan_enslave_master(const Topology& topology, const InstanceKey& replica,
                                       const RuleLimits& limits);

// The replica resumes at the same coordinates below `master` (nullopt: its current master): for a master that
// was renamed, for damaged relay logs, and from or to a binlog server. Coordinates in one server's log are
// meaningless in another server's log. Therefore refused unless the replica uses GTID; or `is_same_server`
// says that both names were proven to lead to one server; or no server answers under the old name (nullopt),
// its instance has been forgotten, and the replica reports that its master was the server at the new name.
[[nodiscard]] Plan plan_repoint(const Topology& topology, const InstanceKey& replica,
                                const std::optional<InstanceKey>& master, const RuleLimits& limits,
                                std::optional<bool> is_same_server = false);

// plan_repoint without a new master, for all replicas of `master` that pass the filter.
[[nodiscard]] Plan plan_repoint_replicas(const Topology& topology, const InstanceKey& master,
                                         const Filter& filter, const RuleLimits& limits);

// The replica's master, which is not a replica, replicates from the replica too.
[[nodiscard]] Plan plan_make_co_master(const Topology& topology, const InstanceKey& replica,
                                       const RuleLimits& limits);

// --- By Pseudo-GTID: for replicas whose master may be dead; it is not contacted then. Refused if
// PseudoGTIDPattern is not set, except for replicas that use GTID, which find their position themselves.

// The replica moves below any other instance that has executed at least as much and is not its descendant.
[[nodiscard]] Plan plan_match_below(const Topology& topology, const InstanceKey& replica,
                                    const InstanceKey& other, const RuleLimits& limits);

// The replica becomes a sibling of its master.
[[nodiscard]] Plan plan_match_up(const Topology& topology, const InstanceKey& replica,
                                 const RuleLimits& limits);

// The replica is matched below its own master again, for example after a crash that lost its coordinates.
[[nodiscard]] Plan plan_rematch(const Topology& topology, const InstanceKey& replica,
                                const RuleLimits& limits);

// All replicas of `master` that pass the filter move below `below`, which may be one of them.
[[nodiscard]] Plan plan_multi_match(const Topology& topology, const InstanceKey& master,
                                    const InstanceKey& below, const Filter& filter, const RuleLimits& limits);

// All replicas of `master` that pass the filter become its siblings.
[[nodiscard]] Plan plan_match_up_replicas(const Topology& topology, const InstanceKey& master,
                                          const Filter& filter, const RuleLimits& limits);

// What happens when a replica of a dead master has events, executed or in its relay log, that the new master
// lacks.
enum class Loss {
  refuse,  // the operation is undone
  accept,  // it goes on, and leaves such replicas and their relay logs as they are
};

// Whether a master that must be dead has to be seen dead: why_not_dead(). One that was read just now is never
// presumed dead.
enum class Evidence { required, waived };

// What becomes of the replica that takes the place of a dead master.
enum class Promotion {
  none,     // it stays below the dead master, and keeps its read_only
  stopped,  // it is writable, and its replication is stopped: a restart of the server starts it again
  reset,    // it is writable, and has no master any more (ApplyMySQLPromotionAfterMasterFailover)
};

// How a dead master is replaced.
struct Replacement {
  Loss loss = Loss::refuse;
  Evidence evidence = Evidence::required;
  Promotion promotion = Promotion::none;
  Filter denied{};  // instances that may not be chosen
};

// Regroups the replicas of `master` below the candidate that has executed most and can serve the others. It
// is chosen when all replicas have executed what they have received (see rank_candidates). Replicas of an
// intermediate master that have more than the candidate are not moved; `loss` is about other masters. Without
// a promotion, the master may also be one that can be read: Plan::caution then says so. With a promotion, of
// one of two co-masters: plan_recover_co_master().
[[nodiscard]] Plan plan_regroup_replicas(const Topology& topology, const InstanceKey& master,
                                         const Replacement& how, const RuleLimits& limits);

// Recovers from the death of one of two co-masters. All its replicas, the living co-master too, execute what
// they have received; then it is decided at once where the replicas go and which server is the only master:
//
//   the living co-master                       the master      the others
//   read-only, has all that any replica that   it              the replicas go below it
//     can be read has received
//   read-only, lacks something, or cannot be   the best of     the other replicas go below that one, and so
//     a master (why_not_candidate)             the replicas    does the co-master, if it has nothing more
//   takes writes, has all                      it              the replicas go below it
//   takes writes, lacks something              it              refused; with Loss::accept replicas that have
//                                                              more are left, and the others go below it
//   cannot be read, and is dead as well        the best of     the other replicas go below that one
//     (why_not_dead)                           the replicas
//   cannot be read, and may be alive           refused, unless evidence is waived
//
// The master becomes writable, also with Promotion::none, which is taken for Promotion::stopped; with
// Promotion::reset its replication from the dead one is reset. What the living co-master lacks is said by
// GTID where both have GTIDs, and by coordinates in the log of the dead one. The replicas are matched below a
// co-master by Pseudo-GTID or GTID; without either, where its log ends only if both have executed the same
// and it is read-only: what it wrote itself may not have come to them. A server that is left is in
// Plan::refused.
[[nodiscard]] Plan plan_recover_co_master(const Topology& topology, const InstanceKey& dead,
                                          const Replacement& how, const RuleLimits& limits);

// Promotes the replica of a dead master, and moves its siblings below it. Unless loss is accepted, refused if
// a sibling has more. Promotion::none is taken for Promotion::stopped.
[[nodiscard]] Plan plan_make_master(const Topology& topology, const InstanceKey& replica,
                                    const Replacement& how, const RuleLimits& limits);

// The replica replaces its master below its grandparent, and its siblings move below it. Refused if a sibling
// is ahead of it. The master is not contacted.
[[nodiscard]] Plan plan_make_local_master(const Topology& topology, const InstanceKey& replica,
                                          const RuleLimits& limits);

// How a master that is alive passes its place to one of its replicas.
struct Takeover {
  bool starts_demoted = false;  // the former master replicates at once; otherwise it is left stopped
  bool accepts_errant = false;  // the successor may have transactions, by GTID, that the master lacks
  bool ends_clients = false;    // the connections of clients of the master are ended
  Filter denied{};              // instances that may not be chosen; one that is named may be
};

// The replica (nullopt: the best of rank_candidates) becomes the master instead of `master`, which becomes
// read-only first and a replica of it last; the other replicas move below it. Replicas that are locked or
// cannot be read stay where they are; one that a rule refuses refuses the whole. `master` may be the writable
// one of two co-masters: then only the other one can take its place, and all servers replicate as before:
// what is below a co-master gets what either of them logs.
[[nodiscard]] Plan plan_takeover(const Topology& topology, const InstanceKey& master,
                                 const std::optional<InstanceKey>& successor, const Takeover& how,
                                 const RuleLimits& limits);

// A former master becomes a replica of `master`, which has taken its place. It becomes read-only, and stays
// so when it has something that `master` lacks: the step then fails, and says what. Its position is found by
// GTID when the replicas of `master`, or `master` itself before, use it, otherwise by Pseudo-GTID.
[[nodiscard]] Plan plan_rejoin(const Topology& topology, const InstanceKey& former, const InstanceKey& master,
                               const RuleLimits& limits);

// The instance that takes the writes of the cluster of `instance`: the topmost one, or of two co-masters the
// writable one. Throws Error{refused} if both or none of them are writable, or its master is not known.
[[nodiscard]] const KnownInstance& master_of_cluster(const Topology& topology, const InstanceKey& instance);

// --- Replication of one instance

[[nodiscard]] Plan plan_stop_replication(const Topology& topology, const InstanceKey& replica);
// Stops replication once all that was received is executed.
[[nodiscard]] Plan plan_stop_nicely(const Topology& topology, const InstanceKey& replica);
[[nodiscard]] Plan plan_start_replication(const Topology& topology, const InstanceKey& replica);
[[nodiscard]] Plan plan_restart_replication(const Topology& topology, const InstanceKey& replica);
// Skips the transaction that broke replication. Refused if the skip counter may not be set because of GTID.
[[nodiscard]] Plan plan_skip_query(const Topology& topology, const InstanceKey& replica);
[[nodiscard]] Plan plan_reset_replica(const Topology& topology, const InstanceKey& replica,
                                      Loss loss = Loss::refuse);
// Both return a plan without steps if there is nothing to do. A detached replica stays stopped; a reattached
// replica runs.
[[nodiscard]] Plan plan_detach_replica(const Topology& topology, const InstanceKey& replica,
                                       Loss loss = Loss::refuse);
[[nodiscard]] Plan plan_reattach_replica(const Topology& topology, const InstanceKey& replica);
[[nodiscard]] Plan plan_set_read_only(const Topology& topology, const InstanceKey& instance, bool read_only);
// Switches a side of semi-synchronous replication. A replica side restarts replication if its IO thread runs;
// one that is as wanted is left alone. Refused if its plugin is not loaded.
enum class SemiSyncSide { source, replica };
[[nodiscard]] Plan plan_set_semi_sync(const Topology& topology, const InstanceKey& instance,
                                      SemiSyncSide side, bool on);
[[nodiscard]] Plan plan_kill_query(const Topology& topology, const InstanceKey& instance,
                                   std::uint64_t process);

// The largest number of empty transactions that one operation commits.
inline constexpr std::uint64_t max_injected = 3000;
// The writeable master above the replica, which is to have its errant transactions as empty ones. Throws
// Error{refused} if there is none, or a MariaDB server is concerned.
[[nodiscard]] InstanceKey master_to_inject(const Topology& topology, const InstanceKey& replica);
// Both: with the errant transactions that are known; set_errant() makes the plan complete.
[[nodiscard]] Plan plan_inject_empty(const Topology& topology, const InstanceKey& replica);
[[nodiscard]] Plan plan_forget_errant(const Topology& topology, const InstanceKey& replica);
// Throws Error{refused} if they are too many to be injected.
void set_errant(const GtidLead& errant, Plan& plan);

// Adds to its shortcomings what replicas no longer get because of the replication filters of their new
// masters; of a candidate that is decided later, the choice has said so.
void note_filters(const Topology& topology, Plan& plan);

}  // namespace topo
