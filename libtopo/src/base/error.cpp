#include "topo/base/error.h"

#include <execinfo.h>

#include <array>
#include <atomic>

namespace topo {
namespace {

std::atomic<bool> records_stacks{false};

std::shared_ptr<const std::vector<void*>> stack_here() {
  constexpr int max_frames = 64;
  std::array<void*, max_frames> frames{};
  const auto count = backtrace(frames.data(), max_frames);
  return std::make_shared<const std::vector<void*>>(frames.begin(), frames.begin() + count);
}

}  // namespace

Error::Error(Code code, const std::string& message, std::string_view result)
    : std::runtime_error(message), code_(code), result_(result) {
  if (records_stacks.load(std::memory_order_relaxed)) stack_ = stack_here();
}

std::span<void* const> Error::stack() const noexcept {
  return stack_ ? std::span<void* const>(*stack_) : std::span<void* const>();
}

void record_stacks(bool on) noexcept {
  records_stacks.store(on, std::memory_order_relaxed);
}

std::string_view to_string(Code code) noexcept {
  switch (code) {
    case Code::invalid_argument: return "invalid_argument";
    case Code::not_found: return "not_found";
    case Code::refused: return "refused";
    case Code::locked: return "locked";
    case Code::unreachable: return "unreachable";
    case Code::sql: return "sql";
    case Code::timeout: return "timeout";
    case Code::backend: return "backend";
    case Code::busy: return "busy";
  }
  return "unknown";
}

}  // namespace topo
