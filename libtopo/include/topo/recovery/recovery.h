// Recovery: what is done for the replicas of a master that has failed.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "topo/base/instance_key.h"
#include "topo/discovery/discovery.h"
#include "topo/refactor/refactoring.h"
#include "topo/topology/analysis.h"

namespace topo {

class Context;

namespace recovery {

// The failures of all topologies, by what is known: without instances that are in maintenance and those that
// RecoveryIgnoreHostnameFilters name. Throws Error{backend}.
[[nodiscard]] std::vector<Analysis> analyse_all(Context& context);

struct Request {
  std::string owner;     // of the locks; "" is MaintenanceOwner
  bool dry_run = false;  // tell what would be done, touch nothing
};

struct Report {
  std::optional<Analysis> analysis;  // nullopt: the instance has not failed
  bool action_taken = false;
  InstanceKey successor;  // below which the replicas are now; invalid: several, or none
  // A sentence for each replica that stays, and for each that is not in order.
  std::vector<std::string> errors;
  std::string outcome;  // a sentence: what was done, or why nothing
  std::string plan;     // of a dry run, unless there is nothing to do: a line a step
};

// Since construction.
struct RecoveryCounts {
  std::uint64_t successful = 0;
  std::uint64_t failed = 0;
};

// Thread-safe.
class Recovery {
 public:
  // Reads an instance now and stores what it says, or that it does not answer; what it throws is ignored.
  using Refresh = std::function<void(const InstanceKey&)>;

  // `context` and `refactoring` must outlive the object. `node` is who this process is to others.
  Recovery(Context& context, refactor::Refactoring& refactoring, NodeIdentity node, Refresh refresh);

  // Reads the instance, its replicas, its master and its siblings, and if it has failed, does what can be
  // done for its replicas:
  //   DeadMaster, DeadMasterAndSomeSlaves: its replicas are gathered below the best of them
  //   (Refactoring::regroup_replicas); DeadIntermediateMaster, DeadIntermediateMasterAndSomeSlaves,
  //   DeadCoMaster: they go below a sibling of the failed one that can serve them (choose_sibling); those
  //   that do not, are gathered below the best of them, and go below the master of the failed one.
  // Nothing is done for other failures, as the servers are alive or nobody is there to be moved. Before it
  // PreFailoverProcesses are run, of which none may fail, after it, unless nobody could be moved,
  // PostFailoverProcesses. It is registered in topology_recovery and written to the audit.
  // Throws Error{not_found} for an instance that is not known, {locked} while another process recovers it,
  // {refused} when a command failed, and that of the last way when nobody could be moved.
  Report recover(const InstanceKey& failed, const Request& request);

  [[nodiscard]] RecoveryCounts counts() const noexcept;
  // Called when a recovery begins, at each of its steps and at its end, operation "recover"; as
  // Refactoring::watch, which tells of the operations that it consists of.
  void watch(std::function<void(const refactor::Progress&)> watcher) { watcher_ = std::move(watcher); }

 private:
  struct Course;
  [[nodiscard]] std::string why_not_looked_at(const InstanceKey& failed) const;
  void read_again(const KnownInstance& failed) const;
  void run(Course& course, Report& report);
  std::int64_t begin(const Course& course);
  void carry_out(Course& course);
  void recover_intermediate_master(Course& course);
  void regroup(Course& course);
  [[nodiscard]] std::vector<InstanceKey> lost_replicas(const Course& course) const;
  void say_step(const Course& course, std::string step) const;
  void finish(Course& course, std::int64_t id, Report& report);
  void tell(const InstanceKey& failed, refactor::Progress::State state, std::string text) const;
  void audit(const Analysis& analysis, std::string_view message) const;

  Context& context_;
  refactor::Refactoring& refactoring_;
  const NodeIdentity node_;
  const Refresh refresh_;
  std::function<void(const refactor::Progress&)> watcher_;
  std::atomic<std::uint64_t> successful_{0}, failed_{0};
};

}  // namespace recovery
}  // namespace topo
