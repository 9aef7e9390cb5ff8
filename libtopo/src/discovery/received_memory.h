// ReceivedMemory: the most that each replica has been seen to have received, so that one that has lost its
// relay log does not vouch for what is missing. Not thread-safe: guarded by Engine.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "topo/base/clock.h"
#include "topo/store/instance_store.h"

namespace topo::discovery {

class ReceivedMemory {
 public:
  // Replaces everything by what the backend has, which was read before `now`.
  void load(const std::vector<InstanceLink>& links, SteadyTime now);
  void remove(const InstanceKey& key) { reads_.erase(key); }

  // Notes a read of an instance that began and ended at these times; nullopt: when it began is not known.
  // Returns its Instance::received_most.
  BinlogCoordinates note(const Instance& instance, std::optional<SteadyTime> began, SteadyTime ended);

 private:
  struct Reads {
    std::string server_uuid;
    std::optional<InstanceKey> master;
    std::string master_uuid;
    BinlogCoordinates most;  // in the log of `master`
    SteadyTime noted{};      // when it had received as much, last
    BinlogCoordinates log_end;
    std::optional<SteadyTime> log_end_since;  // when the read of `log_end` began
  };
  [[nodiscard]] bool has_log_restarted(const Reads& replica) const;

  std::unordered_map<InstanceKey, Reads> reads_;
};

}  // namespace topo::discovery
