#include "common/version.h"

namespace orchestrator {

std::string_view version() noexcept {
  return ORCHESTRATOR_VERSION;
}

}  // namespace orchestrator
