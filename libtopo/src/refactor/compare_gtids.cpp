#include "refactor/compare_gtids.h"

#include <fmt/format.h>

#include "topo/base/error.h"
#include "topo/topology/gtids.h"

namespace topo::refactor {

// Read first, the replica can have nothing of its master that is read later and lacks it.
void require_nothing_errant(Servers& servers, const InstanceKey& replica, const InstanceKey& master) {
  const auto one = servers.read(replica);
  const auto lead = lead_by_gtid(one, servers.read(master));
  if (!lead) return;
  throw Error(Code::refused,
              fmt::format("{} has executed {} that {} has not: they would spread to all its replicas; name "
                          "another successor, or accept that with -allow-errant",
                          replica.display(), describe(*lead), master.display()));
}

}  // namespace topo::refactor
