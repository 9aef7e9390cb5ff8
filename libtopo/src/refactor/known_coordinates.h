// Coordinates from which a search for entries may begin.
#pragma once

#include <vector>

#include "topo/model/instance.h"

namespace topo {

class Context;

namespace refactor {

// Where transactions begin in a server's logs, as noted by polls, newest first. Empty when the backend does
// not answer, which is logged at debug: the search then takes longer.
[[nodiscard]] std::vector<BinlogCoordinates> known_coordinates(const Context& context, const InstanceKey& key,
                                                               LogType type);

}  // namespace refactor
}  // namespace topo
