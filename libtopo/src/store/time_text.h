// Times as the backend prints them.
#pragma once

#include <string>

#include "topo/base/clock.h"

namespace topo::store {

// "YYYY-MM-DD HH:MM:SS", UTC, as printed by the backend's TIMESTAMP columns. A time outside their range
// becomes the nearest one within it.
[[nodiscard]] std::string timestamp_text(Timestamp at);

}  // namespace topo::store
