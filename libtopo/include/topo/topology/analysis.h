// Analysis: finds the failed masters of a topology and names each failure, judged from the known instances.
//
// Pure: uses the facts last read. Callers that act on the result must read the servers again first.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topo/base/instance_key.h"
#include "topo/topology/topology.h"

namespace topo {

// The order is that of the names. Here, a master does not replicate; co-masters replicate from each other; an
// intermediate master replicates and has replicas.
enum class Failure {
  dead_master_without_replicas,
  dead_master,
  dead_master_and_replicas,
  dead_master_and_some_replicas,
  unreachable_master,
  all_master_replicas_not_replicating,
  dead_co_master,
  unreachable_co_master,
  all_co_master_replicas_not_replicating,
  dead_intermediate_master,
  dead_intermediate_master_and_some_replicas,
  unreachable_intermediate_master,
  all_intermediate_master_replicas_not_replicating,
  // It cannot be read, and yet is alive, or may be.
  inaccessible_master,
  inaccessible_co_master,
  inaccessible_intermediate_master,
  unreachable_master_with_connected_replicas,
  unreachable_co_master_with_connected_replicas,
  unreachable_intermediate_master_with_connected_replicas,
  unchecked_master,
  unchecked_co_master,
  unchecked_intermediate_master,
};
// The name shown to users: "DeadMaster", "AllMasterSlavesNotReplicating".
[[nodiscard]] std::string_view to_string(Failure failure) noexcept;
// A description: one sentence of letters, blanks and commas, without a full stop.
[[nodiscard]] std::string_view describe(Failure failure) noexcept;

// How the replicas of a failed instance are recovered.
enum class RecoveryMethod {
  none,     // servers are alive, or there is no replica to move
  regroup,  // regroup them below the best candidate
  // Move them below a sibling of the failed instance, or else below its master. Of two co-masters that are
  // both known, plan_recover_co_master() instead.
  move_beside,
};
[[nodiscard]] RecoveryMethod recovery_method(Failure failure) noexcept;

// The failure of one instance, and the state of its replicas.
struct Analysis {
  InstanceKey key;
  std::string cluster_name;
  bool is_master = false;
  bool is_co_master = false;
  bool last_check_valid = false;
  bool was_replaced = false;   // another instance took its place: without replicas it is no failure any more
  bool has_successor = false;  // and is writable, no replica: with replicas that were left below, neither
  ReadFailure last_check_failure = ReadFailure::none;
  unsigned replicas = 0;
  unsigned valid_replicas = 0;              // whose last read succeeded
  unsigned valid_replicating_replicas = 0;  // of those, with both threads running
  unsigned connected_replicas = 0;          // of those, with the IO thread connected to the instance
  Failure failure = Failure::dead_master;
  friend bool operator==(const Analysis&, const Analysis&) = default;
};

// The same analysis if the instance is dead, whatever speaks against that; nullopt: none of its replicas can
// be read.
[[nodiscard]] std::optional<Analysis> presumed_dead(Analysis analysis);

// Why no recovery helps, a sentence; nullopt: replicas can be moved.
[[nodiscard]] std::optional<std::string> why_not_recoverable(const Analysis& analysis);

// The instances with a failure: masters first, then the instance that its cluster is named after, then by
// number of replicas. `is_ignored` (empty: none) selects instances that are not reported, such as those in
// maintenance; they still count as replicas of others. Linear in the number of instances, except for sorting
// the result.
[[nodiscard]] std::vector<Analysis> analyse(const Topology& topology,
                                            const std::function<bool(const InstanceKey&)>& is_ignored);

}  // namespace topo
