// How polls write instances.
#pragma once

#include <span>
#include <vector>

#include "store/database.h"
#include "store/position_history.h"
#include "topo/store/store.h"

namespace topo::store {

// InstanceStore::write: one transaction, as few statements as there are kinds of writes.
std::vector<InstanceKey> write_instances(Database& database, PositionHistory& notes,
                                         std::span<const InstanceWrite> writes);

}  // namespace topo::store
