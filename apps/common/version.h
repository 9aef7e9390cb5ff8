// The version of the programs.
#pragma once

#include <string_view>

namespace orchestrator {

[[nodiscard]] std::string_view version() noexcept;

}  // namespace orchestrator
