// Whether a server that is to become a master has transactions that its master lacks.
#pragma once

#include <string>

#include "topo/refactor/servers.h"
#include "topo/topology/errant.h"

namespace topo::refactor {

// Throws Error{refused} if the replica has executed transactions, by GTID, that its master has not, or has
// lost some that it had committed itself.
void require_nothing_errant(Servers& servers, const InstanceKey& replica, const InstanceKey& master);

}  // namespace topo::refactor
