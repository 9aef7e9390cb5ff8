#include "topo/refactor/errant_gtids.h"

#include "topo/base/error.h"

namespace topo::refactor {

std::optional<GtidLead> errant_gtids(Servers& servers, const InstanceKey& key) {
  const auto replica = servers.read(key);
  if (const auto refusal = why_no_gtids(replica)) throw Error(refusal->code, refusal->reason);
  const auto master = replica.master_key();
  if (!master) return std::nullopt;
  return lead_by_gtid(replica, servers.read(*master));
}

}  // namespace topo::refactor
