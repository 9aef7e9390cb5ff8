// GtidMemory: what each instance had executed when it was read, and when that was, so that errant
// transactions can be told from those that were replicated between two reads. Not thread-safe: guarded by
// Engine.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "topo/base/clock.h"
#include "topo/store/instance_store.h"
#include "topo/topology/errant.h"

namespace topo::discovery {

class GtidMemory {
 public:
  // Replaces everything by what the backend has, which was read before `now`.
  void load(std::vector<StoredGtids> stored, SteadyTime now);
  void remove(const InstanceKey& key) { reads_.erase(key); }

  // Notes a read of an instance that began and ended at these times; nullopt: when it began is not known.
  // Returns its errant transactions, as Instance::errant_gtids: those of an earlier read, if its master was
  // read at least `commit_time` after that.
  std::string note(const Instance& instance, bool is_in_ring, std::optional<SteadyTime> began,
                   SteadyTime ended);

 private:
  using State = std::shared_ptr<const GtidState>;
  struct Reads {
    State last;
    std::optional<SteadyTime> began;  // of `last`
    State earlier;                    // not compared with the master yet
    SteadyTime earlier_ended{};
    State before;  // compared before; MariaDB only
    std::string errant;
  };
  // Of all channels; empty: not all of them are known.
  [[nodiscard]] std::vector<const Reads*> masters_of(const Instance& instance) const;

  std::unordered_map<InstanceKey, Reads> reads_;
};

}  // namespace topo::discovery
