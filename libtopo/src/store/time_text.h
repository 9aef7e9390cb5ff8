#pragma once

#include <string>

#include "topo/base/clock.h"

namespace topo::store {

// "YYYY-MM-DD HH:MM:SS", UTC: as the backend's TIMESTAMP columns print.
[[nodiscard]] std::string timestamp_text(Timestamp at);

}  // namespace topo::store
