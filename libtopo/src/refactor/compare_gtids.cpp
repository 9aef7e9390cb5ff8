#include "refactor/compare_gtids.h"

#include <fmt/format.h>

#include "refactor/logged_twins.h"
#include "topo/base/error.h"

namespace topo::refactor {

// Read first, the replica can have nothing of its master that is read later and lacks it.
void require_nothing_errant(Servers& servers, const InstanceKey& replica, const InstanceKey& master) {
  const auto one = servers.read(replica);
  const auto other = servers.read(master);
  if (const auto lost = lost_by_itself(one, other)) {
    throw Error(
        Code::refused,
        fmt::format("{}: what it lacks would be missing on the new master; name another successor, or "
                    "accept that with -allow-errant",
                    describe_lost(one, *lost, other)),
        results::errant_transactions);
  }
  if (!lead_by_logs(servers, one, other)) return;
  const auto lead = exact_lead_by_logs(servers, one, other);
  throw Error(Code::refused,
              fmt::format("{} has executed {} that {} has not: they would spread to all its replicas; name "
                          "another successor, or accept that with -allow-errant",
                          replica.display(), describe(*lead), master.display()));
}

}  // namespace topo::refactor
