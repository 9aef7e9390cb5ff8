// FormerMasterStore: masters whose place another instance has taken. Threads and errors: see
// topo/store/store.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "topo/base/instance_key.h"

namespace topo {

struct NewFormerMaster {
  InstanceKey key, successor;
  std::uint32_t server_id = 0;  // as last read; 0: never read
  std::string server_uuid;
};

// A record says that another instance has taken the place of this one, and that this one must not take writes
// when it answers. KnownInstance::replaced has its facts.
class FormerMasterStore {
 public:
  virtual ~FormerMasterStore() = default;
  // Replaces a record of the same instance, ends that of the successor, and makes the successor that of all
  // whose place the instance had taken before.
  virtual void note(const NewFormerMaster& former) = 0;
  // The successor has taken the place of this instance, too, which is its replica and needs no record: ends
  // the record of the successor, and makes it the one of all whose place the instance had taken before.
  virtual void pass_on(const InstanceKey& key, const InstanceKey& successor) = 0;
  // True if there was a record. Forgetting an instance ends its record, too.
  virtual bool end(const InstanceKey& key) = 0;
  virtual std::vector<InstanceKey> all() = 0;  // ordered by host name and port
};

}  // namespace topo
