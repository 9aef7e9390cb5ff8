// Recovery: moves the replicas of a failed master below another server.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "topo/base/instance_key.h"
#include "topo/base/node_identity.h"
#include "topo/recovery/forced.h"
#include "topo/refactor/refactoring.h"
#include "topo/topology/analysis.h"

namespace topo {

class Context;

namespace recovery {

// The failures in all topologies, judged from the stored instances. Skips instances in maintenance and
// instances that match RecoveryIgnoreHostnameFilters. Throws Error{backend}.
[[nodiscard]] std::vector<Analysis> analyse_all(Context& context);

struct RecoveryRequest {
  std::string owner;     // owner of the locks; "" means MaintenanceOwner
  bool dry_run = false;  // report the plan, change nothing
  Loss loss = Loss::refuse;
  bool allow_errant = false;  // ExecutionOptions::allow_errant
  // An instance that may be alive counts as dead, but not one that was read just now, and
  // RecoveryIgnoreHostnameFilters do not count.
  bool force = false;
  // The successor of a master becomes a master, whatever ApplyMySQLPromotionAfterMasterFailover says.
  bool must_promote = false;
};

// What of the request for an operation is also a request for a recovery.
[[nodiscard]] RecoveryRequest recovery_request(const refactor::OperationRequest& asked);

struct RecoveryReport {
  std::optional<Analysis> analysis;  // nullopt: the instance has not failed
  bool action_taken = false;
  bool was_refused = false;              // nothing was done, although the instance has failed, or may have
  std::optional<InstanceKey> successor;  // the new master of the replicas; nullopt: several, or none
  // A sentence for each replica that was not moved, and for each that is not in order.
  std::vector<std::string> errors;
  // A sentence for each thing that somebody has to know or do; `outcome` has them, too.
  std::vector<std::string> warnings;
  std::vector<refactor::StepReport> steps;  // of the operations, and what became of them
  std::string outcome;                      // a sentence: what was done, or why nothing was done
  std::string plan;                         // dry run: one line per step; empty if there is nothing to do
};

// Since construction.
struct RecoveryCounts {
  std::uint64_t successful = 0;
  std::uint64_t failed = 0;
};

// Thread-safe.
class Recovery {
 public:
  // Reads an instance now, stores the result or the failure, and returns the instance or throws the failure.
  // Error{backend}: the result could not be stored; that ends a recovery.
  using Refresh = std::function<KnownInstance(const InstanceKey&)>;

  // `context` and `refactoring` must outlive the object. `node` identifies this process.
  Recovery(Context& context, refactor::Refactoring& refactoring, NodeIdentity node, Refresh refresh);

  // Reads the instance, its replicas, its master and its siblings. If the instance has failed, recovers its
  // replicas:
  //   DeadMaster, DeadMasterAndSomeSlaves: regroups them below the best candidate (regroup-slaves), which
  //   becomes the master of the cluster and keeps its alias (ApplyMySQLPromotionAfterMasterFailover);
  //   DeadCoMaster, and others of one of two co-masters: makes the other co-master or the best replica the
  //   only master, and moves the replicas below it (plan_recover_co_master);
  //   DeadIntermediateMaster, DeadIntermediateMasterAndSomeSlaves: moves them below a sibling
  //   of the failed instance that can serve them (choose_sibling); regroups the others below the best
  //   candidate among them, and moves them below the master of the failed instance.
  // Other failures need no action: the servers are alive, or there is no replica to move. What was read now
  // decides, not what the backend has.
  // PreFailoverProcesses run before the recovery, and all must succeed; PostFailoverProcesses run after it,
  // unless no replica could be moved. The recovery is registered in topology_recovery and written to the
  // audit.
  // Throws Error{not_found} for an unknown instance, {locked} while another process recovers it, {refused} if
  // an instance that cannot be read may be alive (why_not_dead) or a command failed, {backend} if what was
  // read could not be stored, and the error of the last attempt if no replica could be moved.
  RecoveryReport recover(const InstanceKey& failed, const RecoveryRequest& request);

  // Replaces `master` without evidence of its death, as forced_method() says after an attempt to read it;
  // `designated`: by this replica; nullopt: by the best one. A recovery promotes whatever
  // ApplyMySQLPromotionAfterMasterFailover says. Throws as forced_method(), recover() and Refactoring::run(),
  // and Error{not_found} if `designated` is not known.
  [[nodiscard]] ForcedReport replace_by_force(const InstanceKey& master,
                                              const std::optional<InstanceKey>& designated,
                                              refactor::OperationRequest request);

  [[nodiscard]] RecoveryCounts counts() const noexcept;
  // `watcher` is called when a recovery begins, at each of its steps and at its end, with operation
  // "recover". Refactoring::watch reports the operations that a recovery consists of.
  void watch(std::function<void(const refactor::Progress&)> watcher) { watcher_ = std::move(watcher); }

 private:
  struct RecoveryRun;
  [[nodiscard]] std::string why_not_recovered(const InstanceKey& failed,
                                              const RecoveryRequest& request) const;
  [[nodiscard]] std::optional<std::string> why_already_recovered(const RecoveryRun& current) const;
  struct JustRead;
  [[nodiscard]] JustRead read_again(const KnownInstance& failed) const;
  void read_into(JustRead& read, const std::vector<InstanceKey>& keys) const;
  [[nodiscard]] refactor::FailedRead ask_now(const InstanceKey& key) const;
  [[nodiscard]] std::string caution_of(const Topology& topology, const KnownInstance& failed,
                                       const RecoveryRequest& request, RecoveryReport& report) const;
  void run(RecoveryRun& current, RecoveryReport& report);
  std::int64_t begin(const RecoveryRun& current);
  void carry_out(RecoveryRun& current);
  void recover_intermediate_master(RecoveryRun& current);
  void regroup(RecoveryRun& current);
  [[nodiscard]] std::vector<InstanceKey> lost_replicas(const RecoveryRun& current) const;
  void log_step(const RecoveryRun& current, std::string step) const;
  void finish(RecoveryRun& current, std::int64_t id, RecoveryReport& report);
  void report_progress(const InstanceKey& failed, refactor::Progress::State state, std::string text) const;
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
