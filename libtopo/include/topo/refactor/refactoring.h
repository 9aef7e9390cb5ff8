// Refactoring: moving replicas about a topology, safely.
//
// Every operation reads the servers concerned now, asks the rules, locks them in the backend, acts, looks
// whether it works, and writes to the audit what came of it. A dry run ends before the locks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "topo/refactor/execution.h"
#include "topo/refactor/servers.h"
#include "topo/topology/planning.h"

namespace topo {

class Context;
class Store;

namespace refactor {

class Patience;

// Instances whose host:port the pattern matches anywhere, in RE2 syntax; an empty pattern: an empty Filter.
// Throws Error{invalid_argument} for one that does not compile.
[[nodiscard]] Filter matching(std::string_view pattern);
// The same for the host name alone.
[[nodiscard]] Filter matching_host(std::string_view pattern);

struct Request {
  std::string owner;     // of the locks; "" is MaintenanceOwner
  bool dry_run = false;  // make the plan, touch nothing
  Filter filter;         // which replicas, for operations on several; empty: all
  // What make_co_master tells a master that has none.
  std::optional<mysql::ReplicationAccount> account{};
  // Called as soon as an operation that chooses has chosen.
  std::function<void(const InstanceKey& candidate)> on_candidate{};
};

// Throws Error{locked} if an operation that is under way holds the lock of that server, and Error{backend}.
void require_not_under_way(Store& store, const InstanceKey& server);
void require_not_under_way(const Maintenance& held);

// What an operation that changes servers has come to, for whoever watches.
struct Progress {
  enum class State { begun, step, done, failed };
  std::string operation;  // "move-below"
  InstanceKey subject;
  State state = State::begun;
  std::string text;  // the step that begins now, or what came of it all
};

struct Report {
  Plan plan;
  bool was_dry_run = false;
  Outcome outcome;  // empty after a dry run
  // The instance that the operation was asked to work on, as it is now.
  Instance subject;
  InstanceKey former_master;  // of the subject; invalid: it had none
  std::string audit_problem;  // why it is not in the audit yet; "": it is
};

// Thread-safe. All operations throw Error: {not_found} for an instance that is not known, {unreachable} or
// {timeout} for one that does not answer now, {refused} when a rule says no, {locked} when somebody else
// works on one of them, and the code of the first failure when nothing could be moved. The message then says
// whether all is as it was, or what is left. An operation on several replicas of which some moved returns.
class Refactoring {
 public:
  using MakeServers = std::function<std::unique_ptr<Servers>()>;
  // What was read of servers after an operation, successful or not.
  using Take = std::function<void(const std::vector<Instance>&)>;

  // `context` must outlive the object. By default the servers are real ones.
  Refactoring(Context& context, Take take, MakeServers make_servers = nullptr);

  Report move_up(const InstanceKey& replica, const Request& request);
  Report move_up_replicas(const InstanceKey& master, const Request& request);
  Report move_below(const InstanceKey& replica, const InstanceKey& sibling, const Request& request);
  Report enslave_siblings(const InstanceKey& replica, const Request& request);
  Report enslave_master(const InstanceKey& replica, const Request& request);
  Report repoint(const InstanceKey& replica, const std::optional<InstanceKey>& master,
                 const Request& request);
  Report repoint_replicas(const InstanceKey& master, const Request& request);
  Report make_co_master(const InstanceKey& replica, const Request& request);

  // By Pseudo-GTID; of those with several replicas the master is not contacted, nor is that of match_up.
  Report match_below(const InstanceKey& replica, const InstanceKey& other, const Request& request);
  Report match_up(const InstanceKey& replica, const Request& request);
  Report rematch(const InstanceKey& replica, const Request& request);
  Report multi_match(const InstanceKey& master, const InstanceKey& below, const Request& request);
  Report match_up_replicas(const InstanceKey& master, const Request& request);
  // Report::plan.candidate is the one chosen.
  Report regroup_replicas(const InstanceKey& master, const Request& request);
  Report make_master(const InstanceKey& replica, const Request& request);
  Report make_local_master(const InstanceKey& replica, const Request& request);

