#include "topo/refactor/errant_gtids.h"

#include <fmt/format.h>

#include "topo/base/error.h"

namespace topo::refactor {

std::optional<GtidLead> errant_gtids(Servers& servers, const InstanceKey& key) {
  const auto replica = servers.read(key);
  if (!is_mariadb(replica.version) && !replica.gtid_mode.starts_with("ON")) {
    throw Error(Code::refused, fmt::format("{} has no GTIDs: its gtid_mode is {}", key.display(),
                                           replica.gtid_mode.empty() ? "not supported" : replica.gtid_mode));
  }
  const auto master = replica.master_key();
  if (!master) return std::nullopt;
  return lead_by_gtid(replica, servers.read(*master));
}

}  // namespace topo::refactor
