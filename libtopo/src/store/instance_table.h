#pragma once

#include <memory>

#include "store/database.h"
#include "topo/store/store.h"

namespace topo::store {

[[nodiscard]] std::unique_ptr<InstanceStore> make_instance_store(Database& database,
                                                                 const Configuration& configuration);

}  // namespace topo::store
