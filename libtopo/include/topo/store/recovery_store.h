// RecoveryStore: recoveries of failed masters. Threads and errors: see topo/store/store.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "topo/base/instance_key.h"

namespace topo {

struct NewRecovery {
  InstanceKey failed;
  std::string analysis;  // "DeadMaster"
  std::string cluster_name, cluster_alias;
  std::vector<InstanceKey> replicas;  // of the failed instance
  std::string node_hostname, node_token;
  std::string process;  // that carries out the recovery
};
struct EndedRecovery {
  std::optional<InstanceKey> successor;
  bool is_successful = false;
  std::vector<InstanceKey> lost_replicas;  // that stay below the failed instance
  std::string errors;
};

struct PastRecovery {
  std::string begin;  // "YYYY-MM-DD HH:MM:SS", UTC
  InstanceKey successor;
};

// Recoveries of failed masters (topology_recovery).
class RecoveryStore {
 public:
  virtual ~RecoveryStore() = default;
  // Returns the id. Throws Error{locked} while another process recovers the same instance; a recovery does
  // not count if its process has ended or if it began more than `max_time` ago. `token` must be unique to
  // this call.
  virtual std::int64_t begin(const NewRecovery& recovery, std::chrono::minutes max_time,
                             std::string_view token) = 0;
  std::int64_t begin(const NewRecovery& recovery, std::chrono::minutes max_time) {
    return begin(recovery, max_time, "");
  }
  virtual void withdraw(std::string_view token) = 0;  // as MaintenanceStore::withdraw()
  virtual void end(std::int64_t id, const EndedRecovery& ended) = 0;
  // The last recovery of the instance that has ended, has a successor and began within `period`.
  virtual std::optional<PastRecovery> last(const InstanceKey& failed, std::chrono::seconds period) = 0;
  // Ends the active periods that began longer ago than `age`; returns how many.
  virtual std::uint64_t expire(std::chrono::minutes age) = 0;
};

}  // namespace topo
