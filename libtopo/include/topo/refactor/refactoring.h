// Refactoring: moves replicas within a topology, safely.
//
// Every operation reads the servers concerned, checks the rules, locks the servers in the backend, acts,
// verifies the result, and writes it to the audit. A dry run ends before the locks.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "topo/base/error.h"
#include "topo/refactor/execution.h"
#include "topo/refactor/operation.h"
#include "topo/refactor/servers.h"
#include "topo/topology/planning.h"

namespace topo {

class Context;
class Store;

namespace refactor {

class Locks;
class Patience;

// Instances whose host:port the pattern matches anywhere, in RE2 syntax; for an empty pattern, an empty
// Filter. Throws Error{invalid_argument} for a pattern that does not compile.
[[nodiscard]] Filter matching(std::string_view pattern);
// The same for the host name without the port.
[[nodiscard]] Filter matching_host(std::string_view pattern);

// A server that was asked just now, in vain.
struct FailedRead {
  std::string error;
  ReadFailure failure = ReadFailure::unknown;
  std::optional<std::chrono::seconds> polled_ago{};  // as KnownInstance::polled_ago

  void apply_to(KnownInstance& known) const;
};
using FailedReads = std::unordered_map<InstanceKey, FailedRead>;
using GoodReads = std::unordered_map<InstanceKey, KnownInstance>;

struct OperationRequest {
  std::string owner;         // of the locks; "": MaintenanceOwner
  bool dry_run = false;      // only make the plan, change nothing
  Filter filter;             // selects replicas, for operations on several; empty: all
  Loss loss = Loss::refuse;  // of operations with Operation::may_lose
  // A master that may be alive counts as dead; of operations with Operation::may_be_forced.
  bool force = false;
  std::string asked_as{};     // the command that has chosen this operation, for the audit; "": itself
  bool promote = false;       // regroup-slaves: the candidate becomes the master, as Promotion::reset says
  bool allow_errant = false;  // ExecutionOptions::allow_errant
  bool end_clients = false;   // Takeover::ends_clients; of operations with Operation::may_end_clients
  // They are not asked again, which may take as long as a timeout.
  FailedReads silent{};
  // Read by the caller just now: the first plan is made from this. Under the locks they are read again.
  GoodReads just_read{};
  // The replication account that make_co_master sets on a master that has none.
  std::optional<mysql::ReplicationAccount> account{};
  // Called as soon as the operation has chosen its candidate.
  std::function<void(const InstanceKey& candidate)> on_candidate{};
  // Called with each plan: the first one, the one that is made under the locks, and again when it has
  // decided. If it throws, nothing is changed, or everything is rolled back.
  std::function<void(const Plan&)> check_plan{};
};

// Throws Error{locked} if an operation under way holds the lock of the server, and Error{backend}.
void require_not_under_way(Store& store, const InstanceKey& server);
void require_not_under_way(const Maintenance& held);
// Which master a recovery has put in the place of `failed` since that was last seen alive, a sentence; "":
// none. Throws Error{backend}.
[[nodiscard]] std::string why_replaced(Store& store, const KnownInstance& failed);
// Throws Error{refused} with why_replaced(): a second one must not be promoted. And Error{backend}.
void require_not_replaced(Store& store, const KnownInstance& failed);
// Throws Error{refused} if an operation whose process has ended may have put another master in the place of
// `failed`: one of its servers, as last read, is no replica, or could not be read. And Error{backend}.
void require_none_unfinished(Store& store, const InstanceKey& failed);

// KnownInstance::polled_ago of an instance that has just been asked in vain, by what the backend had before:
// nullopt if no node polls, or its last attempt failed, or is old. Throws Error{backend}.
[[nodiscard]] std::optional<std::chrono::seconds> polled_ago(Context& context, const KnownInstance& before);

// The progress of an operation that changes servers, for watchers.
struct Progress {
  enum class State { begun, step, step_done, step_failed, step_undone, done, failed };
  std::string operation;  // "move-below"
  InstanceKey subject;
  State state = State::begun;
  std::string text;      // the step that begins or has ended now, or the result
  std::string reason{};  // why the step failed
};

struct OperationReport {
  Plan plan;  // Plan::operation is the name of one of operations()
  bool was_dry_run = false;
  Outcome outcome;  // empty after a dry run
  // The instance that the operation was called for, in its new state.
  Instance subject;
  std::optional<InstanceKey> former_master;  // of the subject; nullopt: it had none
  // Recorded as a former master before its successor became writable.
  std::optional<InstanceKey> noted_replacement{};
  std::string audit_problem;  // why the audit lacks the operation so far; "": it was written
};

// An operation failed, and moved nothing: what became of each of its steps.
class OperationFailed : public Error {
 public:
  OperationFailed(Code code, const std::string& message, std::vector<StepReport> steps,
                  std::string_view result)
      : Error(code, message, result),
        steps_(std::make_shared<const std::vector<StepReport>>(std::move(steps))) {}
  // In the order of the plan.
  [[nodiscard]] const std::vector<StepReport>& steps() const noexcept { return *steps_; }

