// A store over a database, whichever engine it has.
#pragma once

#include <memory>

#include "store/database.h"
#include "topo/config/configuration.h"
#include "topo/store/store.h"

namespace topo::store {

// The store over this database; see open_store().
[[nodiscard]] std::shared_ptr<Store> open_store(std::unique_ptr<Database> database,
                                                const Configuration& configuration,
                                                std::shared_ptr<spdlog::logger> log);

}  // namespace topo::store
