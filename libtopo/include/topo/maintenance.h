// begin_maintenance: locks that are held, or are not, also when the backend fails meanwhile.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "topo/store/store.h"

namespace topo {

class Context;

// MaintenanceStore::begin(), and throws what it does. Locks that the backend may have stored although it did
// not answer are ended as soon as it does.
std::vector<std::int64_t> begin_maintenance(Context& context, std::span<const MaintenanceRequest> requests,
                                            std::string_view owner, std::chrono::seconds duration);

}  // namespace topo
