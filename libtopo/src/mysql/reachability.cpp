#include "topo/mysql/reachability.h"

#include <fmt/format.h>

#include "mysql/broken.h"
#include "mysql/dial.h"

namespace topo::mysql {

void check_reachable(const InstanceKey& key, std::chrono::milliseconds timeout) {
  Waiting waiting;
  waiting.allow(timeout);
  try {
    const auto socket = dial(key.hostname(), key.port(), waiting);
  } catch (const Broken& broken) {
    throw Error(broken.code, fmt::format("Cannot connect to {}: {}; check host, port and firewall",
                                         key.display(), broken.reason));
  }
}

}  // namespace topo::mysql
