// Plan: what an operation will do to servers, step by step. Rules make it from known facts (planning.h), a
// dry run prints it, and refactor/ executes it unchanged.
//
// A plan has no positions in binary logs: they are determined during execution, from servers that have
// stopped. A step names the source of its position.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "topo/base/instance_key.h"
#include "topo/topology/rules.h"

namespace topo {

// A position in a binary log.
struct PlanCoordinates {
  enum class Kind {
    executed,  // what `of` has executed of its master's log
    log_end,   // where the binary log of `of` ends
    matched,   // the replica's position in the binary log of `of`, found by Pseudo-GTID
  };
  Kind kind = Kind::executed;
  InstanceKey of;
};

struct StopReplication {
  InstanceKey server;
};
// Starts the threads that ran before the plan stopped them; with `both`, starts both threads.
struct StartReplication {
  InstanceKey server;
  bool both = false;
};
// Stops receiving, executes all that was received, and stops.
struct DrainRelayLog {
  InstanceKey server;
  // A server that cannot execute all, or has a configured delay, goes on as before until its master is
  // changed; its channel says why (why_not_drained).
  bool as_far_as_it_goes = false;
  // A configured delay is lifted for as long as that takes.
  bool lifts_delay = false;
  // How fit it is to become the master of the others (standings()). One that executes what it can ends
  // early when another one, at least as fit and not unfit (0), has executed all that it has received.
  unsigned standing = 0;
  // Then what it has executed by GTID and its read_only are read again, for the decision.
  bool reads_gtids = false;
};
// Lets a stopped server execute its master's log up to the position, and no further.
struct RunUntil {
  InstanceKey server;
  PlanCoordinates until;
};
// Lets a stopped server run up to the position of the most advanced of `others`, replicas of the same master.
struct CatchUp {
  InstanceKey server;
  std::vector<InstanceKey> others;
};
// Waits for a server that replicates and keeps replicating.
struct WaitUntil {
  InstanceKey server;
  PlanCoordinates until;
};
// Waits until the server has executed all that its master has logged, and stops it there. Fails if the
// master, which must be read-only, goes on writing.
struct CatchUpWithMaster {
  InstanceKey server, master;
};
// Fails if transactions of XA are prepared on the server, or if clients have open transactions that they can
// commit although it is read-only, and do not end them in time. If that is not known, it is said.
struct CheckPrepared {
  InstanceKey server;
};
// Fails if the server has executed transactions, by GTID, that `other` has not.
struct CompareGtids {
  InstanceKey server, other;
};
struct ChangeMaster {
  InstanceKey server, master;
  PlanCoordinates from;  // not used by GTID
  bool by_gtid = false;  // the servers find the position themselves
  bool master_may_be_down = false;
  bool with_account = false;  // also sets a replication account
  // What the server has received and not executed may go, as the new master has it or loss is accepted.
  // Otherwise the step refuses a server that was drained and holds such events (held_events()): the relay
  // log, which is deleted, may be the only copy.
  bool drops_received = false;
  // The server was a master until now. Fails if it has logged anything since the plan last read the end of
  // its binary log: no other server would have that.
  bool demotes = false;
};
// Makes the server forget its master. Cannot be undone: the replication account is lost too.
struct ForgetMaster {
  InstanceKey server;
  bool only_if_executed = false;  // refused by why_not_delete_relay_log()
};
// Detach sets the coordinates that detached_coordinates() returns; Reattach restores the real ones.
struct Detach {
  InstanceKey server;
  bool only_if_executed = false;  // as in ForgetMaster
};
struct Reattach {
  InstanceKey server;
};
// Skips one transaction of the master's log.
struct SkipTransaction {
  InstanceKey server;
};
// Leaves the threads that the plan stopped stopped: the server becomes a master.
struct StayStopped {
  InstanceKey server;
};
struct SetReadOnly {
  InstanceKey server;
  bool read_only = true;
  // Also for accounts with SUPER: super_read_only, where the server has it, and the event scheduler is
  // stopped, as events run with the rights of the accounts that made them.
  bool for_all = false;
  bool ends_clients = false;       // ends the connections of clients, before and after
  bool could_end_clients = false;  // the user can ask for that
};
// Starts the event scheduler if the plan has stopped that of `as`.
struct StartEvents {
  InstanceKey server, as;
};
// Changes settings of semi-synchronous replication. A replica side that is switched takes effect when its IO
// thread starts.
struct SetSemiSync {
  InstanceKey server;
  SemiSyncChange change;
  // A failure is reported, and the plan goes on: a promotion must not depend on it.
  bool may_fail = false;
};
struct KillQuery {
  InstanceKey server;
  std::uint64_t process = 0;
};
// Commits an empty transaction for each of these GTIDs on a MySQL master that does not have them. Cannot be
// undone.
struct InjectEmpty {
  InstanceKey server, origin;  // origin: the replica whose errant transactions they are
  std::string gtids;           // "": the execution is to find out
};
// Makes a stopped server forget errant transactions, and deletes its binary logs. Cannot be undone.
struct ForgetTransactions {
  InstanceKey server;
  std::string errant;  // as Instance::errant_gtids; "": the execution is to find out
};
using Step = std::variant<StopReplication, StartReplication, RunUntil, CatchUp, WaitUntil, CatchUpWithMaster,
                          CompareGtids, CheckPrepared, ChangeMaster, DrainRelayLog, ForgetMaster, Detach,
                          Reattach, SkipTransaction, StayStopped, SetReadOnly, StartEvents, SetSemiSync,
                          KillQuery, InjectEmpty, ForgetTransactions>;

// What the plan can decide only when the executed coordinates of each replica are known.
struct Decision {
  std::optional<InstanceKey> candidate;  // the new master of the others
  std::vector<std::string> reasons;      // a sentence for each replica that was not chosen, and why
  std::string outcome{};                 // what was decided, as a sentence; "": `candidate` says it all
  struct Move {
    InstanceKey replica;
    std::optional<InstanceKey> master;  // nullopt: the replica stops replicating
    std::vector<Step> steps;
  };
  std::vector<Move> moves;
  // Replicas that do not move, and why; they replicate from their old master again.
  std::vector<std::pair<InstanceKey, Refusal>> refused;
  // How the candidate gets what it lacks and another replica has, before it is promoted.
  std::vector<Step> catch_up;
  std::vector<Step> promotion, after;
  std::vector<std::string> shortcomings;  // as in Plan
};
// A replica that takes no part in a decision, though it can be read: a rule leaves it where it is, or it
// could not be prepared.
struct LeftReplica {
  Instance replica;  // as last known
  std::string reason;
};
using Decide = std::function<Decision(const std::vector<Instance>& prepared,
                                      const std::vector<LeftReplica>& unprepared)>;

// The steps for one replica. The strands of a plan are executed in parallel; when a strand fails, only that
// strand is undone.
struct ReplicaSteps {
  InstanceKey replica;
  std::vector<Step> prepare, move;
  bool is_last = false;  // it moves when all others have
};

struct Lock {
  InstanceKey server;
  std::string reason;
  bool beside_maintenance = false;  // a person's lock is not an obstacle; an operation's lock is
};

// Execution order: `before`, every strand's `prepare`, `decide`, `between`, `promotion`, every strand's
// `move`, `after`. When `before`, `between`, the decision or the first step of `promotion` fails, everything
// is undone and `after` is skipped. That first step, not counting those that may fail, is the point of no
// return: nothing before it is undone afterwards. A strand without `move` only prepares.
struct Plan {
  std::string operation;  // "move-up"; set by the caller of the planning function, for messages
  InstanceKey subject;    // the instance the operation was called for
  std::vector<Lock> locks;
  std::vector<Step> before, between, promotion, after;
  std::vector<ReplicaSteps> replica_steps;
  // Pure; takes the replicas as read after `prepare`, and those that failed there. Empty: the plan is already
  // complete.
  Decide decide;
  std::string decision;                  // describes what `decide` will do
  std::optional<InstanceKey> candidate;  // set when decided
  bool accepts_errant = false;           // what is moved may have transactions that its new master lacks
  bool is_chosen = false;                // the candidate, by the plan: nobody has named it
  std::vector<std::string> reasons;      // the same
  std::vector<std::string> notes;        // a sentence each
  std::vector<std::string> refusals;     // why it will be refused, as the servers are now; of a dry run
  // What it goes on without or with less of, a sentence each; also in the report.
  std::vector<std::string> shortcomings;
  bool promotes = false;  // the candidate becomes the master of the cluster
  // A sentence: why the master that the plan presumes dead may be alive; "": nothing says that it is.
  std::string caution{};
  bool is_forced = false;  // evidence of its death was waived; set by the caller of the planning function
  std::string asked_as{};  // the command that has chosen the operation; "": itself; set as is_forced
  // Replicas that the operation was asked to move, but that a rule refuses.
  std::vector<std::pair<InstanceKey, Refusal>> refused;
  // The topology afterwards: replica and master.
  std::vector<std::pair<InstanceKey, InstanceKey>> result;
  // A master's name in `result` that was proven to be another name of a known instance, and that instance.
  std::optional<std::pair<InstanceKey, InstanceKey>> other_name{};
};

// Completes the plan.
void apply(Decision decision, Plan& plan);

// "db2:3306: stop replication".
[[nodiscard]] std::string describe(const Step& step);
// The whole plan, one line per step, in execution order; without a final newline.
[[nodiscard]] std::string describe(const Plan& plan);
// Its failure is reported, and the plan goes on.
[[nodiscard]] bool may_fail(const Step& step);
// The server that a step is about.
[[nodiscard]] const InstanceKey& server_of(const Step& step);

// In execution order, except that strands are executed in parallel.
template <typename Visit>
void for_each_step(const Plan& plan, const Visit& visit) {
  for (const auto& step : plan.before) visit(step);
  for (const auto& steps : plan.replica_steps)
    for (const auto& step : steps.prepare) visit(step);
  for (const auto& step : plan.between) visit(step);
  for (const auto& step : plan.promotion) visit(step);
  for (const auto& steps : plan.replica_steps)
    for (const auto& step : steps.move) visit(step);
  for (const auto& step : plan.after) visit(step);
}

// The servers that the plan changes, stops or waits for, each once, in execution order.
[[nodiscard]] std::vector<InstanceKey> touched_by(const Plan& plan);

}  // namespace topo