  Report stop(const InstanceKey& replica, const Request& request);
  Report stop_nicely(const InstanceKey& replica, const Request& request);
  Report start(const InstanceKey& replica, const Request& request);
  Report restart(const InstanceKey& replica, const Request& request);
  Report skip_query(const InstanceKey& replica, const Request& request);
  Report reset(const InstanceKey& replica, const Request& request);
  Report detach(const InstanceKey& replica, const Request& request);
  Report reattach(const InstanceKey& replica, const Request& request);
  Report set_read_only(const InstanceKey& instance, bool read_only, const Request& request);
  Report kill_query(const InstanceKey& instance, std::uint64_t process, const Request& request);

  // Called at each operation's begin, before each of its steps and at its end, from several threads; to be
  // set before the first operation. Must not throw. Dry runs are not told.
  void watch(std::function<void(const Progress&)> watcher) { watcher_ = std::move(watcher); }

  [[nodiscard]] ExecutionOptions execution_options() const;
  // For tests: called before each step.
  void on_step(std::function<void(const std::string&)> watcher) { on_step_ = std::move(watcher); }

 private:
  // From what is known, the instances that have to be read now.
  using Concerned = std::function<std::vector<InstanceKey>(const Topology&)>;
  using MakePlan = std::function<Plan(const Topology&)>;
  // Asks servers what the plan takes besides what was read, before anything is touched.
  using Complete =
      std::function<void(Servers&, Plan&, const std::unordered_map<InstanceKey, Instance>& read)>;
  struct Facts;

  Report carry_out(const InstanceKey& subject, const Concerned& concerned, const MakePlan& make_plan,
                   const Request& request, const Complete& complete = {});
  Report carry_out_on(const InstanceKey& key, const MakePlan& make_plan, const Request& request);
  void read(Servers& servers, const std::vector<InstanceKey>& keys, Facts& facts) const;
  // Those that have not answered the first time are not asked again: a dead one costs its time once.
  [[nodiscard]] Facts read_facts(Servers& servers, const InstanceKey& subject, const Concerned& concerned,
                                 const std::vector<std::int64_t>& own_locks,
                                 const std::unordered_map<InstanceKey, std::string>& silent) const;
  [[nodiscard]] std::optional<std::chrono::seconds> measured_lag(Servers& servers,
                                                                 const InstanceKey& key) const;
  void note_locks(Facts& facts, const std::vector<std::int64_t>& own) const;
  static void note_doubts(Facts& facts);
  void note_rings_above(Servers& servers, Facts& facts) const;
  void release_dead() const;
  void note_other_name(const std::pair<InstanceKey, InstanceKey>& other_name,
                       std::vector<Instance>& now) const;
  void tell_locks(const Facts& facts) const;
  void foresee(Plan& plan, const Facts& facts) const;
  // Returns why the audit lacks it, which then gets it late; "" when it does not.
  [[nodiscard]] std::string audit(const Report& report, const std::string& failure, Patience& patience) const;
  // By facts that are read, and a plan that is made, when the locks of the first plan are held.
  using PlanAgain = std::function<std::pair<Plan, Facts>(const std::vector<std::int64_t>& own_locks)>;
  void carry_out_plan(Servers& servers, Report& report, const PlanAgain& plan_again, const Request& request,
                      Patience& patience);

  Context& context_;
  const Take take_;
  const MakeServers make_servers_;
  std::function<void(const std::string&)> on_step_;
  std::function<void(const Progress&)> watcher_;
};

// What came of it, for the audit: "moved db3:3306 below db1:3306"; then what failed, and what is left.
[[nodiscard]] std::string describe(const Report& report);

}  // namespace refactor
}  // namespace topo
