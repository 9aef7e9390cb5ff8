// Waiting for conditions; tests never sleep for a fixed time.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>

namespace sandbox {

// How long tests wait for short operations: enough for a busy machine.
inline constexpr std::chrono::seconds patience{30};

// Checks the condition every few milliseconds until it holds, at least once. Throws topo::Error{timeout} that
// names `what`. An exception from the condition ends the wait.
void wait_until(const std::function<bool()>& condition, std::chrono::milliseconds timeout,
                std::string_view what);

}  // namespace sandbox
