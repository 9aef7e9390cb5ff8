// The result of reloading the configuration.
#pragma once

#include <filesystem>
#include <vector>

#include "topo/config/live_configuration.h"

namespace orchestrator {

struct Reloaded {
  std::vector<std::filesystem::path> files;
  topo::ConfigurationChanges changes;
};

}  // namespace orchestrator
