// begin_maintenance: begins locks, and leaves none behind if the backend fails meanwhile.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "topo/store/store.h"

namespace topo {

class Context;

// Calls MaintenanceStore::begin() and throws what it throws. Locks that the backend may have stored without
// answering are ended as soon as it answers again.
std::vector<std::int64_t> begin_maintenance(Context& context, std::span<const MaintenanceRequest> requests,
                                            std::string_view owner, std::chrono::seconds duration);

}  // namespace topo
