// RememberingStore: a store that goes on telling of instances, clusters and locks while its backend does not
// answer: what this process has read and written of them itself.
#pragma once

#include <memory>

#include "topo/store/store.h"

namespace topo::store {

// Nothing is remembered before InstanceStore::remember_all() was called, or read_all(). What is written is
// remembered, too, whether the backend takes it or not, and grows old like what is stored. Thread-safe.
[[nodiscard]] std::shared_ptr<Store> remembering(std::shared_ptr<Store> store,
                                                 std::shared_ptr<spdlog::logger> log);

}  // namespace topo::store
