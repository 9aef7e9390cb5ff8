// Analysis: which masters of a topology have failed, and how, as far as the instances that are known tell.
//
// Pure: it judges what was read last. Who is about to act on it reads the servers again.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "topo/base/instance_key.h"
#include "topo/topology/topology.h"

namespace topo {

// A master, here, replicates from nobody; of co-masters each replicates from the other; an intermediate
// master replicates from somebody and has replicas.
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
};
// The name that users know: "DeadMaster", "AllMasterSlavesNotReplicating".
[[nodiscard]] std::string_view to_string(Failure failure) noexcept;
// What that is, a sentence of letters, blanks and commas without a full stop.
[[nodiscard]] std::string_view describe(Failure failure) noexcept;

// What is to be done for the replicas of an instance that has failed so.
enum class Remedy {
  none,         // a server is alive, or there is nobody to move
  regroup,      // gather them below the best of them
  move_beside,  // below a sibling of the failed one, or else below its master
};
[[nodiscard]] Remedy remedy_for(Failure failure) noexcept;

// What is wrong with one instance and its replicas.
struct Analysis {
  InstanceKey key;
  std::string cluster_name;
  bool is_master = false;
  bool is_co_master = false;
  bool last_check_valid = false;
  unsigned replicas = 0;
  unsigned valid_replicas = 0;              // that could be read when they were read last
  unsigned valid_replicating_replicas = 0;  // of those, with both threads running
  Failure failure = Failure::dead_master;
  friend bool operator==(const Analysis&, const Analysis&) = default;
};

// Those with a failure: masters first, then the one that its cluster is named after, then by number of
// replicas. `is_ignored` (empty: nobody) holds of instances that are in maintenance or that nobody wants to
// hear of; as replicas of others they count. Linear in the number of instances, but for the sorting of the
// result.
[[nodiscard]] std::vector<Analysis> analyse(const Topology& topology,
                                            const std::function<bool(const InstanceKey&)>& is_ignored);

}  // namespace topo
