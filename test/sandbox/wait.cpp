#include "sandbox/wait.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <thread>

#include "topo/base/error.h"

namespace sandbox {

void wait_until(const std::function<bool()>& condition, std::chrono::milliseconds timeout,
                std::string_view what) {
  constexpr std::chrono::milliseconds interval{5};
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) {
      throw topo::Error(topo::Code::timeout, fmt::format("waited {} in vain for: {}", timeout, what));
    }
    std::this_thread::sleep_for(interval);
  }
}

}  // namespace sandbox
