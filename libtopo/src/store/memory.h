// Memory: the instances, cluster aliases and locks last known to this process.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "topo/base/clock.h"
#include "topo/store/store.h"

namespace topo::store {

// Thread-safe.
class Memory {
 public:
  // Replaces all instances.
  void update(std::vector<KnownInstance> all);
  // Applies the writes as the backend would; adds unknown instances.
  void update(std::span<const InstanceWrite> writes);
  void forget(const InstanceKey& key);
  void update(const std::vector<ClusterInfo>& clusters);
  void update(const std::vector<Maintenance>& locks);

  // update(all) was called.
  [[nodiscard]] bool is_complete() const;
  // When update(all) was last called; long ago if never.
  [[nodiscard]] SteadyTime complete_since() const;

  // Ordered by host name and port, with their current ages.
  using Filter = std::function<bool(const Instance&)>;
  [[nodiscard]] std::vector<KnownInstance> instances(const Filter& filter = {}) const;
  [[nodiscard]] std::vector<ClusterInfo> clusters() const;
  [[nodiscard]] std::vector<Maintenance> locks() const;

 private:
  struct Remembered {
    KnownInstance known;
    SteadyTime as_of;
  };
  void take(const SeenInstance& seen, SteadyTime now);
  void take(const FailedInstance& failed, SteadyTime now);
  void take(const UnseenMaster& unseen, SteadyTime now);
  void take(const ClusterAssignment& assigned, SteadyTime now);

  mutable std::mutex mutex_;
  SteadyTime complete_since_{};
  std::map<InstanceKey, Remembered> instances_;
  std::map<std::string, std::string, std::less<>> aliases_;  // by cluster
  std::vector<Maintenance> locks_;
};

}  // namespace topo::store
