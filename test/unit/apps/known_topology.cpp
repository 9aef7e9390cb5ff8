#include "unit/apps/known_topology.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

std::shared_ptr<spdlog::logger> KnownTopology::silent_log() {
  return std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
}
