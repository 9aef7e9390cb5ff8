// CoordinatesStore: log coordinates that polls have recorded. Threads and errors: see topo/store/store.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "topo/base/instance_key.h"
#include "topo/model/instance.h"

namespace topo {

// Coordinates of instances in their own logs, recorded at reads: positions at which events begin, so that a
// search near the end of a log need not read all of it (database_instance_coordinates_history).
// InstanceStore::write records them, per instance at most once a minute unless its logs were reset, and not
// while the coordinates do not change.
class CoordinatesStore {
 public:
  virtual ~CoordinatesStore() = default;
  // Newest first, at most 200, without repetitions. Coordinates beyond newer ones belong to a log that no
  // longer exists (RESET MASTER): they and all older ones are left out.
  virtual std::vector<BinlogCoordinates> recorded(const InstanceKey& key, LogType type) = 0;
  // Deletes coordinates recorded longer ago than `age`; returns the number of rows.
  virtual std::uint64_t purge(std::chrono::hours age) = 0;
};

}  // namespace topo
