#include "refactor/known_coordinates.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "topo/context.h"
#include "topo/store/store.h"

namespace topo::refactor {

std::vector<BinlogCoordinates> known_coordinates(const Context& context, const InstanceKey& key,
                                                 LogType type) {
  try {
    return context.store().coordinates().recorded(key, type);
  } catch (const std::exception& error) {
    context.log().debug(
        fmt::format("{}: reading its logs without known positions: {}", key.display(), error.what()));
    return {};
  }
}

}  // namespace topo::refactor
