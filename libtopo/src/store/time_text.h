#pragma once

#include <string>

#include "topo/base/clock.h"

namespace topo::store {

// "YYYY-MM-DD HH:MM:SS", UTC: as the backend's TIMESTAMP columns print. A time that such a column cannot hold
// becomes the nearest that it can.
[[nodiscard]] std::string timestamp_text(Timestamp at);

}  // namespace topo::store
