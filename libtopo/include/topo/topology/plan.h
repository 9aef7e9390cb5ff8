// Plan: what an operation is going to do to servers, step by step. It is made by rules from what is known
// (planning.h), printed by a dry run, and carried out as it stands by refactor/.
//
// Positions in binary logs are not in it: they are found out on the way, from what the servers say after they
// have stopped. A step says where its position comes from.
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

// Where in a binary log.
struct Place {
  enum class Kind {
    executed,  // what `of` has executed of its master's log
    log_end,   // where the binary log of `of` ends
    matched,   // where in the binary log of `of` the replica stands, found by Pseudo-GTID
  };
  Kind kind = Kind::executed;
  InstanceKey of;
};

struct StopReplication {
  InstanceKey server;
};
// Those threads that ran before the plan stopped them; or both, whatever ran.
struct StartReplication {
  InstanceKey server;
  bool both = false;
};
// Fetches no more, executes all that was fetched, and stops.
struct DrainRelayLog {
  InstanceKey server;
  bool as_far_as_it_goes = false;  // one that cannot execute all, or is delayed on purpose, is just stopped
};
// Lets a stopped server execute its master's log up to there, and no further.
struct RunUntil {
  InstanceKey server;
  Place until;
};
// Lets a stopped server run until where the furthest of `others` is, which replicate from the same master.
struct CatchUp {
  InstanceKey server;
  std::vector<InstanceKey> others;
};
// Waits for a server that replicates and goes on doing so.
struct WaitUntil {
  InstanceKey server;
  Place until;
};
struct ChangeMaster {
  InstanceKey server, master;
  Place from;            // not used by GTID
  bool by_gtid = false;  // the servers find the place themselves
  bool master_may_be_down = false;
  bool with_account = false;  // it is told an account to replicate with, too
};
// It replicates from nobody any more. Cannot be undone: its account for replication goes with it.
struct ForgetMaster {
  InstanceKey server;
};
// To the place that detached_coordinates() tells, or from there back.
struct Detach {
  InstanceKey server;
};
struct Reattach {
  InstanceKey server;
};
// One transaction of the master's log is left out.
struct SkipTransaction {
  InstanceKey server;
};
// What the plan stopped stays so: it is going to be a master.
struct StayStopped {
  InstanceKey server;
};
struct SetReadOnly {
  InstanceKey server;
  bool read_only = true;
};
struct KillQuery {
  InstanceKey server;
  std::uint64_t process = 0;
};
using Step =
    std::variant<StopReplication, StartReplication, RunUntil, CatchUp, WaitUntil, ChangeMaster, DrainRelayLog,
                 ForgetMaster, Detach, Reattach, SkipTransaction, StayStopped, SetReadOnly, KillQuery>;

// What can only be said of replicas when it is known how far each of them has come.
struct Decision {
  InstanceKey candidate;  // whom the others go below
  struct Move {
    InstanceKey replica, master;  // invalid: it replicates no more
    std::vector<Step> steps;
  };
  std::vector<Move> moves;
  // Why others do not, which then run again where they are.
  std::vector<std::pair<InstanceKey, Refusal>> refused;
  std::vector<Step> after;
};
using Decide = std::function<Decision(const std::vector<Instance>& prepared)>;

// The steps for one replica; the strands of a plan are carried out side by side. When one fails, it alone is
// taken back.
struct Strand {
  InstanceKey replica;
  std::vector<Step> prepare, move;
};

struct Lock {
  InstanceKey server;
  std::string reason;
  bool beside_maintenance = false;  // one that a person holds is no obstacle; that of an operation is
};

// In this order: `before`, every strand's `prepare`, `decide`, `between`, every strand's `move`, `after`.
// When a step of `before` or `between` or the decision fails, everything is taken back, and there is no
// `after`. A strand without `move` only prepares.
struct Plan {
  std::string operation;  // "move-up"
  InstanceKey subject;    // what the operation was asked to work on
  std::vector<Lock> locks;
  std::vector<Step> before, between, after;
  std::vector<Strand> strands;
  // Pure; from the replicas as they are when they are prepared. Empty: the plan is complete as it is.
  Decide decide;
  std::string decision;   // what it is going to decide, in words
  InstanceKey candidate;  // once it is decided
  // Replicas that the operation was asked to move and that the rules do not let it move.
  std::vector<std::pair<InstanceKey, Refusal>> refused;
  // The topology afterwards: replica and master.
  std::vector<std::pair<InstanceKey, InstanceKey>> result;
  // A master's name in `result` that was proven to be another one of an instance that is known: that one.
  std::optional<std::pair<InstanceKey, InstanceKey>> other_name{};
};

// Makes the plan complete.
void apply(Decision decision, Plan& plan);

// "db2:3306: stop replication".
[[nodiscard]] std::string describe(const Step& step);
// All of it, a line a step, in the order in which it is carried out; without a final newline.
[[nodiscard]] std::string describe(const Plan& plan);
// The server that a step is about.
[[nodiscard]] const InstanceKey& server_of(const Step& step);

// In the order in which they are carried out, but for strands, which are side by side.
template <typename Visit>
void for_each_step(const Plan& plan, const Visit& visit) {
  for (const auto& step : plan.before) visit(step);
  for (const auto& strand : plan.strands)
    for (const auto& step : strand.prepare) visit(step);
  for (const auto& step : plan.between) visit(step);
  for (const auto& strand : plan.strands)
    for (const auto& step : strand.move) visit(step);
  for (const auto& step : plan.after) visit(step);
}

// The servers that the plan changes, stops or waits for, each once, in the order in which it does.
[[nodiscard]] std::vector<InstanceKey> touched_by(const Plan& plan);

}  // namespace topo
