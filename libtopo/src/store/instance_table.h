// InstanceStore over database_instance and the tables beside it. Threads and errors: see topo/store/store.h.
#pragma once

#include <memory>

#include "store/database.h"
#include "topo/store/store.h"

namespace topo::store {

[[nodiscard]] std::unique_ptr<InstanceStore> make_instance_store(Database& database,
                                                                 const Configuration& configuration);

}  // namespace topo::store
