#include "common/ending.h"

#include <chrono>
#include <memory>

#include "topo/base/error.h"
#include "topo/mysql/interrupt.h"

namespace orchestrator {

Ending::Ending()
    : interrupts_{std::make_shared<topo::mysql::Interrupt>(), std::make_shared<topo::mysql::Interrupt>()} {}

Ending::~Ending() = default;

Ending::Operation::~Operation() {
  {
    const std::lock_guard lock(ending_.mutex_);
    --ending_.under_way_;
  }
  ending_.changed_.notify_all();
}

Ending::Operation Ending::operation() {
  const std::lock_guard lock(mutex_);
  if (has_begun_)
    throw topo::Error(topo::Code::refused, "This process is stopping and starts no new operation");
  ++under_way_;
  return Operation(*this);
}

void Ending::begin() {
  const std::lock_guard lock(mutex_);
  if (has_begun_) return;
  has_begun_ = true;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Ending::run(const std::stop_token& stop) {
  constexpr std::chrono::seconds for_the_backend{3};
  std::unique_lock lock(mutex_);
  if (!changed_.wait(lock, stop, [this] { return under_way_ == 0; })) return;
  interrupts_.polling->raise();
  changed_.wait_for(lock, stop, for_the_backend, [] { return false; });
  if (!stop.stop_requested()) interrupts_.storing->raise();
}

}  // namespace orchestrator
