// The letters of ASCII without their case, whatever the locale: header names, schemes, methods.
#pragma once

#include <string>
#include <string_view>

namespace orchestrator {

[[nodiscard]] std::string lower(std::string_view text);

}  // namespace orchestrator
