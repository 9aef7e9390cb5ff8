#pragma once

#include <vector>

#include "topo/topology/instance.h"

namespace topo {

class Context;

namespace refactor {

// Where in a server's logs transactions begin, as polls have noted it, newest first. A backend that does not
// answer only makes a search longer: then none, which is logged at debug.
[[nodiscard]] std::vector<BinlogCoordinates> known_places(const Context& context, const InstanceKey& key,
                                                          LogType type);

}  // namespace refactor
}  // namespace topo