 private:
  std::shared_ptr<const std::vector<StepReport>> steps_;  // copying an exception must not throw
};

// Thread-safe. All operations throw Error: {not_found} for an unknown instance, {unreachable} or {timeout}
// for an instance that does not answer now, {refused} when a rule refuses, {locked} when another operation or
// person holds a lock, and OperationFailed with the code of the first failure when nothing was moved. The
// message then says that all was undone, or lists the leftovers. An operation on several replicas that moved
// at least one returns.
class Refactoring {
 public:
  using MakeServers = std::function<std::unique_ptr<Servers>()>;
  // Takes the servers as read after an operation, successful or not.
  using Take = std::function<void(const std::vector<Instance>&)>;

  // `context` must outlive the object. By default, operations use real servers.
  Refactoring(Context& context, Take take, MakeServers make_servers = nullptr);

  // The arguments must have known instances; resolve() makes them from names.
  OperationReport run(const Operation& operation, const OperationArguments& arguments,
                      const OperationRequest& request);
  // By name or alias. Also throws Error{not_found}.
  OperationReport run(std::string_view operation, const OperationArguments& arguments,
                      const OperationRequest& request) {
    return run(operation_named(operation), arguments, request);
  }

  // Called at the beginning of each operation, before and after each of its steps and at its end, from
  // several threads; not for dry runs. Set it before the first operation. Must not throw.
  void watch(std::function<void(const Progress&)> watcher) { watcher_ = std::move(watcher); }

  [[nodiscard]] ExecutionOptions execution_options() const;
  // For tests: called before each step.
  void on_step(std::function<void(const std::string&)> watcher) { on_step_ = std::move(watcher); }

  // The alias of the cluster passes to that of its new master. A backend that fails is written to later.
  void pass_alias(const std::string& former_cluster, const InstanceKey& master) const;
  // Records that `successor` took the place of `former`, unless that is a replica by now
  // (topology/former_master.h), and of all whose place `former` had taken. A backend that fails is written to
  // later.
  void note_former_master(const InstanceKey& former, const InstanceKey& successor) const;
  // Ends the record of the former master, if there is one. A backend that fails is written to later.
  void end_former_master(const InstanceKey& former) const;

 private:
  struct Facts;

  struct Run;  // an operation that is being executed
  using Planned = std::pair<Plan, Facts>;
  // Returns the instances to read now, from a topology of known data.
  using Concerned = std::function<std::vector<InstanceKey>(const Topology&)>;

  OperationReport run_unnamed(const Operation& operation, const OperationArguments& arguments,
                              const OperationRequest& request);
  // Reads the servers and makes the plan; `own_locks` are not an obstacle.
  [[nodiscard]] Planned plan(Run& run, const std::vector<std::int64_t>& own_locks) const;
  // Locks, reads and plans again, then executes.
  void execute_plan(Run& run, OperationReport& report);
  void execute_locked(Run& run, OperationReport& report, Locks& locks, const Facts& facts);
  // Stores the servers as read after execution in the backend and the report.
  void record(OperationReport& report);
  void settle_former_masters(const OperationReport& report) const;
  void require_still_dead(Servers& servers, const InstanceKey& dead_master) const;
  void note_replacement(const Plan& plan, OperationReport& report) const;
  void withdraw_replacement(const OperationReport& report) const;
  // Writes the audit; throws when nothing was moved.
  void conclude(Run& run, OperationReport& report);
  void report_progress(const Run& run, Progress::State state, std::string text) const;
  void report_step_end(const Run& run, const StepReport& step) const;
  void log_steps(const OperationReport& report) const;

  void read(Servers& servers, const std::vector<InstanceKey>& keys, Facts& facts) const;
  void await_broken_connections(Servers& servers, const InstanceKey& master, Facts& facts) const;
  // Does not read again servers that did not answer the first time: a dead server costs its timeout once.
  [[nodiscard]] Facts read_facts(Servers& servers, const InstanceKey& subject, const Concerned& concerned,
                                 const std::vector<std::int64_t>& own_locks, const FailedReads& silent,
                                 const GoodReads& just_read) const;
  [[nodiscard]] std::optional<std::chrono::seconds> measured_lag(Servers& servers,
                                                                 const InstanceKey& key) const;
  void note_locks(Facts& facts, const std::vector<std::int64_t>& own) const;
  static void note_doubts(Facts& facts);
  void note_rings_above(Servers& servers, Facts& facts) const;
  void require_no_loop(Servers& servers, const Facts& facts, const Plan& plan,
                       const std::vector<std::int64_t>& own) const;
  void release_dead() const;
  void note_other_name(const std::pair<InstanceKey, InstanceKey>& other_name,
                       std::vector<Instance>& now) const;
  void throw_if_locked(const Facts& facts, const Error& refusal) const;
  void preview(Servers& servers, Plan& plan, const Facts& facts, bool allow_errant) const;
  static void preview_decision(Servers& servers, Plan& plan, std::unordered_map<InstanceKey, Instance>& then);
  // Returns why the audit lacks the operation, which is then written later; "": it was written.
  [[nodiscard]] std::string audit(const OperationReport& report, const std::string& failure,
                                  Patience& patience) const;
  Context& context_;
  const Take take_;
  const MakeServers make_servers_;
  std::function<void(const std::string&)> on_step_;
  std::function<void(const Progress&)> watcher_;
};

}  // namespace refactor
}  // namespace topo
