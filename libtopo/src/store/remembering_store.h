// RememberingStore: a store that serves instances, clusters and locks from memory while its backend does not
// answer: what this process has read and written itself.
#pragma once

#include <memory>

#include "topo/store/store.h"

namespace topo::store {

// Nothing is remembered before InstanceStore::remember_all() or read_all() is called. Writes are remembered
// whether the backend accepts them or not, and age like stored rows. Thread-safe.
[[nodiscard]] std::shared_ptr<Store> remembering(std::shared_ptr<Store> store,
                                                 std::shared_ptr<spdlog::logger> log);

}  // namespace topo::store
